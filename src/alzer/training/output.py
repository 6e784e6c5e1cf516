"""The folder of a study: whose it is, and what its folds made of people held out."""

import csv
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASS_NAMES
from alzer.errors import TrainingRefused
from alzer.evaluation.calibration import Slices
from alzer.evaluation.predictions import OOD_COLUMNS, read_study
from alzer.training.cohort import Cohort, Split
from alzer.training.files import write_whole
from alzer.training.ood_limit import Reach
from alzer.training.recipe import Recipe

PEOPLE = "people.csv"
RECIPE = "recipe.txt"
INITIAL = "initial-weights.txt"
# Written last: with it, a fold is finished.
FOLD = "fold.json"

# The same of folds that predicted the slice alone: read, but not gone on with.
FOLD_OF_BEFORE = "reach.json"


@dataclass(frozen=True)
class Finished:
    """A fold's network, as it sees the people that it held out.

    Attributes:
        slices: Its predictions for their slices.
        ood_score: Their distances from the training slices, shape (slice,).
        reach: How far training and held-out slices lie.
        inverse_regularisation: Of its last layer; None if it was not noted.
    """

    slices: Slices
    ood_score: NDArray[np.float64]
    reach: Reach
    inverse_regularisation: float | None


def require_same_study(
    output: Path, recipe: Recipe, cohort: Cohort, initial: str | None = None
) -> None:
    """Refuse to go on in a folder with another recipe, start or other folds.

    Two recipes mixed would give figures of neither; a network that goes on with
    other folds would be tested on people that it was trained on.

    Args:
        output: The folder.
        recipe: How the networks are trained.
        cohort: On whom.
        initial: SHA-256 of the weights that they start from; None for random ones.

    Raises:
        TrainingRefused: If the folder holds a study that differs in one of these.
        StorageUnavailable: If it can't be written.
    """
    started = (output / RECIPE).exists() and not (output / INITIAL).exists()
    before = None if started else initial  # a study of before there was a choice
    _keep_note(output / INITIAL, f"{before or 'none'}\n", "initial weights")
    _keep_note(output / INITIAL, f"{initial or 'none'}\n", "initial weights")
    _keep_note(output / RECIPE, repr(recipe) + "\n", "settings")
    _keep_note(output / PEOPLE, _people_table(cohort), "people, classes or folds")


def read_fold(folder: Path, fold: int) -> Finished:
    """Read what a fold's network made of people it never saw.

    Args:
        folder: Output of the study.
        fold: Finished.

    Returns:
        Its predictions.
    """
    own = folder / f"fold-{fold}"
    held_out = read_study(folder).only(fold)
    path = own / FOLD if (own / FOLD).exists() else own / FOLD_OF_BEFORE
    facts = json.loads(path.read_text(encoding="utf-8"))
    reach = Reach(facts["training"], facts["held_out"])
    c = facts.get("inverse_regularisation")
    return Finished(held_out.slices[0], held_out.ood_score[0], reach, c)


def fold_facts(reach: Reach, inverse_regularisation: float) -> bytes:
    """Return what else is known of a fold, as `read_fold` reads it."""
    facts = asdict(reach) | {"inverse_regularisation": inverse_regularisation}
    return json.dumps(facts).encode()


def predictions_table(
    cohort: Cohort,
    sides: Split,
    probabilities: NDArray[np.float64],
    ood_score: NDArray[np.float64],
) -> bytes:
    """Give a fold's predictions as the table that `read_fold` reads.

    Args:
        cohort: Whose slices they are.
        sides: The fold; its held-out slices were judged.
        probabilities: Of slices with their mirror images, shape (held-out slice,
            class).
        ood_score: OOD scores, likewise, shape (held-out slice,).

    Returns:
        The file's content.
    """
    lines = io.StringIO()
    writer = csv.writer(lines)
    score = OOD_COLUMNS["slice and mirror image"]
    writer.writerow(["subject", "slice", "label", *CLASS_NAMES, score])
    rows = zip(sides.validation, probabilities, ood_score, strict=True)
    for index, shares, distance in rows:
        each = cohort.slices[index]
        values = [f"{value:.6f}" for value in shares]
        writer.writerow(
            [each.subject, each.position, each.label, *values, f"{distance:.4f}"]
        )
    return lines.getvalue().encode()


def _keep_note(note: Path, text: str, what: str) -> None:
    if note.exists() and note.read_bytes().decode() != text:
        message = (
            f"The output folder holds a study with other {what}. Give another "
            f"--output, or the {what} that it was started with."
        )
        raise TrainingRefused(message)
    write_whole(note, text.encode())


def _people_table(cohort: Cohort) -> str:
    labels = {each.subject: each.label for each in cohort.slices}
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(["subject", "class", "fold"])
    for subject in sorted(labels):
        writer.writerow([subject, CLASS_NAMES[labels[subject]], cohort.folds[subject]])
    return lines.getvalue()
