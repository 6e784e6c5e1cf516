"""Scans behind an address, for what finds and reads scans in folders.

What is a scan (a file, a pair, a series in folders) is decided by names and by the
first bytes of files. So a tree of the same names is made on this machine, with these
bytes and no more, and looked through like any folder. Whoever analyses a scan fetches
its files alone.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from alzer.cli.dicom_folders import HEAD_BYTES, may_be_dicom
from alzer.cli.inputs import Input, failure_of
from alzer.cli.places import is_remote, sizes_of
from alzer.errors import TooManyBytes
from alzer.scans.names import other_half
from alzer.scans.signatures import has_dicom_prefix
from alzer.scans.sizes import check_bytes
from alzer.store.filesystems import open_for_scans, reaching

# Each is a request that mostly waits.
_HEADS_AT_ONCE: Final = 16

_STRANGE: Final = frozenset({"", ".", ".."})

Find = Callable[[str], Iterator[Input]]


def find_behind(url: str, find: Find, own: frozenset[str] = frozenset()) -> list[Input]:
    """Find the scans behind an address.

    Args:
        url: Of a file, or of all that begins with it as a folder.
        find: Finds the scans of a folder, or a file.
        own: Addresses below which results are, never inputs.

    Returns:
        The scans, by their addresses.

    Raises:
        InvalidRequest: If the address is of no kind whose driver is installed.
        StorageUnavailable: It can't be listed or read.
    """
    url = url.rstrip("/")
    files, sizes = sizes_of(url)
    protocol = url.partition("://")[0]
    names = [
        name for name in sizes if not _is_own(f"{protocol}://{name.lstrip('/')}", own)
    ]
    _, root = open_for_scans(url)
    if names == [root]:
        return [_single(url)]
    with tempfile.TemporaryDirectory(prefix="alzer-") as folder:
        tree = _Tree(Path(folder), files, root)
        with ThreadPoolExecutor(_HEADS_AT_ONCE) as threads:
            list(threads.map(tree.add, names))
        return [_renamed(scan, folder, url) for scan in find(folder)]


def _is_own(address: str, own: frozenset[str]) -> bool:
    return any(f"{address}/".startswith(f"{one}/") for one in own)


def _single(url: str) -> Input:
    folder = url.rpartition("/")[0]

    def exists(name: str) -> bool:
        files, place = open_for_scans(name)
        with reaching("The scans can't be reached now. Try again in a moment."):
            return bool(files.exists(place))

    return Input(url, other_half=other_half(url, exists) if folder else None)


@dataclass(frozen=True)
class _Tree:
    """The names of files, with the first bytes of those that may be DICOM."""

    folder: Path
    files: Any
    root: str

    def add(self, name: str) -> None:
        """Add a file, unless its name is none that a folder can hold."""
        parts = name[len(self.root) :].strip("/").split("/")
        if _STRANGE & set(parts) or "\0" in name:
            return
        path = self.folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self._head(name) if may_be_dicom(path.name) else b"")

    def _head(self, name: str) -> bytes:
        with reaching("The scans can't be read now. Try again in a moment."):
            head = bytes(self.files.cat_file(name, start=0, end=HEAD_BYTES))
        return head if has_dicom_prefix(head) else b""


def _renamed(scan: Input, folder: str, url: str) -> Input:
    def named(name: str) -> str:
        return url + name.removeprefix(folder)

    other = scan.other_half
    return replace(
        scan,
        name=named(scan.name),
        other_half=None if other is None else named(other),
        files=tuple(map(named, scan.files)),
    )


@contextmanager
def fetched(scan: Input, max_bytes: int) -> Iterator[tuple[Input, Mapping[str, str]]]:
    """Have the files of a scan on this machine for as long as the context lasts.

    Args:
        scan: Any input.
        max_bytes: What its files may have together.

    Yields:
        The input by names on this machine, and what these are called in the call; for
        what is on this machine already, itself.

    Raises:
        StorageUnavailable: They can't be fetched now.
    """
    if not is_remote(scan.name) or scan.failure is not None:
        yield scan, {}
        return
    with tempfile.TemporaryDirectory(prefix="alzer-") as folder:
        try:
            yield _fetch(scan, Path(folder), max_bytes)
        except TooManyBytes as refusal:
            yield replace(scan, failure=failure_of(refusal)), {}


def _fetch(
    scan: Input, folder: Path, max_bytes: int
) -> tuple[Input, Mapping[str, str]]:
    local: dict[str, str] = {}
    held = 0
    halves = () if scan.other_half is None else (scan.other_half,)
    for number, name in enumerate(scan.files or (scan.name, *halves)):
        # Halves of a pair lie together; files of a series may have equal names.
        path = folder / (str(number) if scan.files else "") / name.rpartition("/")[2]
        path.parent.mkdir(exist_ok=True)
        files, place = _opened(name)
        with reaching("The scans can't be fetched now; --resume goes on later."):
            try:
                held += int(files.info(place)["size"] or 0)
            except FileNotFoundError:
                local[name] = str(path)  # told when it is read
                continue
        check_bytes(held, max_bytes)
        with reaching("The scans can't be fetched now; --resume goes on later."):
            files.get_file(place, str(path))
        local[name] = str(path)
    fetched_scan = replace(
        scan,
        name=local.get(scan.name, scan.name),
        other_half=None if scan.other_half is None else local[scan.other_half],
        files=tuple(local[name] for name in scan.files),
    )
    return fetched_scan, {path: name for name, path in local.items()}


def _opened(name: str) -> tuple[Any, str]:
    """Return a storage, the same for all scans of an account, and a place in it."""
    protocol, _, rest = name.partition("://")
    if protocol != "s3":
        return open_for_scans(name)
    account = tuple(sorted(one for one in os.environ.items() if one[0][:4] == "AWS_"))
    return _s3(account), rest


@cache
def _s3(_: tuple[tuple[str, str], ...]) -> Any:  # noqa: ANN401 - fsspec has no types
    files, _place = open_for_scans("s3://")
    return files
