"""The names that files of the readable formats have.

Content decides how a file is read; names only tell which files of a folder are tried.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

SUFFIXES_BY_FORMAT: Final[Mapping[str, tuple[str, ...]]] = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp", ".dib"),
    "WebP": (".webp",),
    "GIF": (".gif",),
    "DICOM": (".dcm", ".dicom", ".ima"),
    "NIfTI": (".nii", ".nii.gz", ".hdr", ".hdr.gz", ".img", ".img.gz"),
    "MGH": (".mgh", ".mgz"),
}

# For people: in the order in which they know them.
_LABELS: Final = tuple(SUFFIXES_BY_FORMAT)
FORMAT_LIST: Final = f"{', '.join(_LABELS[:-1])} or {_LABELS[-1]}"

# The index that lies beside DICOM files holds no image.
DICOM_INDEX: Final = "DICOMDIR"

_SUFFIXES: Final = tuple(
    suffix for suffixes in SUFFIXES_BY_FORMAT.values() for suffix in suffixes
)
# DICOM files often have no suffix at all, or end in a number, as their identifiers do.
_DICOM_NAME: Final = re.compile(r"[^.]+|.*\.[0-9]+", re.DOTALL)

# Hidden files, companions of macOS, and what Windows keeps of a folder.
_OF_SYSTEMS: Final = re.compile(
    rf"(^|[/\\])(\.[^/\\.]|__MACOSX([/\\]|$)|(Thumbs\.db|desktop\.ini|{DICOM_INDEX})$)",
    re.IGNORECASE,
)

# Source: NIfTI-1 and Analyze 7.5: a pair of files, header and image, of one stem.
_HALF: Final = re.compile(
    r"(?P<stem>.+\.)(?P<half>hdr|img)(\.gz)?", re.DOTALL | re.IGNORECASE
)


def is_image_name(name: str) -> bool:
    """Return whether a file's name is one that a slice may have.

    Args:
        name: Without folders.

    Returns:
        True for the suffixes of the readable formats in any case, a number as suffix,
        and no suffix at all; False for DICOM's index.
    """
    if name == DICOM_INDEX:
        return False
    return name.lower().endswith(_SUFFIXES) or _DICOM_NAME.fullmatch(name) is not None


def is_of_system(name: str) -> bool:
    """Return whether a file is one that systems add, or DICOM's index.

    Args:
        name: Its name, with folders or without.
    """
    return _OF_SYSTEMS.search(name) is not None


def is_image_half(name: str) -> bool:
    """Return whether a name is that of the `.img` file of a pair."""
    match = _HALF.fullmatch(name)
    return match is not None and match["half"].lower() == "img"


def other_half(name: str, is_there: Callable[[str], bool]) -> str | None:
    """Find the other half of a pair of a `.hdr` and an `.img` file.

    Args:
        name: A file's name or path.
        is_there: Tells whether there is a file of a name.

    Returns:
        Its name or path; None if there is no such file, or the name is of no pair.
    """
    match = _HALF.fullmatch(name)
    if match is None:
        return None
    half = "hdr" if is_image_half(name) else "img"
    spellings = (half, half.upper(), f"{half}.gz", f"{half.upper()}.GZ")
    candidates = (match["stem"] + spelling for spelling in spellings)
    return next(filter(is_there, candidates), None)
