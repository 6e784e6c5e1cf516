"""A cohort of drawn people, small enough to be trained on in seconds."""

import csv
from pathlib import Path
from typing import Any

from alzer.classes import CLASSES
from alzer.model.preparation import InputSpec
from alzer.training.recipe import Recipe
from phantoms import as_png, draw_brain

SPEC = InputSpec(height=65, width=65)

RECIPE = Recipe(epochs=2, slices_per_subject=3, batch_size=12, spec=SPEC, seed=1)


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def draw_cohort(folder: Path, *, people: int = 12, slices: int = 3) -> Path:
    """Draw people whose ventricles are wider the more impaired they are.

    Args:
        folder: Where images and tables go.
        people: How many; every second one is impaired.
        slices: How many of each.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    images, folds, ages = [], [], []
    for person in range(people):
        name, label = f"person-{person:02}", person % 2
        kind = CLASSES[label].folder
        folds.append({"subject": name, "class": kind, "fold": person % 3})
        ages.append({"subject": name, "age": 50 + 2 * person if person != 1 else ""})
        for position in range(slices):
            brain = draw_brain((104, 88), 0.06 + 0.12 * label, 10 * person + position)
            file = f"{name}-{position}.png"
            (folder / file).write_bytes(as_png(brain))
            images.append(
                {
                    "file": file,
                    "class": kind,
                    "subject": name,
                    "slice": position,
                }
            )
    write_table(folder / "slices.csv", images)
    write_table(folder / "folds.csv", folds)
    write_table(folder / "subjects.csv", ages)
    return folder
