"""What the networks of a study said of people they never saw, from its files."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASS_NAMES
from alzer.errors import InvalidRequest
from alzer.evaluation.calibration import Slices, join_slices

PREDICTIONS = "predictions.csv"


@dataclass(frozen=True)
class HeldOut:
    """Predictions of every fold, in the order of the folds.

    Attributes:
        folds: Number of each fold.
        slices: Its predictions.
        positions: Number of each slice within its person, per fold shape (slice,).
        novelty: Distance of each slice from the training slices, likewise; NaN
            where it is not known.
    """

    folds: tuple[int, ...]
    slices: tuple[Slices, ...]
    positions: tuple[NDArray[np.int64], ...]
    novelty: tuple[NDArray[np.float64], ...]

    def only(self, fold: int) -> "HeldOut":
        """Give the predictions of one fold alone."""
        place = self.folds.index(fold)
        one = slice(place, place + 1)
        return HeldOut(
            (fold,), self.slices[one], self.positions[one], self.novelty[one]
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
        CSV: subject, slice, label, a column per class, novelty and fold.
    """
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(["subject", "slice", "label", *CLASS_NAMES, "novelty", "fold"])
    for place, fold in enumerate(held_out.folds):
        slices = held_out.slices[place]
        for row in range(len(slices.labels)):
            novelty = held_out.novelty[place][row]
            writer.writerow(
                [
                    slices.subjects[row],
                    held_out.positions[place][row],
                    slices.labels[row],
                    *(f"{each:.6f}" for each in slices.probabilities[row]),
                    "" if np.isnan(novelty) else f"{novelty:.4f}",
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
        novelty = np.array([float(row.get("novelty") or "nan") for row in rows])
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
        tuple(novelty[folds == each] for each in numbers),
    )
