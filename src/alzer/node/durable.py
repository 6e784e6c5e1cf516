"""Files that are on the disk itself before anybody is told that they are kept."""

import os
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Final

from alzer.store.permissions import fsync_path, open_private

PARTIAL: Final = ".part"


def write_aside(folder: Path, content: bytes) -> Path:
    """Write a file under a name of no meaning, and wait for the disk.

    Args:
        folder: Where to.
        content: All of it.

    Returns:
        The file; whoever gives it its name waits for the folder as well.

    Raises:
        OSError: It can't be written; nothing is left behind.
    """
    path = folder / f".{uuid.uuid4()}{PARTIAL}"
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(open_private(str(path), flags), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    return path


def name_file(aside: Path, path: Path) -> None:
    """Give a file that was written aside its name, in place of another if need be.

    Args:
        aside: As `write_aside` gave it, on the same disk.
        path: Its name; it is on the disk when this returns.
    """
    aside.replace(path)
    fsync_path(path.parent)


def write_durably(path: Path, content: bytes) -> None:
    """Write a file: it is there whole or as it was before, whatever happens.

    Args:
        path: Of the file.
        content: All of it.

    Raises:
        OSError: It can't be written.
    """
    name_file(write_aside(path.parent, content), path)
