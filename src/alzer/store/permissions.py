"""Folders and files that no other account of the machine can read."""

import os
from pathlib import Path
from typing import Final

_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for this account alone.

    One that is there already keeps its mode: somebody chose it.

    Args:
        folder: Which.
    """
    if not folder.parent.exists():  # mkdir(parents=True) would open these to all
        make_folder(folder.parent)
    if not folder.exists():
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        fsync_path(folder.parent)


def open_private(path: str, flags: int) -> int:
    """Open a file; if that makes it, it is for this account alone.

    The mode goes with the opening: the process' umask stays as it is, and the file
    is never there with another mode.

    Args:
        path: Which.
        flags: As `os.open` takes them.

    Returns:
        The descriptor; this function is an `opener` for `open`.
    """
    return os.open(path, flags, _FILE_MODE)


def fsync_path(path: str | Path) -> None:
    """Wait until what is in a file, or the names in a folder, are on the disk itself.

    Args:
        path: Which.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
