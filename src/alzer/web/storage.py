"""Heatmaps on disk: seen whole or not at all, read back by name only."""

import errno
import os
import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alzer.errors import StorageUnavailable

# Source: RFC 9562, section 5.4 (UUID version 4: 122 random bits).
HEATMAP_NAME: Final = re.compile(
    r"heatmap_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.png"
)

_REASONS: Final = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file would be too large",
    errno.EROFS: "its folder is read-only",
    errno.EACCES: "its folder is read-only",
    errno.EPERM: "its folder is read-only",
}


@dataclass(frozen=True)
class HeatmapFolder:
    """The folder that heatmaps are written to and served from.

    Attributes:
        path: Where it is; created with the first heatmap.
    """

    path: Path

    def save(self, png: bytes) -> str:
        """Write one heatmap under a name that nobody can guess.

        Args:
            png: The encoded picture.

        Returns:
            The file's name.

        Raises:
            StorageUnavailable: It can't be written; nothing is left behind.
        """
        name = f"heatmap_{uuid.uuid4()}.png"
        try:
            self._write(name, png)
        except OSError as error:
            reason = _REASONS.get(error.errno or 0, "its folder can't be used")
            message = f"The heatmap could not be saved: {reason}."
            raise StorageUnavailable(message) from error
        return name

    def _write(self, name: str, png: bytes) -> None:
        try:
            _write_whole(self.path / name, png)
        except FileNotFoundError:  # the first heatmap, or the folder was removed
            self.path.mkdir(parents=True, exist_ok=True)
            _write_whole(self.path / name, png)

    def settle(self, name: str) -> None:
        """Make the disk keep a heatmap through a power failure.

        Apart from `save`, so that nobody waits for the disk (4 ms and more, a
        fifth of an analysis). Readers see whole files without it.

        Args:
            name: What `save` returned.
        """
        with (self.path / name).open("rb") as file:
            os.fsync(file.fileno())

    def find(self, name: str) -> Path | None:
        """Find a heatmap by its name; a name of any other form finds nothing."""
        if not HEATMAP_NAME.fullmatch(name):
            return None
        path = self.path / name
        return path if path.is_file() else None


def _write_whole(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.part")
    try:
        with partial.open("xb") as file:
            file.write(content)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
