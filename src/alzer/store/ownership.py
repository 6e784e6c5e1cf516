"""Which databases keep files in one place: only a sole one may sweep there."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from alzer.store.filesystems import reaching
from alzer.store.permissions import fsync_path, make_folder, open_private
from alzer.store.times import moment_of

# In it an empty file per database, named by the database's identity.
FOLDER: Final = "databases"


class Ownership:
    """The databases that are registered in a place of files.

    A database registers before it keeps its first file there. So a file that a
    database does not know may be another one's where several are registered, and
    is older than the registration where it was there before.

    Args:
        files: The storage.
        root: The place in it.
        identity: Gives the name of the database behind the records.
        is_local: Whether the place is a folder of this machine.
    """

    def __init__(
        self,
        files: Any,  # noqa: ANN401 - fsspec has no types
        root: str,
        identity: Callable[[], str],
        *,
        is_local: bool,
    ) -> None:
        self._files, self._folder = files, f"{root}/{FOLDER}"
        self._identity, self._is_local = identity, is_local
        self._registered: str | None = None

    def register(self, *, again: bool = False) -> None:
        """Enter this database, unless that was done.

        Args:
            again: Whether to look, since the folder may have been removed.

        Raises:
            StorageUnavailable: The database does not say which it is.
        """
        identity = self._identity()
        if again or identity != self._registered:
            self._enter(f"{self._folder}/{identity}")
            self._registered = identity

    def _enter(self, entry: str) -> None:
        """Make the entry; one that is there keeps its time."""
        if self._is_local:
            make_folder(Path(entry).parent)
            os.close(open_private(entry, os.O_WRONLY | os.O_CREAT))
            fsync_path(Path(entry).parent)
        elif not self._files.exists(entry):
            self._files.pipe_file(entry, b"")

    def others(self) -> list[str]:
        """Return the names of the other registered databases.

        Returns:
            Their names.

        Raises:
            StorageUnavailable: Storage or database can't be reached.
        """
        with reaching():
            return sorted(set(self._entries()) - {self._identity()})

    def sole_since(self) -> datetime | None:
        """Return since when this database alone keeps files; register it if need be.

        Returns:
            The moment; None if another one is registered, too.

        Raises:
            StorageUnavailable: Storage or database can't be reached.
        """
        with reaching():
            self.register(again=True)
            if self.others():
                return None
            return moment_of(self._files.info(f"{self._folder}/{self._identity()}"))

    def _entries(self) -> list[str]:
        try:
            found = self._files.ls(self._folder, detail=False)
        except FileNotFoundError:
            return []
        return [str(entry).rpartition("/")[2] for entry in found]
