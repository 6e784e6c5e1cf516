"""Scans behind an address, for what finds and reads scans in folders.

What is a scan (a file, a pair, a series in folders) is decided by names and by the
first bytes of files. So a tree of the same names is made on this machine, with these
bytes and no more, and looked through like any folder. Whoever analyses a scan fetches
its files alone.
"""

import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from alzer.cli.inputs import UNREADABLE, Failure, Input, failure_of
from alzer.cli.places import is_remote, sizes_of
from alzer.cli.remote_names import NameTree
from alzer.errors import StorageUnavailable, TooManyBytes
from alzer.scans.names import other_half
from alzer.scans.sizes import check_bytes
from alzer.store.filesystems import is_kept_back, open_for_scans, reaching

# Each is a request that mostly waits.
_HEADS_AT_ONCE: Final = 16

_NO_NAME: Final = Failure(
    UNREADABLE, "No folder can hold a file of this name. Copy it to another name."
)
_KEPT_BACK: Final = Failure(
    UNREADABLE,
    "The storage keeps this file back: it is archived, or this account may not read "
    "it. Restore it or allow it, and analyse it again.",
)

_IN_PART: Final = Failure(
    UNREADABLE,
    "The storage keeps back files that may belong to this series: they are archived, "
    "or this account may not read them. Restore or allow them, and analyse it again.",
)

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
        InvalidRequest: If the address is of no kind whose driver is installed, or
            something below it has a name that the driver can't list.
        StorageUnavailable: It can't be listed or read.
    """
    url = url.rstrip("/")
    files, sizes = sizes_of(url)
    protocol = url.partition("://")[0]
    names = [
        name for name in sizes if not _is_own(f"{protocol}://{name.lstrip('/')}", own)
    ]
    _, root = open_for_scans(url)
    with tempfile.TemporaryDirectory(prefix="alzer-") as folder:
        tree = NameTree(Path(folder), files, root, sizes)
        if names == [root] and not tree.is_marker(root):
            return [_single(url)]
        with ThreadPoolExecutor(_HEADS_AT_ONCE) as threads:
            are_there = list(threads.map(tree.add, names))
        left = [
            Input(url + name.removeprefix(root), _NO_NAME)
            for name, is_there in zip(names, are_there, strict=True)
            if not is_there
        ]
        if left and not any(are_there):
            return left
        kept_back = {f"{folder}{name.removeprefix(root)}" for name in tree.kept_back}
        found = (_whole(scan, kept_back) for scan in find(folder))
        return [_renamed(scan, folder, url) for scan in found] + left


def _whole(scan: Input, kept_back: Collection[str]) -> Input:
    """Refuse a series that a file beside its own may belong to, which can't be read."""
    folders = {Path(name).parent for name in scan.files}
    if any(Path(name).parent in folders for name in kept_back):
        return replace(scan, failure=_IN_PART)
    return scan


def _is_own(address: str, own: frozenset[str]) -> bool:
    return any(f"{address}/".startswith(f"{one}/") for one in own)


def _single(url: str) -> Input:
    folder = url.rpartition("/")[0]

    def exists(name: str) -> bool:
        files, place = open_for_scans(name)
        with reaching("The scans can't be reached now. Try again in a moment."):
            return bool(files.exists(place))

    return Input(url, other_half=other_half(url, exists) if folder else None)


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
        except _KeptBack:
            yield replace(scan, failure=_KEPT_BACK), {}


class _KeptBack(Exception):
    """A storage keeps a file back, however often it is asked."""


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
        local[name] = str(path)
        with _fetching():
            try:
                held += _size(files, place)
            except FileNotFoundError:  # told when it is read
                continue
        check_bytes(held, max_bytes)
        with _fetching():
            files.get_file(place, str(path))
    fetched_scan = replace(
        scan,
        name=local.get(scan.name, scan.name),
        other_half=None if scan.other_half is None else local[scan.other_half],
        files=tuple(local[name] for name in scan.files),
    )
    return fetched_scan, {path: name for name, path in local.items()}


def _size(files: Any, place: str) -> int:  # noqa: ANN401 - fsspec has no types
    try:
        return int(files.info(place)["size"] or 0)
    except FileNotFoundError:
        raise
    except Exception:
        # Only an answer with a body says why.
        files.cat_file(place, start=0, end=1)
        raise


@contextmanager
def _fetching() -> Iterator[None]:
    """Tell a file that is kept back from a storage that can't be reached now.

    Raises:
        _KeptBack: The file is.
        StorageUnavailable: The storage can't be reached.
    """
    try:
        with reaching("The scans can't be fetched now; --resume goes on later."):
            yield
    except StorageUnavailable as failure:
        if failure.__cause__ is not None and is_kept_back(failure.__cause__):
            raise _KeptBack from failure
        raise


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
