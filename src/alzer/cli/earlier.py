"""What an earlier call left in a file of records, whole or cut off anywhere."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from alzer.cli.escaping import csv_path
from alzer.cli.inputs import Input
from alzer.cli.records import LAYOUTS, Format
from alzer.errors import InvalidRequest

_ALTERED: Final = (
    "The earlier records are not as alzer writes them, or another version wrote them. "
    "Choose another folder with --output, or replace them with --overwrite."
)


@dataclass(frozen=True)
class Earlier:
    """The whole records at the beginning of a file.

    Attributes:
        length: Bytes that they have, with what stands before the first.
        inputs: How many records there are of each input, by what stands in the file.
        failures: How many of them tell of an error.
        kind: How they are written.
    """

    length: int = 0
    inputs: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    kind: Format = Format.jsonl

    def remaining(self, inputs: Iterable[Input]) -> Iterator[Input]:
        """Find the inputs that have no record yet; one that is named twice has two.

        Args:
            inputs: Those of a call.

        Yields:
            Each that has none.
        """
        yield from self._without(inputs, self.inputs.copy())

    def _without(self, inputs: Iterable[Input], left: Counter[str]) -> Iterator[Input]:
        for file in inputs:
            if left[self._key(file.name)] > 0:
                left[self._key(file.name)] -= 1
            elif any(left[self._key(name)] > 0 for name in file.files):
                # Its files turned out to be slices apart, and some have records.
                yield from self._without(map(Input, file.files), left)
            else:
                yield file

    def _key(self, name: str) -> str:
        return csv_path(name) if self.kind is Format.csv else name


@dataclass(frozen=True)
class _Found:
    """What of a record is needed: its input as it stands there, and how it ended."""

    name: str
    failed: bool


def read_earlier(path: Path, kind: Format) -> Earlier:
    """Read which inputs have a record.

    Args:
        path: A file of records; its last line may be cut off.
        kind: How they are written.

    Returns:
        What is whole.

    Raises:
        InvalidRequest: If it is no such file.
    """
    head = LAYOUTS[kind]().head().encode()
    with path.open("rb") as file:
        start = file.read(len(head))
        if start != head:
            if head.startswith(start):
                return Earlier(kind=kind)
            raise InvalidRequest(_ALTERED)
        return _read_records(file, kind, len(head))


def _read_records(file: BinaryIO, kind: Format, place: int) -> Earlier:
    inputs: Counter[str] = Counter()
    length, failures, is_broken = place, 0, False
    for line in file:
        if is_broken:  # only the last line may be cut off
            raise InvalidRequest(_ALTERED)
        found = _READERS[kind](line)
        if found is None:
            is_broken = line not in _JSON_TAIL
        else:
            inputs[found.name] += 1
            failures += found.failed
            length = place + len(line.rstrip(b",\n") if kind is Format.json else line)
        place += len(line)
    return Earlier(length, inputs, failures, kind)


# The lines of an array's end.
_JSON_TAIL: Final = (b"\n", b"]\n")


def _read_json(line: bytes) -> _Found | None:
    try:
        record = json.loads(line.rstrip(b",\n"))
        return _Found(str(record["input"]), "error" in record)
    except (ValueError, TypeError, KeyError):
        return None


def _read_json_line(line: bytes) -> _Found | None:
    return _read_json(line) if line.endswith(b"\n") else None


def _read_csv_line(line: bytes) -> _Found | None:
    columns = next(csv.reader([LAYOUTS[Format.csv]().head()]))
    try:
        (cells,) = csv.reader([line.decode()], strict=True)
    except (ValueError, csv.Error):
        return None
    if not line.endswith(b"\n") or len(cells) != len(columns):
        return None
    row = dict(zip(columns, cells, strict=True))
    return _Found(row["input"], row["error_code"] != "")


_READERS: Final[Mapping[Format, Callable[[bytes], _Found | None]]] = {
    Format.json: _read_json,
    Format.jsonl: _read_json_line,
    Format.csv: _read_csv_line,
}
