"""Heatmaps, evidence, originals: seen whole or not at all, read by name only."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from fsspec.implementations.local import LocalFileSystem

from alzer.errors import StorageUnavailable
from alzer.store.filesystems import open_place, reaching
from alzer.store.kinds import KeptFile, Kind, is_partial
from alzer.store.ownership import Ownership
from alzer.store.permissions import make_folder
from alzer.store.times import moment_of
from alzer.store.writing import fsync_file, saving, write_whole

# To sync is to wait: as many at a time as there may be answers on their way.
_SYNCS_AT_ONCE: Final = 16

# Of a heatmap of the usual size: a full disk takes an empty file all the same.
_HEATMAP_BYTES: Final = 64 * 2**10

_NOT_REMOVED: Final = "A file could not be removed. Try again in a moment."


class FileStore:
    """Files in a local folder or an S3-compatible bucket.

    Args:
        url: A folder, or `s3://bucket/prefix`.
        fsync: Whether `save` and `fsync` wait until files are on the disk itself,
            so that a power failure does not lose them either.
        identity: Gives the name of the database behind the records; None where
            no records name the files, and nothing is swept.

    Raises:
        InvalidRequest: If the address is of neither kind, or its driver is missing.
    """

    def __init__(
        self,
        url: str,
        *,
        fsync: bool = False,
        identity: Callable[[], str] | None = None,
    ) -> None:
        self._files, self._root = open_place(url)
        self._syncer = (
            ThreadPoolExecutor(_SYNCS_AT_ONCE, "syncing")
            if fsync and self.is_local
            else None
        )
        self._ownership = identity and Ownership(
            self._files, self._root, identity, is_local=self.is_local
        )

    @property
    def is_local(self) -> bool:
        """Whether the files are in a folder of this machine."""
        return isinstance(self._files, LocalFileSystem)

    @property
    def folder(self) -> Path | None:
        """The folder of this machine that holds all files, if there is one."""
        return Path(self._root) if self.is_local else None

    def save(self, kind: Kind, content: bytes) -> str:
        """Keep a file under a new name.

        Args:
            kind: What it is.
            content: All of it.

        Returns:
            The name.

        Raises:
            StorageUnavailable: It can't be written; nothing is left behind.
        """
        name = self.write(kind, content)
        try:
            self.fsync(kind, name).result()
        except StorageUnavailable:
            with suppress(StorageUnavailable):  # else the next sweep does it
                self.remove(kind, name)
            raise
        return name

    def write(self, kind: Kind, content: bytes) -> str:
        """Write a file under a new name; the end of the process does not lose it.

        Args:
            kind: What it is.
            content: All of it.

        Returns:
            The name; whoever tells it to others lets the file `fsync` first.

        Raises:
            StorageUnavailable: It can't be written; nothing is left behind.
        """
        name = kind.new_name()
        with saving(kind):
            if self._ownership:
                self._ownership.register()
            if self.is_local:
                self._write_locally(Path(self._path(kind, name)), content)
            else:  # object storage shows an object when it is whole
                self._files.pipe_file(self._path(kind, name), content)
        return name

    def fsync(self, kind: Kind, name: str) -> "Future[None]":
        """Begin to bring a file to the disk itself, if that is wanted.

        Args:
            kind: What it is.
            name: As `write` gave it.

        Returns:
            Done when the disk has it. Its failure is StorageUnavailable: the disk
            may not have all of it, and so the name must not be used.
        """
        if self._syncer is None:  # object storage has it when it has answered
            done: Future[None] = Future()
            done.set_result(None)
            return done
        return self._syncer.submit(fsync_file, kind, self._path(kind, name))

    def _write_locally(self, path: Path, content: bytes) -> None:
        try:
            write_whole(path, content)
        except FileNotFoundError:  # the first one, or the folder was removed
            if self._ownership:
                self._ownership.register(again=True)
            make_folder(path.parent)
            write_whole(path, content)

    def read(self, kind: Kind, name: str) -> bytes | None:
        """Read a file; a name of any other form finds nothing.

        Args:
            kind: What it is.
            name: As `save` gave it.

        Returns:
            The content; None if there is no such file.

        Raises:
            StorageUnavailable: The storage can't be reached.
        """
        if not kind.owns(name):
            return None
        with reaching(), suppress(FileNotFoundError, NotADirectoryError):
            content: bytes = self._files.cat_file(self._path(kind, name))
            return content
        return None

    def remove(self, kind: Kind, name: str) -> None:
        """Remove a file, and make sure that it is gone.

        Args:
            kind: What it is.
            name: As `save` gave it; one that is gone already is no failure.

        Raises:
            StorageUnavailable: It can't be removed.
        """
        if kind.owns(name):
            self._remove_path(self._path(kind, name))

    def remove_all(self, *named: tuple[Kind, str | None]) -> None:
        """Remove several files; those without a name are none.

        Args:
            named: Kinds and names.
        """
        for kind, name in named:
            if name is not None:
                self.remove(kind, name)

    def discard(self, file: KeptFile) -> None:
        """Remove a file that was listed.

        Args:
            file: Of `listed`.
        """
        self._remove_path(file.path)

    def _remove_path(self, path: str) -> None:
        with reaching(_NOT_REMOVED):
            with suppress(FileNotFoundError):
                self._files.rm_file(path)
            if self._files.exists(path):
                raise StorageUnavailable(_NOT_REMOVED)

    def listed(self) -> Iterator[KeptFile]:
        """List every file of ours, those that were never finished too.

        A folder is gone through without holding all of it: there may be a million.

        Raises:
            StorageUnavailable: The storage can't be reached.
        """
        for kind in Kind:
            folder = f"{self._root}/{kind.folder}"
            for name in self._names(folder):
                partial = is_partial(name)
                if partial or kind.owns(name):
                    yield KeptFile(f"{folder}/{name}", name, partial)

    def _names(self, folder: str) -> Iterator[str]:
        found: Iterable[Any] = ()
        with reaching(), suppress(FileNotFoundError):
            if self.is_local:
                found = os.scandir(folder)
            else:
                found = self._files.ls(folder, detail=False)
        for entry in found:
            yield os.fspath(entry).rpartition("/")[2]

    def modified(self, file: KeptFile) -> datetime:
        """Return when a file was written.

        Args:
            file: Of `listed`.

        Returns:
            The moment; this one if the file has gone meanwhile.

        Raises:
            StorageUnavailable: The storage can't be reached.
        """
        with reaching(), suppress(FileNotFoundError):
            return moment_of(self._files.info(file.path))
        return datetime.now(UTC)

    def ours_since(self) -> datetime | None:
        """Return from when on files without a record are nobody else's.

        Returns:
            When the database behind the records began to keep files here; None if
            another one did so, too, or there is no database.

        Raises:
            StorageUnavailable: Storage or database can't be reached.
        """
        return self._ownership.sole_since() if self._ownership else None

    def other_databases(self) -> list[str]:
        """Name other databases whose records may name files that are here.

        Returns:
            Their identities.

        Raises:
            StorageUnavailable: Storage or database can't be reached.
        """
        return self._ownership.others() if self._ownership else []

    def check(self) -> None:
        """Check that a heatmap could be written.

        Raises:
            StorageUnavailable: It could not.
        """
        self.remove(Kind.HEATMAP, self.save(Kind.HEATMAP, bytes(_HEATMAP_BYTES)))

    def _path(self, kind: Kind, name: str) -> str:
        return f"{self._root}/{kind.folder}/{name}"
