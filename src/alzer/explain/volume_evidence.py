"""What slices say, carried back onto the grid of the scan that they were cut from.

One composed map leads from a voxel of the scan to the slices (the registration, the
place of the slices, and each slice's own preparation), so that the evidence lies where
the network looked, however the head lay in the scanner.
"""

from typing import Any, Final

import nibabel as nib
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from alzer.volumes.sampling import Interpolator, transform_points

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

# The header's free text holds 80 bytes, the last of which ends it.
_DESCRIPTION_BYTES: Final = 79

# Where the voxels of a NIfTI file begin: after the header and four bytes that say
# that there are no extensions.
# Source: nifti1.h, `vox_offset` and `extension`.
_VOXELS_BEGIN: Final = 352

# Lines whose steps are shorter than this stay where they begin.
_NO_STEP: Final = 1e-12

# Beyond every grid, and small enough for an integer.
_FAR: Final = 2.0**31

# Asks zlib for gzip's header and trailer; no date is written.
_GZIP: Final = 16 + 15


def to_scan_grid(
    slices: Floats, to_scan_voxels: Matrix, shape: tuple[int, int, int]
) -> Floats:
    """Carry values of parallel slices back onto the scan's own voxels, linearly.

    Args:
        slices: shape (slice, row, column).
        to_scan_voxels: shape (4, 4), from (slice, row, column) to voxels (i, j, k).
        shape: Voxels of the scan along i, j and k.

    Returns:
        The same units, shape (i, j, k), contiguous in Fortran's order; 0 where there
        is no slice.
    """
    values = np.zeros(shape, np.float32, order="F")
    to_slices = np.asarray(np.linalg.inv(to_scan_voxels), np.float64)
    reader = Interpolator.of(slices)
    last = np.array(slices.shape)[:, None] - 1.0
    j = np.arange(shape[1])
    for k in range(shape[2]):
        starts = transform_points(to_slices, np.vstack([0 * j, j, 0 * j + k]))
        begin, end = _inside(starts, to_slices[:3, 0], last)
        begin, end = np.maximum(begin, 0), np.minimum(end, shape[0])
        rows, places = _spread(begin, np.maximum(end - begin, 0))
        points = transform_points(to_slices, np.vstack([rows, places, 0 * rows + k]))
        values[rows, places, k] = reader.at(np.clip(points, 0.0, last))
    return values


def _inside(
    starts: Matrix, step: NDArray[np.float64], last: Matrix
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which points of straight lines lie within the slices.

    Args:
        starts: Where each line begins, shape (axis = 3, line).
        step: From one of its points to the next, shape (axis = 3,).
        last: Largest indices of the slices, shape (axis = 3, 1).

    Returns:
        The first point inside, and the first behind it, each of shape (line,); not
        in this order where a line passes by.
    """
    # A slice, a row and a column reach half a step beyond their middles.
    still = np.abs(step[:, None]) < _NO_STEP
    safe = np.where(still, 1.0, step[:, None])
    bounds = np.stack([(-0.5 - starts) / safe, (last + 0.5 - starts) / safe])
    beside = (starts < -0.5) | (starts > last + 0.5)
    low = np.where(still, np.where(beside, np.inf, -np.inf), bounds.min(axis=0))
    high = np.where(still, np.inf, bounds.max(axis=0))
    first = np.clip(np.ceil(low.max(axis=0)), 0.0, _FAR)
    behind = np.clip(np.floor(high.min(axis=0)) + 1.0, 0.0, _FAR)
    return first.astype(np.intp), behind.astype(np.intp)


def _spread(
    begin: NDArray[np.intp], counts: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return all points of lines one after another: along the line, and its number."""
    lines = np.repeat(np.arange(len(begin)), counts)
    before = np.repeat(np.cumsum(counts) - counts, counts)
    return np.arange(len(lines)) - before + begin[lines], lines


def cell_size_mm(
    cell: tuple[float, float], to_scan_voxels: Matrix, affine: Matrix
) -> tuple[float, float, float]:
    """Return how large the cells of a map are on the person who was scanned.

    Args:
        cell: Rows, and columns, of a slice from one cell to the next.
        to_scan_voxels: From (slice, row, column) to voxels.
        affine: From voxels to millimetres.

    Returns:
        Along rows, along columns and from slice to slice, in millimetres.
    """
    thick, high, wide = np.linalg.norm((affine @ to_scan_voxels)[:3, :3], axis=0)
    return float(cell[0] * high), float(cell[1] * wide), float(thick)


def encode_nifti(
    values: NDArray[np.float32] | NDArray[np.uint8],
    affine: Matrix,
    description: str,
    window: tuple[float, float] | None = None,
) -> bytes:
    """Write voxels on a scan's own grid as a gzipped NIfTI file.

    Args:
        values: shape (i, j, k).
        affine: From voxels to millimetres, RAS+.
        description: What the values are, for the header: plain ASCII, cut off after 79
            characters.
        window: Of uint8, what 0 and 255 stand for; None: for themselves.

    Returns:
        The file's bytes (.nii.gz); the same for the same values, without a date.
    """
    image: Any = nib.Nifti1Image(values, affine)  # type: ignore[no-untyped-call]  # nibabel
    header = image.header
    header.set_sform(affine, code="scanner")
    header.set_xyzt_units("mm")
    header["descrip"] = description.encode("ascii")[:_DESCRIPTION_BYTES]
    header["vox_offset"] = _VOXELS_BEGIN
    if window is not None:
        low, high = window
        header["scl_slope"], header["scl_inter"] = (high - low) / 255.0, low
        header["cal_min"], header["cal_max"] = window
    packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, _GZIP)
    begin = packer.compress(header.binaryblock.ljust(_VOXELS_BEGIN, b"\0"))
    return begin + packer.compress(np.asfortranarray(values).T.data) + packer.flush()
