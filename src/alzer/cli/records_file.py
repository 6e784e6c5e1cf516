"""The file that records are written to while they are made."""

import fcntl
import os
import shutil
import time
from pathlib import Path
from typing import Final, Self

from alzer.cli.earlier import Earlier
from alzer.cli.records import LAYOUTS, Format, Record, continued
from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.store.permissions import fsync_path

# What a power failure may cost; more often would slow down disks that turn.
_SYNC_INTERVAL_S: Final = 1.0


class RecordsFile:
    """A file that gets its name at the end, and holds whole records alone.

    Until then it is called as it will be with `.part` behind. The end of the process
    costs at most the last line of that; `Earlier` finds what is whole.

    Args:
        path: Its name at the end.
        kind: How to write records.
        earlier: The records that are there already, and stay.
        source: The file that holds them, `path` or its `.part`.
    """

    def __init__(
        self, path: Path, kind: Format, earlier: Earlier, source: Path | None = None
    ) -> None:
        self._path = path
        self._partial = path.with_name(path.name + ".part")
        self._layout = continued(kind) if earlier.inputs else LAYOUTS[kind]()
        self._earlier = earlier
        self._source = source

    def __enter__(self) -> Self:
        self._folder = _lock(self._path.parent)
        try:
            if self._source == self._path:
                self._copy_whole()
            opened = os.open(self._partial, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            os.close(self._folder)
            raise StorageUnavailable(not_writable(error)) from error
        self._file = os.fdopen(opened, "r+b", buffering=0)
        self._file.truncate(self._earlier.length)
        self._file.seek(self._earlier.length)
        self._synced = time.monotonic()
        if not self._earlier.length:
            self._put(self._layout.head())
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._put(self._layout.tail())
            os.fsync(self._file.fileno())
        finally:
            self._file.close()
            os.close(self._folder)
        # Stopped before its end, a call takes the place of no earlier result, but of
        # the one that it went on with.
        if kind is None or self._source == self._path or not self._path.exists():
            self._partial.replace(self._path)
            fsync_path(self._path.parent)

    def add(self, record: Record) -> None:
        """Write one record.

        Args:
            record: What to write.

        Raises:
            StorageUnavailable: If it can't be written; those before it stay.
        """
        self._put(self._layout.row(record))
        if time.monotonic() - self._synced > _SYNC_INTERVAL_S:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def _copy_whole(self) -> None:
        # In two steps, so that there is never a part of it under the name `.part`.
        copy = self._path.with_name(self._path.name + ".copy")
        shutil.copyfile(self._path, copy)
        copy.replace(self._partial)

    def _put(self, text: str) -> None:
        whole = self._file.tell()
        try:
            self._write(text.encode("utf-8"))
        except BaseException as error:  # stopped in the middle, maybe
            self._file.truncate(whole)
            self._file.seek(whole)
            if isinstance(error, OSError):
                raise StorageUnavailable(not_writable(error)) from error
            raise

    def _write(self, content: bytes) -> None:
        # Unbuffered files may take less than they are given.
        while content:
            content = content[self._file.write(content) :]


def _lock(folder: Path) -> int:
    """Keep other calls from writing here until the descriptor is closed.

    Raises:
        InvalidRequest: If another call writes here now.
        StorageUnavailable: If there is no such folder.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise StorageUnavailable(not_writable(error)) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        message = (
            "Another call writes into this folder. Wait for its end, or choose "
            "another folder with --output."
        )
        raise InvalidRequest(message) from error
    except OSError:
        return descriptor  # a file system without locks
    return descriptor


def not_writable(error: OSError) -> str:
    """Return the sentence for results that can't be written.

    Args:
        error: Why.

    Returns:
        What happened and what to do.
    """
    return (
        f"Results can't be written ({error.strerror}). Make room, or choose another "
        "folder with --output."
    )
