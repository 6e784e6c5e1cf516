"""The names of files behind an address, as a folder that can be looked through."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Final

from alzer.cli.dicom_folders import HEAD_BYTES, may_be_dicom
from alzer.scans.names import is_image_name
from alzer.scans.signatures import has_dicom_prefix
from alzer.store.filesystems import is_kept_back, reaching

_STRANGE: Final = frozenset({"", ".", ".."})


@dataclass(frozen=True)
class NameTree:
    """The names of files, with the first bytes of those that may be DICOM.

    Attributes:
        folder: Where it is.
        files: The storage.
        root: Where the tree begins there.
        sizes: Bytes by name, of all that lies below; None where that is not known.
        kept_back: Names that may be DICOM, of files that the storage does not give.
    """

    folder: Path
    files: Any
    root: str
    sizes: Mapping[str, int | None]
    kept_back: set[str] = field(default_factory=set)

    @cached_property
    def _folders(self) -> frozenset[str]:
        parents = (PurePosixPath(name).parents for name in self.sizes)
        return frozenset(str(folder) for each in parents for folder in each)

    def is_marker(self, name: str) -> bool:
        """Return whether an object only says that there is a folder.

        Args:
            name: In the storage, in which a slash at its end may be left out.
        """
        is_empty = self.sizes[name] == 0
        path = PurePosixPath(name)
        is_plain = not path.suffix and not path.name.startswith(".")
        return is_empty and (str(path) in self._folders or is_plain)

    def add(self, name: str) -> bool:
        """Add a file, unless it is a marker of a folder or no scan.

        Args:
            name: In the storage.

        Returns:
            False for what may be a scan and has a name that no folder can hold.

        Raises:
            OSError: This machine has no room for it.
            StorageUnavailable: Its first bytes can't be read.
        """
        if self.is_marker(name):
            return True
        parts = name[len(self.root) :].strip("/").split("/")
        may_be_scan = is_image_name(parts[-1]) and not parts[-1].startswith(".")
        is_strange = bool(_STRANGE & set(parts)) or "\0" in name
        if is_strange or str(PurePosixPath(name)) in self._folders:
            return not may_be_scan
        path = self.folder.joinpath(*parts)
        head = self._head(name) if may_be_dicom(path.name) else b""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(head)
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            return not may_be_scan
        return True

    def _head(self, name: str) -> bytes:
        if self.sizes[name] == 0:
            return b""
        with reaching("The scans can't be read now. Try again in a moment."):
            try:
                head = bytes(self.files.cat_file(name, start=0, end=HEAD_BYTES))
            except Exception as error:
                if is_kept_back(error):  # told when it is fetched
                    self.kept_back.add(name)
                    return b""
                raise
        return head if has_dicom_prefix(head) else b""
