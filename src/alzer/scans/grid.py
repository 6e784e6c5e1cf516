"""Volumes from the values of a file, and whether they can be of a head at all."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import DamagedFile, NotBrainLike, UnsupportedVariant
from alzer.scans.bands import Rows, spans
from alzer.scans.placement import Placement
from alzer.scans.sizes import in_mm, times
from alzer.scans.values import NOT_FINITE
from alzer.scans.volume import Volume

# A head with its skin is 120 to 250 mm long along each axis; half a brain of a child
# is longer than the first of these. Scans of a head with neck and shoulders are
# shorter than the last.
LEAST_EXTENT_MM: Final = 80.0
MOST_EXTENT_MM: Final = 600.0

# No scan of any part of a body is smaller or larger: the file's unit is another, or its
# header is damaged.
_NO_SCAN_MM: Final = (5.0, 3000.0)

# Slices of scouts are further apart than this, those of all other scans of a head are
# not: 7 mm with their gaps.
MOST_SPACING_MM: Final = 10.0

_TAKEN_AS_RAS: Final = (
    "The file does not say how the head lies; its axes were taken as leading to the "
    "right, to the front and up."
)


def tall_shape(sizes: tuple[int, ...]) -> tuple[int, int]:
    """Return a volume's shape as one image, all of its planes below one another.

    Args:
        sizes: Voxels along the axes i, j and k; the first one's lie side by side.

    Returns:
        Rows and columns.
    """
    columns, rows, planes = sizes[:3]
    return planes * rows, columns


def fill(pixels: Rows, values: NDArray[np.float32]) -> None:
    """Compute an image, band by band, into memory that is there.

    Args:
        pixels: float32.
        values: Contiguous, of as many values as the image has.
    """
    rows = values.reshape(pixels.shape)
    for span, band in zip(spans(pixels.shape), pixels.bands(), strict=True):
        rows[span] = band


def describe_volume(name: str, shape: tuple[int, ...], placement: Placement) -> str:
    """Describe the volume in a file, to tell it from others.

    Args:
        name: The format's.
        shape: Voxels along the axes i, j and k, and of further ones.
        placement: Of these axes.

    Returns:
        Such as `NIfTI, 176 x 256 x 256 voxels of 1 x 1 x 1 mm`.
    """
    text = f"{name}, {times(shape)} voxels"
    spacing_mm = [size for size in placement.spacing_mm if size is not None]
    return f"{text} of {in_mm(spacing_mm)} mm" if len(spacing_mm) == 3 else text


def volume_of(
    pixels: Rows,
    sizes: tuple[int, ...],
    placement: Placement,
    name: str,
    notes: tuple[str, ...] = (),
) -> Volume:
    """Return a volume.

    Args:
        pixels: float32, finite, of `tall_shape`.
        sizes: Voxels along the axes i, j and k.
        placement: Of these axes.
        name: The format's.
        notes: What was put right before.

    Returns:
        The volume, on the file's own grid.

    Raises:
        DamagedFile: The file does not say how large voxels are.
        NotBrainLike: It is too large or too small to be of a head.
        UnsupportedVariant: It is too coarse.
    """
    spacing_mm = tuple(size for size in placement.spacing_mm if size is not None)
    if (unknown := 3 - len(spacing_mm)) > 0:
        message = (
            "The file does not say how large its voxels are: it gives no usable length "
            f"for {unknown} of the three axes. Export it again with its orientation "
            "and spacing."
        )
        raise DamagedFile(message)
    # A hole in a slice is seen at once; one in a volume is not.
    holes = tuple(note for note in notes if note.startswith(NOT_FINITE))
    notes = tuple(note for note in notes if note not in holes)
    affine, warnings = placement.affine, (*placement.warnings, *holes)
    tells_sides = affine is not None and placement.is_stated
    if affine is None:
        affine, warnings = np.diag([*spacing_mm, 1.0]), (*warnings, _TAKEN_AS_RAS)
    check_grid(sizes, affine)
    values = np.empty(sizes[2::-1], np.float32)  # the first axis varies fastest
    fill(pixels, values)
    notes = (*notes, *placement.notes)
    return Volume(values.T, affine, name, notes, warnings, tells_sides)


def check_grid(sizes: tuple[int, ...], affine: NDArray[np.float64]) -> None:
    """Refuse a volume that is too large, too small or too coarse for a whole head.

    Args:
        sizes: Voxels along its axes.
        affine: shape (4, 4), from voxels to millimetres.

    Raises:
        NotBrainLike: It is too large or too small.
        UnsupportedVariant: It is too coarse.
    """
    spacing_mm = np.linalg.norm(affine[:3, :3], axis=0)
    extents_mm = spacing_mm * sizes[:3]
    if extents_mm.min() < LEAST_EXTENT_MM or extents_mm.max() > MOST_EXTENT_MM:
        message = (
            f"The scan covers {in_mm(extents_mm)} mm, which is not a whole head; send "
            f"{_advice(extents_mm)}."
        )
        raise NotBrainLike(message)
    if spacing_mm.max() > MOST_SPACING_MM * 1.01:
        message = (
            f"The slices or voxels of the scan are {in_mm([spacing_mm.max()])} mm "
            "apart, as those of a localiser; send a scan with at most "
            f"{MOST_SPACING_MM:g} mm."
        )
        raise UnsupportedVariant(message)


def _advice(extents_mm: NDArray[np.float64]) -> str:
    if extents_mm.min() < _NO_SCAN_MM[0] or extents_mm.max() > _NO_SCAN_MM[1]:
        return "the scan exported anew, with its spacing in millimetres"
    return "a scan of a whole head"
