"""Whole heads of a cohort: each prepared once, as the service does, and kept.

What is kept goes by the content of the files and the version of the preparation: the
same call after an interruption prepares only what is missing.
"""

import csv
import io
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from alzer.errors import InvalidCohort, UnusableScan
from alzer.person_analysis import prepare_head, usable_slices
from alzer.training.cohort import Cohort, LabelledSlice
from alzer.training.files import write_whole
from alzer.training.gathering import require_usable
from alzer.training.head_files import digest_of, files_of, kind_of, read_head
from alzer.training.kept_heads import Outcome, keep_head, read_outcome
from alzer.training.rows import some
from alzer.volumes.pipeline import PREPARATION_VERSION
from alzer.volumes.template import SLAB_SHAPE

HEADS = "heads"
TABLE = "heads.csv"

# Told in a few words what is being done.
Tell = Callable[[str], None]


class _GivenUp(Exception):
    """Nobody waits for the head any longer."""


@dataclass(frozen=True)
class _Head:
    """A row of the table.

    Attributes:
        row: What it says.
        kept: Where the head's slices are kept.
    """

    row: LabelledSlice
    kept: Path

    @property
    def name(self) -> str:
        """As people are told which one is meant."""
        return f"{self.row.subject} ({self.row.path.name})"


def prepare_heads(
    cohort: Cohort, folder: Path, tell: Tell, *, at_once: int = 1
) -> Cohort:
    """Prepare the whole heads of a cohort, and make their standard slices its slices.

    Args:
        cohort: Of whole heads; one of slices is given back as it is.
        folder: Where heads are kept, with a table of what came of each.
        tell: Told in words how far it has come.
        at_once: How many are prepared at the same time.

    Returns:
        The cohort of slices. Heads that can't be used are left out; its notes name
        them, and those that a person should look at.

    Raises:
        InvalidCohort: If files are no whole heads or can't be read, two rows name the
            same scan, or too few people are left.
        StorageUnavailable: If the folder can't be written.
    """
    if not cohort.are_heads:
        return cohort
    heads = _find(cohort.slices, folder, tell)
    missing = [each for each in heads if read_outcome(each.kept) is None]
    _require_heads(missing)
    unread = _prepare(missing, tell, at_once)
    outcomes = [read_outcome(each.kept) or unread[each.kept] for each in heads]
    write_whole(folder / TABLE, _table(heads, outcomes))
    return _as_slices(cohort, heads, outcomes)


def _find(rows: Sequence[LabelledSlice], folder: Path, tell: Tell) -> list[_Head]:
    """Find where each head is kept, by what its files hold.

    Raises:
        InvalidCohort: If a file can't be read, or two rows name the same scan.
    """
    heads: dict[Path, _Head] = {}
    for number, row in enumerate(rows, 1):
        tell(f"checking file {number} of {len(rows)}")
        try:
            name = f"{digest_of(row.path)}-{PREPARATION_VERSION}.npz"
        except OSError as error:
            message = (
                f"{row.path.name} of {row.subject} can't be read ({error.strerror}); "
                "check the file and its rights."
            )
            raise InvalidCohort(message) from error
        head = _Head(row, folder / name)
        other = heads.setdefault(head.kept, head)
        if other is not head:
            message = (
                f"{other.name} and {head.name} are the same scan; keep one of the rows."
            )
            raise InvalidCohort(message)
    return list(heads.values())


def _require_heads(heads: Sequence[_Head]) -> None:
    """Refuse files that are no volumes before hours are spent on the others.

    Raises:
        InvalidCohort: If there are any; the message lists the first ones.
    """
    problems = []
    for head in heads:
        try:
            if kind_of(head.row.path) == "slice":
                problems.append(f"{head.name}: one slice")
            elif not files_of(head.row.path):
                problems.append(f"{head.name}: a folder without images")
        except UnusableScan as error:
            problems.append(f"{head.name}: {error}")
    if problems:
        message = (
            f"{len(problems)} of the table's files are no whole heads, as the others "
            f"are; correct or remove these rows: {'; '.join(problems[:10])}"
        )
        raise InvalidCohort(message)


