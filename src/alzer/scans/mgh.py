"""FreeSurfer's MGH, plain or gzipped (MGZ)."""

import math
from typing import Any, Final

import numpy as np

from alzer.errors import DamagedFile, NotOneSlice, UnsupportedVariant
from alzer.scans.bands import Rows
from alzer.scans.grid import describe_volume, tall_shape, volume_of
from alzer.scans.packing import unpacked_head
from alzer.scans.placement import UNPLACED, Placement, positive, usable
from alzer.scans.plane import picture_shape, slice_of
from alzer.scans.sizes import check_pixels, check_voxels, times
from alzer.scans.slice import Slice
from alzer.scans.unpacked import MOST_HELD_BYTES, open_unpacked
from alzer.scans.values import to_pixels
from alzer.scans.volume import Volume
from alzer.settings import Limits

# Always big-endian; values begin behind free bytes.
# Source: FreeSurfer's wiki, FsTutorial/MghFormat.
_HEADER: Final = np.dtype([
    ("version", ">i4"),
    ("shape", ">i4", 4),
    ("type", ">i4"),
    ("degrees_of_freedom", ">i4"),
    ("is_placed", ">i2"),
    ("spacing_mm", ">f4", 3),
    ("directions", ">f4", (3, 3)),
    ("centre_mm", ">f4", 3),
])  # fmt: skip
_VALUES_BEGIN: Final = 284

_VOXELS: Final = {0: "u1", 1: ">i4", 3: ">f4", 4: ">i2", 10: ">u2"}

# How voxels lie in files that do not say: along the columns to the left, down, and
# to the front; columns are the axes.
_CORONAL: Final = np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
_TAKEN_AS_CORONAL: Final = (
    "The file does not say how the head lies; it was taken as coronal, as FreeSurfer "
    "does, with voxels of 1 mm where no other size is given."
)

# FreeSurfer writes the commands that made an image behind its values.
_TOLD_BESIDES_BYTES: Final = 1 << 20


def read_mgh(data: bytes, limits: Limits) -> Slice:
    """Read an image of one slice.

    Args:
        data: The file.
        limits: How large it may be; the header is checked before more is unpacked.

    Returns:
        The slice, on the file's own grid.

    Raises:
        DamagedFile: The file is shorter than its header says.
    """
    header, shape = _header(data)
    _check_shape(shape, limits)
    stored = _stored(data, header, picture_shape(shape[:3]), limits, MOST_HELD_BYTES)
    pixels, notes = to_pixels(stored)
    return slice_of(pixels, shape[:3], _place(header), "MGH", notes)


def read_mgh_scan(data: bytes, limits: Limits) -> Slice | Volume:
    """Read an image of one slice or of one volume.

    Args:
        data: The file.
        limits: As for `read_mgh`.

    Returns:
        A slice, or if the file has more of them a volume, on the file's own grid.

    Raises:
        NotOneSlice: The file holds several volumes.
    """
    header, shape = _header(data)
    if min(shape[:3]) <= 1:
        return read_mgh(data, limits)
    check_voxels(shape, limits)
    if shape[3] > 1:
        message = (
            f"The file holds {shape[3]} volumes of {times(shape[:3])} voxels; send "
            "one of them."
        )
        raise NotOneSlice(message)
    most_held_bytes = limits.max_decoded_bytes
    stored = _stored(data, header, tall_shape(shape[:3]), limits, most_held_bytes)
    pixels, notes = to_pixels(stored)
    return volume_of(pixels, shape[:3], _place_volume(header), "MGH", notes)


def describe_mgh(data: bytes) -> str | None:
    """Describe the volume that a file holds, by its header.

    Args:
        data: The file.

    Returns:
        Its size; None if the file holds a slice.
    """
    header, shape = _header(data)
    if min(shape[:3]) <= 1:
        return None
    shape = shape if shape[3] > 1 else shape[:3]
    return describe_volume("MGH", shape, _place(header))


def _header(data: bytes) -> tuple[Any, tuple[int, ...]]:
    header = np.frombuffer(unpacked_head(data), _HEADER, 1)[0]
    return header, tuple(int(size) for size in header["shape"])


def _stored(
    data: bytes,
    header: Any,  # noqa: ANN401 - a row of _HEADER
    shape: tuple[int, int],
    limits: Limits,
    most_held_bytes: int,
) -> Rows:
    """Unpack the values.

    Raises:
        DamagedFile: There are fewer than the header says.
    """
    voxel = _voxel(int(header["type"]))
    needed = math.prod(shape) * voxel.itemsize
    most = min(_VALUES_BEGIN + needed + _TOLD_BESIDES_BYTES, limits.max_decoded_bytes)
    content = open_unpacked(data, most, needed, most_held_bytes)
    held = content.length - _VALUES_BEGIN
    if held < needed:
        message = (
            f"The MGH file is damaged or incomplete: its header promises {needed} "
            f"bytes of values, and {max(0, held)} are there. Export it again."
        )
        raise DamagedFile(message)
    return content.rows(_VALUES_BEGIN, voxel, shape)


def _check_shape(shape: tuple[int, ...], limits: Limits) -> None:
    check_voxels(shape, limits)
    if shape[3] > 1 or min(shape[:3]) > 1:
        sizes = times(shape if shape[3] > 1 else shape[:3])
        message = f"The file is a volume of {sizes} voxels; send one slice of it."
        raise NotOneSlice(message)
    check_pixels(shape, limits)


def _voxel(kind: int) -> np.dtype[Any]:
    if kind not in _VOXELS:
        message = (
            f"The MGH file holds values of a type that is not read ({kind}); save it "
            "as integers or floats, for example with `mri_convert -odt float`."
        )
        raise UnsupportedVariant(message)
    return np.dtype(_VOXELS[kind])


def _place_volume(header: Any) -> Placement:  # noqa: ANN401 - a row of _HEADER
    """Return how a volume lies; without the flag, as FreeSurfer takes it to.

    Source: FreeSurfer's wiki, FsTutorial/MghFormat, on goodRASFlag.
    """
    placement = _place(header)
    if placement.affine is not None:
        return placement
    spacing = placement.spacing_mm if header["is_placed"] else (1.0, 1.0, 1.0)
    affine = np.eye(4)
    affine[:3, :3] = _CORONAL * [size or 1.0 for size in spacing]
    warnings = (*placement.warnings, _TAKEN_AS_CORONAL)
    return Placement(affine, spacing, warnings=warnings, is_stated=False)


def _place(header: Any) -> Placement:  # noqa: ANN401 - a row of _HEADER
    """Return how the axes lie; without the flag, all that is said is meaningless."""
    if not header["is_placed"]:
        return UNPLACED
    first, second, third = (positive(float(size)) for size in header["spacing_mm"])
    spacing = first, second, third
    affine = np.eye(4)
    # The file holds the direction of each axis in turn: columns of the matrix.
    affine[:3, :3] = header["directions"].T * [size or 1.0 for size in spacing]
    middle = header["shape"][:3] / 2.0
    affine[:3, 3] = header["centre_mm"] - affine[:3, :3] @ middle
    if (placed := usable(affine)) is None:
        message = "The orientation in the file is not usable; it was ignored."
        return Placement(None, spacing, warnings=(message,))
    return Placement(placed, spacing)
