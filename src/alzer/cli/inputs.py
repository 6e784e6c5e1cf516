"""Which files a call means, and their bytes."""

import os
import re
import sys
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alzer.errors import AlzerError

STANDARD_INPUT: Final = "-"

# What is tried inside folders; a file that is named itself is always tried.
# DICOM files often end in no suffix at all, or in a number.
_IMAGE_NAME: Final = re.compile(
    r"[^.]+|.*\.(png|jpe?g|tiff?|bmp|webp|dcm|dicom|ima|nii|nii\.gz|mgh|mgz|[0-9]+)",
    re.IGNORECASE | re.DOTALL,
)
# The index that lies beside DICOM files holds no image.
_INDEX_NAME: Final = "DICOMDIR"


@dataclass(frozen=True)
class Failure:
    """Why there is no answer for one input.

    Attributes:
        code: The same for a program; stable.
        message: What is wrong and what to do, for a person.
    """

    code: str
    message: str


UNREADABLE: Final = "unreadable_file"
NO_IMAGES: Final = "no_images"


@dataclass(frozen=True)
class Input:
    """One file to analyse.

    Attributes:
        name: How the call, or the folder that it named, leads to the file.
        failure: Why it can't be read, where that is known already.
    """

    name: str
    failure: Failure | None = None


def find_inputs(names: Iterable[str], excluded: Container[str]) -> Iterator[Input]:
    """Find the files that a call names, folders included.

    Args:
        names: Files, folders, or `-` for standard input.
        excluded: Real paths inside folders that are left out, such as results.

    Yields:
        Each file, folders in the order of their names; a folder that can't be
        listed or holds no image comes with its failure.
    """
    for name in names:
        if name != STANDARD_INPUT and Path(name).is_dir():
            found = False
            for each in _walk(name, excluded):
                found = True
                yield each
            if not found:
                message = "The folder holds no image of a known name. Name the files."
                yield Input(name, Failure(NO_IMAGES, message))
        else:
            yield Input(name)


def _walk(folder: str, excluded: Container[str]) -> Iterator[Input]:
    try:
        with os.scandir(folder) as entries:
            visible = sorted(
                (each for each in entries if not each.name.startswith(".")),
                key=lambda each: each.name,
            )
    except OSError as error:
        yield Input(folder, _unreadable(error))
        return
    for entry in visible:
        if os.path.realpath(entry.path) in excluded:
            continue
        # A linked folder could lead back to where we are.
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, excluded)
        elif entry.is_file() and _may_be_image(entry.name):
            yield Input(entry.path)


def _may_be_image(name: str) -> bool:
    return name != _INDEX_NAME and _IMAGE_NAME.fullmatch(name) is not None


def read_input(each: Input, max_bytes: int) -> bytes | Failure:
    """Read one file.

    Args:
        each: Which one.
        max_bytes: Largest file of interest; one more byte is read, so that the
            readers see that it is larger.

    Returns:
        Its bytes, or why there are none.
    """
    if each.failure is not None:
        return each.failure
    if each.name == STANDARD_INPUT:
        return sys.stdin.buffer.read(max_bytes + 1)
    try:
        if Path(each.name).exists() and not Path(each.name).is_file():
            return Failure(UNREADABLE, "This is no regular file. Name an image file.")
        with Path(each.name).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            return file.read(min(size, max_bytes) + 1)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        return _unreadable(error)


def _unreadable(error: OSError | ValueError) -> Failure:
    reason = getattr(error, "strerror", None) or "its name is not usable"
    return Failure(UNREADABLE, f"The file can't be read ({reason}). Check its path.")


def failure_of(error: AlzerError) -> Failure:
    """Describe a foreseen failure in a record."""
    return Failure(error.code, error.message)
