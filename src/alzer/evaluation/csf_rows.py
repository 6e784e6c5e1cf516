"""The CSF fraction of labelled slices, and whose they are."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from alzer.analysed_slice import make_ready
from alzer.errors import InvalidRequest, UnusableScan
from alzer.evaluation.metrics import Floats
from alzer.model.csf_fraction import csf_fraction
from alzer.model.preparation import InputSpec
from alzer.scans.formats import read_slice
from alzer.scans.slice import Slice


@dataclass(frozen=True)
class CsfRows:
    """The CSF fraction of images, and whose they are; all shape (image,).

    Attributes:
        subjects: Pseudonyms.
        impaired: Whether the person was impaired (CDR > 0) then.
        folds: In which the person is held out.
        fractions: 0 to 1.
        ages: In years; NaN where not known.
    """

    subjects: NDArray[np.str_]
    impaired: NDArray[np.bool_]
    folds: NDArray[np.int64]
    fractions: Floats
    ages: Floats

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "CsfRows":
        """Return the images that a mask or indices choose."""
        return CsfRows(
            self.subjects[chosen],
            self.impaired[chosen],
            self.folds[chosen],
            self.fractions[chosen],
            self.ages[chosen],
        )

    def by_person(self) -> "CsfRows":
        """Return the mean of each person's images, ordered by name."""
        _, first, person = np.unique(
            self.subjects, return_index=True, return_inverse=True
        )
        means = np.bincount(person, self.fractions) / np.bincount(person)
        one = self.where(first)
        return CsfRows(one.subjects, one.impaired, one.folds, means, one.ages)


class Labelled(Protocol):
    """One image of one person."""

    @property
    def subject(self) -> str:
        """The person's pseudonym."""

    @property
    def label(self) -> int:
        """Index of the class."""


def measure_slices(
    slices: Sequence[Labelled],
    fields: Iterable[NDArray[np.floating]],
    folds: Mapping[str, int],
    ages: Mapping[str, float],
) -> CsfRows:
    """Measure the slices of a cohort.

    Args:
        slices: Whose they are.
        fields: Each as `prepare` gives it, shape (row, column), in the same order.
        folds: Fold of each subject.
        ages: Age in years of each subject, where it is known.

    Returns:
        The measures; slices of which nothing can be measured are left out.
    """
    found = [csf_fraction(field) for field in fields]
    names = [one.subject for one in slices]
    every = CsfRows(
        np.array(names),
        np.array([one.label > 0 for one in slices], bool),
        np.array([folds[name] for name in names], np.int64),
        np.array([np.nan if one is None else one for one in found]),
        np.array([ages.get(name, np.nan) for name in names]),
    )
    return every.where(np.isfinite(every.fractions))


def read_field(
    read: Callable[[], Slice], spec: InputSpec, *, must_look_right: bool = True
) -> NDArray[np.float32]:
    """Read a slice and bring it to the network's size, as the service does.

    Args:
        read: Returns the slice.
        spec: What the network expects.
        must_look_right: As for `make_ready`.

    Returns:
        shape (row, column), standardised.

    Raises:
        InvalidRequest: If it can't be used.
    """
    try:
        ready = make_ready(read(), spec, must_look_right=must_look_right)
    except (UnusableScan, OSError) as error:
        message = f"A slice can't be used: {error}"
        raise InvalidRequest(message) from error
    return np.asarray(ready.prepared.pixels[0])


def _read_file(path: Path) -> Slice:
    return read_slice(path.read_bytes())


def read_sessions(
    table: Path, spec: InputSpec, advance: Callable[[str], None] = lambda _: None
) -> CsfRows:
    """Measure people of a study in later visits, prepared another way.

    Args:
        table: CSV with `subject` and `fold` of the study's own people, `cdr`, `age`
            and `axl`, the name of a file in the folder `axl` beside the table; rows
            without a file or a CDR are left out.
        spec: What the network expects.
        advance: Called with a few words.

    Returns:
        One image per session.

    Raises:
        InvalidRequest: If the table or an image can't be used.
    """
    try:
        with table.open(newline="", encoding="utf-8") as lines:
            rows = [row for row in csv.DictReader(lines) if row["axl"] and row["cdr"]]
        advance(f"second opinion: {len(rows)} sessions of another study")
        files = [table.parent / "axl" / row["axl"] for row in rows]
        fields = [read_field(partial(_read_file, file), spec) for file in files]
        every = CsfRows(
            np.array([row["subject"] for row in rows]),
            np.array([float(row["cdr"]) > 0.0 for row in rows], bool),
            np.array([int(row["fold"]) for row in rows], np.int64),
            np.array([csf_fraction(field) or np.nan for field in fields]),
            np.array([float(row["age"] or "nan") for row in rows]),
        )
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, ValueError) as error:
        message = f"'{table.name}' is no table of sessions: {error}."
        raise InvalidRequest(message) from error
    return every.where(np.isfinite(every.fractions))
