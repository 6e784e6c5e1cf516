"""Images that are no slices as a model was trained on, read from folders by kind.

A kind is a folder; what lies in it are images, folders of one person's images each, and
whole heads, which are cut at every height and shown in several windows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from alzer.errors import InvalidRequest, UnusableScan
from alzer.evaluation.alterations import Grey
from alzer.scans.middle import axial_planes
from alzer.scans.orientation import picture_of
from alzer.scans.reading import File, read_scan
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume

# Shares of a head's voxels that are shown black or darker, and white or brighter.
WINDOWS: Mapping[str, tuple[float, float]] = {
    "whole range": (0.0, 1.0),
    "0.5 % to 99.5 %": (0.005, 0.995),
    "bright": (0.0, 0.93),
    "narrow": (0.4, 0.98),
}


@dataclass(frozen=True)
class OtherImage:
    """One image.

    Attributes:
        kind: What it is.
        subject: Whose it is; images of one subject are drawn together.
        image: A slice as its file has it, or the picture that is shown of it.
    """

    kind: str
    subject: str
    image: Slice | Grey


def find_kinds(parents: Sequence[Path]) -> dict[str, Path]:
    """Find folders of images, by what the images are.

    Args:
        parents: Folders that hold a folder per kind each; or folders of files, which
            are a kind each.

    Returns:
        By the folders' names.

    Raises:
        InvalidRequest: If a folder holds nothing, or two kinds have the same name.
    """
    kinds: dict[str, Path] = {}
    for parent in parents:
        for folder in _kinds_in(parent):
            if kinds.setdefault(folder.name, folder) != folder:
                message = (
                    f"Two folders of images are named '{folder.name}'; rename one."
                )
                raise InvalidRequest(message)
    return kinds


def _kinds_in(parent: Path) -> list[Path]:
    found = sorted(parent.iterdir()) if parent.is_dir() else []
    folders = [path for path in found if path.is_dir()]
    if not found:
        message = f"'{parent}' holds no folders of images."
        raise InvalidRequest(message)
    return folders or [parent.resolve()]


def read_kind(name: str, folder: Path) -> Iterator[OtherImage]:
    """Read the images of a kind; files that are none are left out.

    Args:
        name: Of the kind.
        folder: Of images, folders of one subject's images each, and whole heads.

    Yields:
        One image after the other, ordered by file; of whole heads, which are kinds of
        their own by window, each axial plane.
    """
    for path in sorted(folder.iterdir()):
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                for kind, image in _read(file):
                    yield OtherImage(f"{name}{kind}", path.name, image)


def _read(file: Path) -> Iterator[tuple[str, Slice | Grey]]:
    """Yield what a file shows, each with what is to be added to its kind's name."""
    content = file.read_bytes()
    try:
        scan = read_scan([File(content, file.name)])
    except UnusableScan:
        grey = _brightness(file)
        if grey is not None:
            yield "", grey
        return
    if isinstance(scan, Slice):
        yield "", scan
        return
    for window, shares in WINDOWS.items():
        shown = _limits(scan, shares)
        for plane in axial_planes(scan, shown):
            yield f", {window}", picture_of(plane)


def _limits(scan: Volume, shares: tuple[float, float]) -> tuple[float, float]:
    low, high = np.quantile(scan.voxels, shares)
    return float(low), float(high)


def _brightness(file: Path) -> NDArray[np.uint8] | None:
    """Read an image that may be in colour, as its brightness."""
    try:
        with Image.open(file) as image:
            return np.asarray(image.convert("L"))
    except (UnidentifiedImageError, OSError):
        return None