def _prepare(heads: Sequence[_Head], tell: Tell, at_once: int) -> dict[Path, Outcome]:
    """Prepare heads and keep them.

    Returns:
        What came of those whose files can't be used, which is not kept: they may be
        repaired, or what is needed to read them be installed.
    """
    unread: dict[Path, Outcome] = {}
    is_stopped = threading.Event()
    started = time.monotonic()
    pool = ThreadPoolExecutor(at_once, "head")
    try:
        waiting = [pool.submit(_prepare_one, head, is_stopped) for head in heads]
        for done, finished in enumerate(as_completed(waiting), 1):
            unread |= finished.result()
            left = (time.monotonic() - started) / done * (len(heads) - done)
            tell(f"head {done} of {len(heads)} prepared{_words_left(left)}")
    finally:
        is_stopped.set()
        pool.shutdown(cancel_futures=True)
    return unread


def _prepare_one(head: _Head, is_stopped: threading.Event) -> dict[Path, Outcome]:
    """Prepare one head and keep it.

    Returns:
        What came of it, if that is not kept.

    Raises:
        _GivenUp: If nobody waits for it any longer.
    """

    def check(_stage: str = "", _share: float = 0.0) -> None:
        if is_stopped.is_set():
            raise _GivenUp

    try:
        volume = read_head(head.row.path)
    except (UnusableScan, OSError) as error:
        return {head.kept: Outcome("failed", (str(error),))}
    check()
    try:
        prepared = prepare_head(volume, check)
        slices = usable_slices(prepared)
    except UnusableScan as error:
        keep_head(head.kept, Outcome("failed", (error.message,)), [])
        return {}
    quality = prepared.quality
    reasons = (*quality.reasons, *volume.warnings)
    keep_head(head.kept, Outcome(quality.verdict, reasons), slices)
    return {}


def _words_left(seconds: float) -> str:
    if seconds >= 90.0:
        return f", about {math.ceil(seconds / 60.0)} min left"
    return f", {seconds:.0f} s left" if seconds else ""


def _as_slices(
    cohort: Cohort, heads: Sequence[_Head], outcomes: Sequence[Outcome]
) -> Cohort:
    """Return the cohort of the standard slices of all heads that can be used.

    Raises:
        InvalidCohort: If too few people are left.
    """
    pairs = list(zip(heads, outcomes, strict=True))
    used = [head for head, outcome in pairs if outcome.verdict != "failed"]
    slices = [
        replace(head.row, position=position, kept=head.kept)
        for head in used
        for position in range(SLAB_SHAPE[0])
    ]
    folds = {head.row.subject: cohort.folds[head.row.subject] for head in used}
    labels = {head.row.subject: head.row.label for head in used}
    try:
        require_usable(labels, folds)
    except InvalidCohort as error:
        left_out = [head.name for head in heads if head not in used]
        message = (
            f"{error.message} {len(left_out)} heads were left out: {some(left_out)}; "
            f"{TABLE} says why."
        )
        raise InvalidCohort(message) from error
    return replace(
        cohort,
        slices=tuple(
            sorted(slices, key=lambda each: (each.subject, each.position, each.path))
        ),
        folds=folds,
        notes=(*cohort.notes, *_notes(pairs)),
        are_heads=False,
        heads={
            "used": len(used),
            "to_check": sum(outcome.verdict == "check" for outcome in outcomes),
            "left_out": len(heads) - len(used),
        },
    )


def _notes(pairs: Sequence[tuple[_Head, Outcome]]) -> Iterator[str]:
    for head, outcome in pairs:
        reasons = " ".join(outcome.reasons)
        if outcome.verdict == "failed":
            yield f"{head.name} is left out: {reasons}"
        elif outcome.verdict == "check":
            yield f"{head.name} is used, but look at it: {reasons}"


def _table(heads: Sequence[_Head], outcomes: Sequence[Outcome]) -> bytes:
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(["subject", "file", "verdict", "reasons"])
    for head, outcome in zip(heads, outcomes, strict=True):
        reasons = " ".join(outcome.reasons)
        writer.writerow(
            [head.row.subject, head.row.path.name, outcome.verdict, reasons]
        )
    return lines.getvalue().encode()
