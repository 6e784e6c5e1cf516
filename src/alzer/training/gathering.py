"""What tables say of a cohort, and the checks that make a cohort of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from alzer.classes import CLASSES
from alzer.errors import InvalidCohort, LeakySplit
from alzer.training.cohort import Cohort, LabelledSlice
from alzer.training.rows import some

MEASURES = ("age", "sex", "nwbv")

# People of either kind, impaired or not, that a fold needs on average: with fewer,
# some folds hold none, and nothing can be measured there.
FEWEST_PER_FOLD = 2


@dataclass
class Gathered:
    """What the tables say, before it is checked."""

    slices: list[LabelledSlice] = field(default_factory=list)
    folds: dict[str, set[int]] = field(default_factory=dict)
    measures: dict[str, dict[str, float]] = field(
        default_factory=lambda: {each: {} for each in MEASURES}
    )


def checked(
    gathered: Gathered,
    *,
    held_out: tuple[int, ...] | None = None,
    source: str | None = None,
    are_heads: bool = False,
) -> Cohort:
    """Make a cohort of what the tables say, if it does not contradict itself.

    Args:
        gathered: What they say.
        held_out: The folds to hold out, if the tables name them.
        source: The study's name, if it is a known one.
        are_heads: Whether each slice is a whole head still.

    Returns:
        The cohort, ordered by subject and position.

    Raises:
        InvalidCohort: If it is incomplete or contradicts itself, or files are
            missing or empty.
        LeakySplit: If a person is in two folds.
    """
    slices, folds = gathered.slices, _one_fold_each(gathered.folds)
    labels = _one_class_each(slices)
    homeless = [each for each in labels if each not in folds]
    if homeless:
        message = (
            f"{len(homeless)} people have slices but no fold in the tables: "
            f"{some(homeless)}."
        )
        raise InvalidCohort(message)
    counts = Counter(each.path for each in slices)
    twice = [path.name for path, count in counts.items() if count > 1]
    if twice:
        message = f"{len(twice)} files are named twice: {some(twice)}."
        raise InvalidCohort(message)
    require_usable(labels, folds)
    _require_files(slices, are_heads=are_heads)
    return Cohort(
        slices=tuple(
            sorted(
                slices,
                key=lambda each: (each.subject, each.position, each.path.name),
            )
        ),
        # A fold without slices could be neither trained nor tested on.
        folds={each: folds[each] for each in labels},
        measures={name: values for name, values in gathered.measures.items() if values},
        held_out=held_out,
        notes=tuple(_notes(labels.values())),
        source=source,
        are_heads=are_heads,
    )


def require_usable(labels: Mapping[str, int], folds: Mapping[str, int]) -> None:
    """Refuse people of whom nothing can be learnt, or nothing tested.

    Args:
        labels: Class index of each person.
        folds: Fold of each.

    Raises:
        InvalidCohort: If all are of one fold or of one class.
    """
    if not labels:
        message = "Nobody is left."
        raise InvalidCohort(message)
    if len({folds[each] for each in labels}) < 2:
        message = "All slices are of one fold; validation needs at least two."
        raise InvalidCohort(message)
    _require_classes(labels.values())


def require_enough(labels: Sequence[int], folds: int) -> None:
    """Refuse fewer people than folds can be made of.

    Args:
        labels: Class index of each person.
        folds: How many folds they are to be dealt to.

    Raises:
        InvalidCohort: If there are too few impaired or unimpaired people.
    """
    impaired = sum(each > 0 for each in labels)
    fewest = min(impaired, len(labels) - impaired)
    if fewest < FEWEST_PER_FOLD * folds:
        _require_classes(labels)
        message = (
            f"There are {impaired} impaired and {len(labels) - impaired} unimpaired "
            f"people, too few of one kind for {folds} folds: a fold needs "
            f"{FEWEST_PER_FOLD} of either on average. Give more people, or fewer folds "
            "with --number-of-folds."
        )
        raise InvalidCohort(message)


def _require_classes(labels: Iterable[int]) -> None:
    present = set(labels)
    if len(present) < 2:
        absent = [
            each.folder for index, each in enumerate(CLASSES) if index not in present
        ]
        message = (
            f"All slices are {CLASSES[present.pop()].folder}; training needs people of "
            f"at least two classes. There are none of {', '.join(absent)}."
        )
        raise InvalidCohort(message)


def _require_files(slices: Sequence[LabelledSlice], *, are_heads: bool) -> None:
    missing = [
        each.path.name
        for each in slices
        if not (each.path.is_file() or (are_heads and each.path.is_dir()))
    ]
    if missing:
        message = (
            f"{len(missing)} of {len(slices)} files that the table names are not "
            f"there: {some(missing)}; files are named from the table's own folder."
        )
        raise InvalidCohort(message)
    empty = [each.path.name for each in slices if not each.path.stat().st_size]
    if empty:
        message = (
            f"{len(empty)} of {len(slices)} files are empty; copy them again or "
            f"remove them: {some(empty)}."
        )
        raise InvalidCohort(message)


def _one_class_each(slices: Sequence[LabelledSlice]) -> dict[str, int]:
    labels: dict[str, set[int]] = {}
    for each in slices:
        labels.setdefault(each.subject, set()).add(each.label)
    torn = [subject for subject, found in labels.items() if len(found) > 1]
    if torn:
        message = (
            f"{len(torn)} people have slices of two classes: {some(torn)}; correct "
            "the table, or keep one visit of each."
        )
        raise InvalidCohort(message)
    return {subject: found.pop() for subject, found in labels.items()}


def _one_fold_each(folds: Mapping[str, set[int]]) -> dict[str, int]:
    torn = [subject for subject, found in folds.items() if len(found) > 1]
    if torn:
        message = (
            f"{len(torn)} people are in two folds or on both sides of a split: "
            f"{some(torn)}; put all slices of a person into one."
        )
        raise LeakySplit(message)
    return {subject: min(found) for subject, found in folds.items()}


def _notes(labels: Iterable[int]) -> Iterator[str]:
    present = set(labels)
    absent = [each.name for index, each in enumerate(CLASSES) if index not in present]
    if absent:
        yield f"Nobody in the data has {' or '.join(absent)}; it can't be learnt."
