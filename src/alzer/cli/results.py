"""The folder that results go to: heatmaps, their legend, the records."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from alzer.cli.records import LAYOUTS, Format, Layout, Record
from alzer.errors import StorageUnavailable
from alzer.explain.overlay import draw_legend, encode_png

HEATMAPS: Final = "heatmaps"
LEGEND: Final = "legend.png"

# File systems allow 255 bytes; this leaves room for hash and suffix.
_LONGEST_STEM_BYTES: Final = 200


@dataclass(frozen=True)
class ResultsFolder:
    """Where the results of one call go.

    Attributes:
        path: The folder.
    """

    path: Path

    @classmethod
    def open(cls, path: Path) -> "ResultsFolder":
        """Make the folder ready, so that nothing is analysed in vain.

        Args:
            path: Created if absent.

        Returns:
            The folder; the legend lies in it.

        Raises:
            StorageUnavailable: If nothing can be written there.
        """
        folder = cls(path)
        folder.write(path / LEGEND, encode_png(draw_legend()))
        return folder

    @property
    def own(self) -> frozenset[str]:
        """Real paths of pictures that are results, never inputs."""
        results = (self.path / HEATMAPS, self.path / LEGEND)
        return frozenset(os.path.realpath(each) for each in results)

    def save_heatmap(self, name: str, png: bytes) -> str:
        """Keep one heatmap.

        Args:
            name: The input that it belongs to.
            png: The encoded picture.

        Returns:
            Its path; inputs of equal name in different folders have different ones.

        Raises:
            StorageUnavailable: If it can't be written.
        """
        path = self.path / HEATMAPS / heatmap_name(name)
        self.write(path, png)
        return str(path)

    def write(self, path: Path, content: bytes) -> None:
        """Write a file whole or not at all.

        Args:
            path: Where to.
            content: What.

        Raises:
            StorageUnavailable: If it can't be written.
        """
        partial = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(content)
            partial.replace(path)
        except OSError as error:
            raise StorageUnavailable(_not_writable(error)) from error
        finally:
            _discard(partial)

    def records(self, chosen: Format) -> "RecordsFile":
        """Begin the file of records.

        Args:
            chosen: How they are shown; a table for people becomes a CSV file.

        Returns:
            What takes the records; to be used as a context.
        """
        kind = Format.csv if chosen is Format.table else chosen
        return RecordsFile(self.path / f"predictions.{kind}", LAYOUTS[kind]())


class RecordsFile:
    """A file that gets its name at the end, and holds whole records alone.

    Args:
        path: Its name at the end, however that comes about.
        layout: How to write records.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self._path = path
        self._layout = layout

    def __enter__(self) -> Self:
        self._partial = self._path.with_name(self._path.name + ".part")
        try:
            self._file = self._partial.open("wb", buffering=0)
        except OSError as error:
            raise StorageUnavailable(_not_writable(error)) from error
        self._put(self._layout.head())
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._put(self._layout.tail())
        finally:
            self._file.close()
            self._partial.replace(self._path)

    def add(self, record: Record) -> None:
        """Write one record.

        Args:
            record: What to write.

        Raises:
            StorageUnavailable: If it can't be written; those before it stay.
        """
        self._put(self._layout.row(record))

    def _put(self, text: str) -> None:
        whole = self._file.tell()
        try:
            self._write(text.encode("utf-8", "surrogateescape"))
        except OSError as error:
            self._file.truncate(whole)
            self._file.seek(whole)
            raise StorageUnavailable(_not_writable(error)) from error

    def _write(self, content: bytes) -> None:
        # Unbuffered files may take less than they are given.
        while content:
            content = content[self._file.write(content) :]


def heatmap_name(name: str) -> str:
    """Give the file name of an input's heatmap.

    Args:
        name: The input.

    Returns:
        The input's own name, made harmless, and a hash of its whole path.
    """
    stem = re.sub(r"\.(nii\.gz|[^.]*)$", "", Path(name).name) or "scan"
    harmless = re.sub(r"[^\w.-]+", "_", stem).encode()[:_LONGEST_STEM_BYTES]
    whole = os.path.abspath(name)  # noqa: PTH100 - Path has no form without links
    digest = hashlib.sha256(os.fsencode(whole)).hexdigest()[:8]
    return f"{harmless.decode(errors='ignore')}_{digest}.png"


def _discard(partial: Path) -> None:
    try:
        partial.unlink(missing_ok=True)
    except OSError:
        return  # its folder is not there, or not ours: nothing was written either


def _not_writable(error: OSError) -> str:
    return (
        f"Results can't be written ({error.strerror}). Make room, or choose another "
        "folder with --output."
    )
