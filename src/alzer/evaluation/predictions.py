"""What the networks of a study said of people they never saw, from its files.

The service answers with the mean of a slice and its mirror image, and so do the
predictions of a study. In tables of before, whose OOD score is in a column `novelty`,
they are of the slice alone.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASS_NAMES
from alzer.errors import InvalidRequest
from alzer.evaluation.calibration import Slices, join_slices

PREDICTIONS = "predictions.csv"

# What a prediction is of, by the name of the column with the OOD score.
PredictionsOf = Literal["slice and mirror image", "slice alone"]
OOD_COLUMNS: Final[Mapping[PredictionsOf, str]] = {
    "slice and mirror image": "ood_score",
    "slice alone": "novelty",
}


@dataclass(frozen=True)
class HeldOut:
    """Predictions of every fold, in the order of the folds.

    Attributes:
        folds: Number of each fold.
        slices: Its predictions.
        positions: Number of each slice within its person, per fold shape (slice,).
        ood_score: OOD score of each slice, likewise; NaN where it is not known.
        predictions_of: What each prediction and score is of.
    """

    folds: tuple[int, ...]
    slices: tuple[Slices, ...]
    positions: tuple[NDArray[np.int64], ...]
    ood_score: tuple[NDArray[np.float64], ...]
    predictions_of: PredictionsOf = "slice and mirror image"

    def only(self, fold: int) -> "HeldOut":
        """Return the predictions of one fold alone."""
        place = self.folds.index(fold)
        one = slice(place, place + 1)
        return replace(
            self,
            folds=(fold,),
            slices=self.slices[one],
            positions=self.positions[one],
            ood_score=self.ood_score[one],
        )

    @property
    def all_slices(self) -> Slices:
        """The predictions of all folds together."""
        return join_slices(self.slices)

    @property
    def positions_of_people(self) -> dict[str, NDArray[np.int64]]:
        """The numbers of each person's slices, in no order."""
        subjects, positions = self.all_slices.subjects, np.concatenate(self.positions)
        return {str(each): positions[subjects == each] for each in np.unique(subjects)}


def read_study(folder: Path) -> HeldOut:
    """Read the predictions of a study's folds.

    Args:
        folder: Output of a training study, or of one of its controls.

    Returns:
        The predictions.

    Raises:
        InvalidRequest: If there are none, or a table can't be read.
    """
    tables = sorted(folder.glob(f"fold-*/{PREDICTIONS}"))
    numbered = [(each.parent.name.removeprefix("fold-"), each) for each in tables]
    rows = [
        {**row, "fold": number}
        for number, table in numbered
        if number.isdigit()
        for row in _rows(table)
    ]
    if not rows:
        message = (
            f"'{folder}' has no fold with {PREDICTIONS}; give the --output of a "
            "finished alzer train."
        )
        raise InvalidRequest(message)
    return _gather(rows, str(folder))


def read_table(table: Path) -> HeldOut:
    """Read the predictions of all folds from one table.

    Args:
        table: As `write_table` wrote it.

    Returns:
        The predictions.

    Raises:
        InvalidRequest: If it can't be read.
    """
    return _gather(_rows(table), table.name)


def write_table(held_out: HeldOut) -> bytes:
    """Write the predictions of all folds into one table.

    Args:
        held_out: The predictions.

    Returns:
        CSV: subject, slice, label, a column per class, OOD score and fold.
    """
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    score = OOD_COLUMNS[held_out.predictions_of]
    writer.writerow(["subject", "slice", "label", *CLASS_NAMES, score, "fold"])
    for place, fold in enumerate(held_out.folds):
        slices = held_out.slices[place]
        for row in range(len(slices.labels)):
            ood_score = held_out.ood_score[place][row]
            writer.writerow(
                [
                    slices.subjects[row],
                    held_out.positions[place][row],
                    slices.labels[row],
                    *(f"{each:.6f}" for each in slices.probabilities[row]),
                    "" if np.isnan(ood_score) else f"{ood_score:.4f}",
                    fold,
                ]
            )
    return lines.getvalue().encode()


def _rows(table: Path) -> list[dict[str, str]]:
    try:
        with table.open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines, restval=""))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"'{table}' can't be read as a table of predictions."
        raise InvalidRequest(message) from error


def _gather(rows: Sequence[Mapping[str, str]], name: str) -> HeldOut:
    try:
        folds = np.array([int(row["fold"]) for row in rows])
        every = Slices(
            np.array([row["subject"] for row in rows]),
            np.array([int(row["label"]) for row in rows], np.int64),
            np.array([[float(row[each]) for each in CLASS_NAMES] for row in rows]),
        )
        positions = np.array([int(row["slice"]) for row in rows], np.int64)
        predictions_of = _predictions_of(rows)
        column = OOD_COLUMNS[predictions_of]
        scores = np.array([float(row.get(column) or "nan") for row in rows])
    except (KeyError, ValueError) as error:
        message = f"'{name}' is no table of predictions: {error}."
        raise InvalidRequest(message) from error
    if not len(folds):
        message = f"'{name}' holds no predictions."
        raise InvalidRequest(message)
    numbers = tuple(int(each) for each in np.unique(folds))
    return HeldOut(
        numbers,
        tuple(every.where(folds == each) for each in numbers),
        tuple(positions[folds == each] for each in numbers),
        tuple(scores[folds == each] for each in numbers),
        predictions_of,
    )


def _predictions_of(rows: Sequence[Mapping[str, str]]) -> PredictionsOf:
    known = {of for row in rows for of, name in OOD_COLUMNS.items() if name in row}
    if len(known) > 1:
        message = "some folds hold predictions of the slice alone, others don't"
        raise ValueError(message)
    return known.pop() if known else "slice alone"
