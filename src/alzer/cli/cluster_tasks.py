"""What one call has a cluster do: inputs as they travel to where they are analysed."""

import csv
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final

from alzer.cli import bids
from alzer.cli.earlier import Earlier
from alzer.cli.inputs import (
    STANDARD_INPUT,
    Failure,
    Input,
    Person,
    SeveralFound,
    Skipped,
    find_inputs,
)
from alzer.cli.places import is_remote
from alzer.cli.remote_scans import find_behind
from alzer.errors import InvalidRequest

MANIFEST: Final = ".csv"

# Each is some requests that mostly wait, where rows name addresses.
_ROWS_AT_ONCE: Final = 8

# The columns of a manifest, of which the first is needed.
_FILE, _SUBJECT, _SERIES = "file", "subject", "series"

# Files of these names may be volumes. A slice among them is read all the same.
_VOLUME_SUFFIXES: Final = (
    ".nii", ".nii.gz", ".hdr", ".hdr.gz", ".img", ".img.gz", ".mgh", ".mgz", ".zip"
)  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One input, and what a manifest says of it.

    Attributes:
        scan: Its files.
        series: Which of several DICOM series is meant; None to choose.
        subject: Whom it is of, by a name that the manifest has made up.
    """

    scan: Input
    series: str | None = None
    subject: str | None = None

    @property
    def may_be_volume(self) -> bool:
        """Whether it goes to those who work on whole heads first."""
        scan = self.scan
        is_volume = bool(scan.files) or scan.person is not None
        return is_volume or scan.name.lower().endswith(_VOLUME_SUFFIXES)

    def as_text(self) -> str:
        """Return it as it travels; file names of any encoding survive."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> "Task":
        """Read what `as_text` has written.

        Args:
            text: The task.

        Returns:
            The same task.
        """
        fields = json.loads(text)
        return cls(_input_of(fields.pop("scan")), **fields)


def _input_of(fields: dict[str, Any]) -> Input:
    failure, person = fields["failure"], fields["person"]
    if failure is not None:
        series = failure.pop("series", None)
        failure = (
            Failure(**failure)
            if series is None
            else SeveralFound(**failure, series=tuple(series))
        )
    return Input(
        fields["name"],
        failure,
        fields["other_half"],
        tuple(fields["files"]),
        None if person is None else Person(**person),
    )


@dataclass(frozen=True)
class Search:
    """How inputs are found.

    Attributes:
        names: Files, folders, addresses and manifests, as the call names them.
        is_bids: Whether folders are BIDS data sets.
        series: Which of several DICOM series is meant; None to choose.
        own: Real paths and addresses of results, which are no inputs.
    """

    names: tuple[str, ...]
    is_bids: bool
    series: str | None
    own: frozenset[str]

    def tasks(self, skipped: Skipped) -> Iterator[Task]:
        """Find all inputs.

        Args:
            skipped: Takes what is left out of folders.

        Yields:
            A task each.

        Raises:
            InvalidRequest: A manifest is not usable, or standard input is named.
            StorageUnavailable: An address can't be listed now.
        """
        if STANDARD_INPUT in self.names:
            message = "A cluster can't read standard input; name a file instead of -."
            raise InvalidRequest(message)
        plain = [name for name in self.names if not _is_apart(name)]
        found = self._find(plain, skipped) if plain else iter(())
        for scan in found:
            yield Task(scan, self.series)
        taken: set[str] = set()
        for name in filter(_is_apart, self.names):
            if name.lower().endswith(MANIFEST):
                yield from self._listed(name, skipped, taken)
            else:
                yield from (
                    Task(scan, self.series) for scan in self._behind(name, skipped)
                )

    def _find(self, names: Iterable[str], skipped: Skipped) -> Iterator[Input]:
        if self.is_bids:
            return bids.find_participants(names, skipped)
        return find_inputs(names, self.own, skipped, apart=self.series is None)

    def _behind(self, url: str, skipped: Skipped) -> list[Input]:
        return find_behind(url, lambda name: self._find([name], skipped), self.own)

    def _listed(
        self, manifest: str, skipped: Skipped, taken: set[str]
    ) -> Iterator[Task]:
        rows = list(_rows(manifest))
        threads = ThreadPoolExecutor(_ROWS_AT_ONCE)
        try:
            look = partial(self._tasks_of_row, manifest)
            looks = threads.map(look, (row for _, row in rows))
            for (line, _), (tasks, left_out) in zip(rows, looks, strict=True):
                skipped.update(left_out)
                for task in tasks:
                    _take(task.scan, line, taken)
                    yield task
        finally:
            threads.shutdown(cancel_futures=True)

    def _tasks_of_row(
        self, manifest: str, row: dict[str, str]
    ) -> tuple[list[Task], Skipped]:
        """Find what a row of a manifest leads to, and count what is left out of it."""
        name, skipped = row[_FILE], Counter[str]()
        series = row.get(_SERIES) or self.series
        search = Search((), is_bids=False, series=series, own=self.own)
        if is_remote(name):
            found: Iterable[Input] = search._behind(name, skipped)
        else:
            path = str(Path(manifest).parent / name)
            found = search._find([path], skipped)
        subject = row.get(_SUBJECT) or None
        return [Task(scan, series, subject) for scan in found], skipped


def _is_apart(name: str) -> bool:
    return is_remote(name) or name.lower().endswith(MANIFEST)


def _take(scan: Input, line: int, taken: set[str]) -> None:
    """Remember an input of a manifest.

    Raises:
        InvalidRequest: It is there already: its records and files would be mixed up.
    """
    name = scan.name if is_remote(scan.name) else os.path.abspath(scan.name)  # noqa: PTH100 - without following links
    if name in taken:
        message = (
            f"The manifest's row that ends in line {line} leads to an input that "
            "another row leads to as well. Give each input one row."
        )
        raise InvalidRequest(message)
    taken.add(name)


def _rows(manifest: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Read the rows of a manifest that name a file, each with its last line.

    Raises:
        InvalidRequest: It can't be read, or has other columns.
    """
    try:
        with Path(manifest).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            first = next(reader, None)
            _check_columns(reader.fieldnames or ())
            for row in chain([first] if first else [], reader):
                if row[_FILE]:
                    yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = (
            "The manifest can't be read. Give a CSV file in UTF-8 that has a column "
            "'file', and if you like 'subject' and 'series'."
        )
        raise InvalidRequest(message) from error


def _check_columns(columns: Iterable[str]) -> None:
    if _FILE not in columns:
        message = "The manifest has no column 'file'. Its first line names the columns."
        raise InvalidRequest(message)


def without_records(tasks: Sequence[Task], inputs: Counter[str]) -> list[Task]:
    """Find the tasks that have no record yet, or whose slices apart have not.

    Args:
        tasks: Those of a call.
        inputs: How many records there are of each input.

    Returns:
        Each that has none; of a series whose files turned out to be slices apart, a
        task for each that has none.
    """
    by_scan = defaultdict[Input, list[Task]](list)
    for task in tasks:
        by_scan[task.scan].append(task)
    whole = series_by_file(tasks) if inputs else {}
    return [
        by_scan[scan].pop() if by_scan[scan] else replace(whole[scan.name], scan=scan)
        for scan in Earlier(inputs=inputs).remaining(task.scan for task in tasks)
    ]


def series_by_file(tasks: Iterable[Task]) -> dict[str, Task]:
    """Return of which task a file is part, by its name."""
    return {name: task for task in tasks for name in task.scan.files}
