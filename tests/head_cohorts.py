"""Cohorts of whole heads drawn by code."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from nibabel import Nifti1Image
from numpy.typing import NDArray
from PIL import Image

from alzer.person_analysis import standard_slices
from alzer.scans.volume import Volume
from alzer.training.head_files import digest_of
from alzer.training.kept_heads import Outcome, keep_head
from alzer.volumes.pipeline import PREPARATION_VERSION
from cohorts import write_table
from heads import draw_average_head
from phantoms import draw_brain
from slabs import COLUMNS, ROWS, SLICES, straight_head

KINDS = ("NonDemented", "VeryMildDemented")


def coarse_head(step: int = 1, seed: int = 1) -> Volume:
    """Return the average head on a grid of so many times 2 mm.

    As it is it passes as good, of 4 mm it should be looked at, of 6 mm it fails.
    """
    head = draw_average_head(seed=seed).volume
    return replace(
        head,
        voxels=head.voxels[::step, ::step, ::step],
        affine=head.affine @ np.diag([step, step, step, 1.0]),
    )


def write_volume(path: Path, volume: Volume) -> Path:
    image = Nifti1Image(volume.voxels, volume.affine)  # type: ignore[no-untyped-call]  # nibabel
    path.write_bytes(image.to_bytes())
    return path


def row(subject: str, file: str, label: int, **others: object) -> dict[str, Any]:
    return {"file": file, "subject": subject, "class": KINDS[label], **others}


def draw_heads(folder: Path, people: int = 6) -> Path:
    """Write a table of heads of which nothing is prepared yet.

    Every second person is impaired, the first has two visits.

    Args:
        folder: Where the files and the table go.
        people: How many.

    Returns:
        The table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for person in range(people):
        for visit in range(2 if person == 0 else 1):
            file, age = f"p{person}-{visit}.nii", 60 + 2 * person + visit
            # Alike but for their places: what is kept goes by content.
            volume = coarse_head(8)
            volume.affine[0, 3] += person + 0.5 * visit
            write_volume(folder / file, volume)
            rows.append(row(f"p{person}", file, person % 2, fold=person % 3, age=age))
    write_table(folder / "heads.csv", rows)
    return folder / "heads.csv"


def keep_all(
    table: Path, folder: Path, outcomes: Mapping[str, Outcome] | None = None
) -> None:
    """Keep drawn slices for every head of `draw_heads`, as if it had been prepared.

    Args:
        table: As `draw_heads` gives it.
        folder: Of what is kept.
        outcomes: What came of heads that are not good, by the name of the file.
    """
    straight = straight_head()
    for number, file in enumerate(sorted(table.parent.glob("p*.nii"))):
        outcome = (outcomes or {}).get(file.name, Outcome("good", ()))
        width = 0.05 + 0.1 * (int(file.name[1]) % 2)
        shades = _shades(number)
        drawn = [
            shades * draw_brain((ROWS, COLUMNS), width + 0.001 * place, place)
            for place in range(SLICES)
        ]
        slab = replace(straight.slab, slices=np.stack(drawn).astype(np.float32))
        slices = standard_slices(replace(straight, slab=slab))
        name = f"{digest_of(file)}-{PREPARATION_VERSION}.npz"
        failed = outcome.verdict == "failed"
        keep_head(folder / name, outcome, [] if failed else slices)


def _shades(seed: int) -> NDArray[np.float32]:
    """Return broad shades by which a person can be told, shape (row, column)."""
    coarse = np.random.default_rng(seed).uniform(100.0, 255.0, (7, 6))
    wide = Image.fromarray(coarse.astype(np.float32)).resize((COLUMNS, ROWS))
    return np.asarray(wide)
