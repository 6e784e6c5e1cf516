"""Labelled slices, the people behind them, and folds that keep people apart."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alzer.analysed_slice import make_ready
from alzer.errors import InvalidCohort, LeakySplit, UnusableScan
from alzer.model.preparation import InputSpec, standardise
from alzer.scans.formats import read_slice
from alzer.scans.slice import Slice
from alzer.training.kept_heads import read_kept_slice


@dataclass(frozen=True)
class LabelledSlice:
    """One image of one person.

    Attributes:
        path: The file.
        subject: The person's pseudonym.
        label: Index into CLASSES.
        position: Slice number within the person, or within the head.
        kept: Where the standard slices of a whole head are kept, of which this is
            one; None if the file holds one slice.
    """

    path: Path
    subject: str
    label: int
    position: int
    kept: Path | None = None

    def read(self) -> Slice:
        """Read the slice.

        Returns:
            The slice.

        Raises:
            UnusableScan: If the file can't be used.
            OSError: If it can't be opened.
        """
        if self.kept is not None:
            return read_kept_slice(self.kept, self.position)
        return read_slice(self.path.read_bytes())


@dataclass(frozen=True)
class Cohort:
    """Everyone, their slices and their folds.

    Attributes:
        slices: Every slice, ordered by subject and position.
        folds: Fold of each subject.
        measures: What else is known of people: by name (such as `age` in years,
            `sex` with 1 for male and 0 for female, `nwbv`), the value of each
            subject; absent where it is not known.
        held_out: Folds to validate on if nobody asks for others; None means all.
        notes: What a person who trains should be told, a sentence each.
        source: The study that the people come from, where the tables tell:
            "OASIS-1" when subjects.csv has its identifiers.
        are_heads: Whether each of `slices` is a whole head still, to be prepared by
            `alzer.training.heads`.
        heads: How many heads were `used`, which of them `to_check`, and how many were
            `left_out`; None if the files hold slices.
    """

    slices: tuple[LabelledSlice, ...]
    folds: dict[str, int]
    measures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    held_out: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()
    source: str | None = None
    are_heads: bool = False
    heads: Mapping[str, int] | None = None

    @property
    def ages(self) -> Mapping[str, float]:
        """Age in years of each subject; absent where it is not known."""
        return self.measures.get("age", {})

    @property
    def fold_numbers(self) -> tuple[int, ...]:
        """The folds, ascending."""
        return tuple(sorted(set(self.folds.values())))

    @property
    def subjects(self) -> NDArray[np.str_]:
        """Subject of each slice, shape (slice,)."""
        return np.array([each.subject for each in self.slices])

    @property
    def labels(self) -> NDArray[np.int64]:
        """Class index of each slice, shape (slice,)."""
        return np.array([each.label for each in self.slices], np.int64)


@dataclass(frozen=True)
class Split:
    """Indices into a cohort's slices; no person is on both sides.

    Attributes:
        training: shape (slice,).
        validation: shape (slice,); empty when everyone is trained on.
    """

    training: NDArray[np.intp]
    validation: NDArray[np.intp]


def split(cohort: Cohort, fold: int | None) -> Split:
    """Hold one fold out.

    Args:
        cohort: Everyone.
        fold: The fold to validate on; None trains on everyone.

    Returns:
        The two sides.

    Raises:
        InvalidCohort: If there is no such fold.
    """
    of_slice = np.array([cohort.folds[each.subject] for each in cohort.slices])
    if fold is not None and fold not in cohort.fold_numbers:
        message = f"There is no fold {fold}; the folds are {cohort.fold_numbers}."
        raise InvalidCohort(message)
    held_out = np.zeros(len(of_slice), bool) if fold is None else of_slice == fold
    result = Split(np.flatnonzero(~held_out), np.flatnonzero(held_out))
    require_disjoint(cohort.subjects[result.training], cohort.subjects[held_out])
    return result


def require_disjoint(training: Iterable[str], validation: Iterable[str]) -> None:
    """Stop when a person is on both sides of a split.

    Args:
        training: Subjects trained on.
        validation: Subjects held out.

    Raises:
        LeakySplit: If the two share a subject.
    """
    shared = set(training) & set(validation)
    if shared:
        message = (
            f"{len(shared)} people are in both training and validation, such as "
            f"{min(shared)}; put all slices of a person on one side."
        )
        raise LeakySplit(message)


def field_spec(spec: InputSpec) -> InputSpec:
    """Return how fields of view are kept: as the network's, from 0 to 1 by percentiles.

    Values can then be changed as scanners would, and standardised afterwards.
    """
    return replace(spec, standardisation="percentiles", mean=0.0, deviation=1.0)


def standardise_fields(
    fields: NDArray[np.floating], spec: InputSpec
) -> NDArray[np.float16]:
    """Make the network's inputs of fields of view.

    Args:
        fields: shape (slice, row, column), prepared by `field_spec`.
        spec: What the network expects.

    Returns:
        The same shape; as `prepare_slices` gives them, to the rounding of float16.
    """
    images = np.empty(fields.shape, np.float16)
    for image, values in zip(images, fields, strict=True):
        image[:] = standardise(values.astype(np.float32), spec)
    return images


def prepare_slices(
    slices: Sequence[LabelledSlice],
    spec: InputSpec,
    advance: Callable[[int], None] = lambda _: None,
) -> NDArray[np.float16]:
    """Read and prepare slices exactly as the service does.

    Args:
        slices: What to read.
        spec: What the network expects, or `field_spec` of it.
        advance: Called with 1 after every slice.

    Returns:
        shape (slice, row, column), standardised.

    Raises:
        InvalidCohort: If slices can't be used; the message lists the first ones.
    """
    prepared = np.empty((len(slices), spec.height, spec.width), np.float16)
    failures = []
    for index, each in enumerate(slices):
        try:
            ready = make_ready(each.read(), spec, must_look_right=each.kept is None)
            prepared[index] = ready.prepared.pixels[0]
        except (UnusableScan, OSError) as error:
            failures.append(f"{each.path.name} ({error})")
        advance(1)
    if failures:
        message = (
            f"{len(failures)} of {len(slices)} slices can't be used; repair or remove "
            "them first: " + "; ".join(failures[:10])
        )
        raise InvalidCohort(message)
    return prepared
