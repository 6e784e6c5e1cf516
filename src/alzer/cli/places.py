"""Where scans come from and results go: a folder, or what fsspec reaches."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fsspec.implementations.local import LocalFileSystem

from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.store.filesystems import open_for_scans, reaching
from alzer.store.permissions import fsync_path

_SEPARATOR: Final = "://"
_UNREACHABLE: Final = (
    "The results can't be reached or written now. The same call with --resume goes on "
    "once they can."
)

_UNLISTED: Final = "The scans can't be listed now. Check the address, and try again."
_UNNAMEABLE: Final = (
    "Something below the address has a name that can't be listed: with an empty part "
    "(a//b), a part . or .., or a control character. Rename it, or name folders that "
    "do not hold it."
)


def is_remote(name: str) -> bool:
    """Return whether a name is an address such as `s3://bucket/scan.nii.gz`."""
    return _SEPARATOR in name


class Place:
    """A folder of results, each file whole or not there.

    Args:
        url: A folder, or an address such as `s3://bucket/prefix`.

    Raises:
        InvalidRequest: If the address is of no kind whose driver is installed.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/") if is_remote(url) else url
        self._files, self._root = open_for_scans(url)

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine, or of one that all share."""
        return isinstance(self._files, LocalFileSystem)

    def write(self, name: str, content: bytes) -> None:
        """Write a file; it replaces one of that name in one step.

        Args:
            name: Below the place, with slashes.
            content: All of it.

        Raises:
            StorageUnavailable: It can't be written.
        """
        with reaching(_UNREACHABLE):
            if self.is_local:
                _write_durably(Path(self._root, name), content)
            else:
                self._files.pipe_file(self._path(name), content)

    def read(self, name: str) -> bytes | None:
        """Read a file; None if there is none.

        Args:
            name: Below the place.

        Raises:
            StorageUnavailable: It can't be read.
        """
        with reaching(_UNREACHABLE):
            try:
                return bytes(self._files.cat_file(self._path(name)))
            except FileNotFoundError:
                return None

    def remove(self, name: str) -> None:
        """Remove a file, if it is there.

        Args:
            name: Below the place.

        Raises:
            StorageUnavailable: It can't be removed.
        """
        with reaching(_UNREACHABLE):
            try:
                self._files.rm_file(self._path(name))
            except FileNotFoundError:
                return

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the files in a folder and below, hidden ones apart.

        Args:
            folder: Below the place.

        Returns:
            Their names below the place, in order.

        Raises:
            StorageUnavailable: It can't be listed.
        """
        with reaching(_UNREACHABLE):
            if self.is_local:
                return _local_names(Path(self._root), folder)
            found = self._files.find(self._path(folder))
        start = len(self._root) + 1
        return tuple(sorted(name[start:] for name in found))

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}" if self._root else name


def sizes_of(url: str) -> tuple[Any, Mapping[str, int | None]]:
    """List what is at an address and below.

    Args:
        url: Such as `s3://bucket/prefix`.

    Returns:
        The storage, and bytes by name in it; None where it does not tell them.

    Raises:
        InvalidRequest: If the address is of no kind whose driver is installed, or
            something below it has a name that the driver can't list.
        StorageUnavailable: It can't be listed.
    """
    files, root = open_for_scans(url)
    try:
        with reaching(_UNLISTED):
            try:
                found = files.find(root, detail=True)
            except FileNotFoundError:
                return files, {}
    except StorageUnavailable as failure:
        if type(failure.__cause__).__name__ == "InvalidPathError":  # obstore's
            raise InvalidRequest(_UNNAMEABLE) from failure
        raise
    with reaching(_UNLISTED):
        # Of a single file, some drivers tell no more than its name.
        facts = {name: told or files.info(name) for name, told in found.items()}
    return files, {name: told["size"] for name, told in facts.items()}


def _local_names(root: Path, folder: str) -> tuple[str, ...]:
    paths = (path for path in (root / folder).rglob("[!.]*") if path.is_file())
    return tuple(sorted(path.relative_to(root).as_posix() for path in paths))


def _write_durably(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        fsync_path(path.parent)
    finally:
        partial.unlink(missing_ok=True)
