"""Which DICOM files of a folder belong to one series, before any of them is decoded.

Files are not parsed here: that is left to processes that can do nothing else. Only the
series' identifier is looked for among a file's first bytes, and the files in which it
is the same are read together. The reader decides then what they are.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from alzer.scans.names import DICOM_INDEX, SUFFIXES_BY_FORMAT, is_image_name
from alzer.scans.signatures import has_dicom_prefix

# Fewer files are no volume.
LEAST_FILES: Final = 8

# Elements stand in the order of their tags, the identifier among the first hundred.
_HEAD_BYTES: Final = 2**16

# Series Instance UID (0020,000E), with its representation or without, as the data set
# and the items of sequences hold it.
# Source: PS3.5 sections 7.1.2, 7.1.3 and 9.1; PS3.6.
_SERIES: Final = re.compile(
    rb"\x20\x00\x0e\x00(?:UI[\x01-\x40]\x00|[\x01-\x40]\x00{3})([0-9][0-9.]{0,63})"
)

_OTHER_SUFFIXES: Final = tuple(
    suffix
    for label, suffixes in SUFFIXES_BY_FORMAT.items()
    for suffix in suffixes
    if label != "DICOM"
)


def may_be_dicom(name: str) -> bool:
    """Check whether a name is one that DICOM files have.

    Args:
        name: Without folders.

    Returns:
        False for hidden files, and for the suffixes of other formats.
    """
    if name.startswith(".") or name == DICOM_INDEX or not is_image_name(name):
        return False
    return not name.lower().endswith(_OTHER_SUFFIXES)


def divide(paths: Sequence[str], *, apart: bool) -> list[tuple[str, ...]]:
    """Divide the files of a folder into series.

    Args:
        paths: Files that may be DICOM, in their order.
        apart: Whether to tell series apart; if not, all DICOM files are one group.

    Returns:
        The files of each series that has enough of them for a volume, in the order
        of their first files.
    """
    if len(paths) < LEAST_FILES:
        return []
    groups: dict[bytes, list[str]] = {}
    for path in paths:
        series = series_of(_head(path))
        if series is not None:
            groups.setdefault(series if apart else b"", []).append(path)
    return [tuple(files) for files in groups.values() if len(files) >= LEAST_FILES]


def series_of(head: bytes) -> bytes | None:
    """Find the identifier of the series that a DICOM file says it belongs to.

    Args:
        head: The file's first bytes.

    Returns:
        The identifier; None if the file is no DICOM file, or does not show it.
    """
    if not has_dicom_prefix(head):
        return None
    found = _SERIES.findall(head)
    # Those of other series, in sequences, come before the file's own.
    return found[-1].rstrip(b".") if found else None


def _head(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError:
        return b""  # told when it is its turn
