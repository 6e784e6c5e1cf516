"""Files that are there completely or not at all."""

import contextlib
import os
from pathlib import Path

from alzer.errors import StorageUnavailable


def write_whole(path: Path, content: bytes) -> None:
    """Write a file completely or not at all.

    Args:
        path: Where to.
        content: What.

    Raises:
        StorageUnavailable: If the folder can't be written or is full.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        message = (
            f"{path.name} can't be written ({error.strerror}). Make room or choose "
            "another output folder, and run the same command again to go on."
        )
        raise StorageUnavailable(message) from error
