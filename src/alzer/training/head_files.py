"""The files of a table's whole heads: what they are, and what they hold."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from alzer.errors import NotOneSlice, UnusableScan
from alzer.scans.archive import is_archive
from alzer.scans.formats import DEFAULT_LIMITS, read_slice
from alzer.scans.names import is_image_half, is_image_name, other_half
from alzer.scans.pair import join_pair
from alzer.scans.paths import read_scans
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume

# A file of a volume may be as large as all files of a scan.
_LIMITS: Final = replace(DEFAULT_LIMITS, max_file_bytes=DEFAULT_LIMITS.max_scan_bytes)


def files_of(path: Path) -> list[Path]:
    """Return the files that a row of a table means.

    Args:
        path: A file, one of a `.hdr` and `.img` pair, or a folder.

    Returns:
        Those that may be of the scan, in the order of their names.
    """
    if not path.is_dir():
        half = other_half(str(path), os.path.isfile)
        return sorted([path, *([] if half is None else [Path(half)])])
    return sorted(
        file
        for file in path.rglob("*")
        if is_image_name(file.name) and file.name[0] != "." and file.is_file()
    )


def kind_of(path: Path) -> Literal["head", "slice"]:
    """Tell whether a row of a table means a whole head, by the header of its file.

    Args:
        path: A file or a folder.

    Returns:
        Which it is; folders and zip archives are taken for heads.

    Raises:
        UnusableScan: If it is neither; the message says why.
        OSError: If it can't be opened.
    """
    if path.is_dir():
        return "head"
    contents = {is_image_half(one.name): one.read_bytes() for one in files_of(path)}
    content = contents.get(False, contents.get(True, b""))
    if is_archive(content):
        return "head"
    if len(contents) == 2:
        content = join_pair(contents[False], contents[True])
    try:
        read_slice(content, _LIMITS)
    except NotOneSlice:
        return "head"
    return "slice"


def are_heads(paths: Iterable[Path]) -> bool:
    """Tell by the first file that is any image whether a table is of whole heads."""
    for path in paths:
        try:
            return kind_of(path) == "head"
        except (UnusableScan, OSError):
            continue  # it is named when the table is checked
    return False


def digest_of(path: Path) -> str:
    """Return a digest of what a row's files hold, whatever their names.

    Args:
        path: A file or a folder.

    Returns:
        Hexadecimal digits.

    Raises:
        OSError: If a file can't be read.
    """
    digests = []
    for one in files_of(path):
        with one.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()[:32]


def read_head(path: Path) -> Volume:
    """Read the whole head that a row of a table means.

    Args:
        path: A file or a folder.

    Returns:
        The volume.

    Raises:
        NotOneSlice: If there are several scans, or none of a whole head.
        UnusableScan: If it can't be read; the message says why.
        OSError: If a file can't be opened.
    """
    scans = read_scans(files_of(path) or path)
    if len(scans) > 1 or isinstance(scans[0], Slice):
        message = (
            f"This holds {len(scans)} separate scans or slices instead of one whole "
            "head; name the files of one series."
        )
        raise NotOneSlice(message)
    return scans[0]
