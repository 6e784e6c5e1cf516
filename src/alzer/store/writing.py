"""Writing local files: whole or not at all, and onto the disk itself."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from alzer.errors import StorageUnavailable
from alzer.store.kinds import Kind
from alzer.store.permissions import fsync_path, open_private

_REASONS: Final = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file would be too large",
    errno.EROFS: "its folder is read-only",
    errno.EACCES: "its folder is read-only",
    errno.EPERM: "its folder is read-only",
}


def write_whole(path: Path, content: bytes) -> None:
    """Write a file aside, then give it its name: it is there whole or not at all.

    Args:
        path: Of the file, which is not there yet.
        content: All of it.

    Raises:
        BaseException: Whatever went wrong; nothing is left behind.
    """
    partial = path.with_name(f".{path.name}.part")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(open_private(str(partial), flags), "wb") as file:
            file.write(content)
        partial.replace(path)
    except BaseException:
        for left in (partial, path):
            with suppress(OSError):
                left.unlink(missing_ok=True)
        raise


@contextmanager
def saving(kind: Kind) -> Iterator[None]:
    """Turn failures to save a file into the one that is foreseen.

    Args:
        kind: What it was to be.

    Yields:
        Nothing.

    Raises:
        StorageUnavailable: The failure.
    """
    try:
        yield
    except StorageUnavailable:  # the database's, which has said why
        raise
    except Exception as error:  # each storage has errors of its own
        number = getattr(error, "errno", None) or 0
        reason = _REASONS.get(number, "its folder can't be used")
        message = f"The {kind.value[1]} could not be saved: {reason}."
        raise StorageUnavailable(message) from error


def fsync_file(kind: Kind, path: str) -> None:
    """Wait until a file and then its name are on the disk itself.

    Args:
        kind: What it is.
        path: Of the file.

    Raises:
        StorageUnavailable: The disk may not have all of it.
    """
    with saving(kind):
        fsync_path(path)
        fsync_path(Path(path).parent)
