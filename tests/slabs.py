"""Whole heads whose standard slices are known, without finding brain or template."""

import gzip
from dataclasses import fields
from functools import cache
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.pipeline import PreparedVolume
from alzer.volumes.quality import Quality
from alzer.volumes.registration import Registration
from alzer.volumes.sampling import Interpolator, grid_points, transform_points
from alzer.volumes.slab import resample_slab
from alzer.volumes.template import load_template
from phantoms import draw_brain

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

SLICES, ROWS, COLUMNS = 32, 208, 176

# Where the slices of these heads lie, from (slice, row, column) to RAS+ millimetres:
# columns lead to the left, rows to the front, slices to the head, one millimetre each.
SLAB_AFFINE = np.array(
    [[0, 0, -1, 88.0], [0, 1, 0, -122.0], [1, 0, 0, -3.0], [0, 0, 0, 1.0]]
)


# What the preparation is said to be worth; the numbers that nobody asks for are 0.
_NUMBERS: dict[str, Any] = {
    **{each.name: 0.0 for each in fields(Quality)},
    "verdict": "good",
    "reasons": (),
    "similarity": 0.95,
    "brain_ml": 1234.56,
    "scale": 1.02,
    "rotation_degrees": 3.0,
}
GOOD = Quality(**_NUMBERS)


@cache
def draw_slices() -> Floats:
    """Return standard slices, shape (slice, row, column), 0 to 255; not to be changed.

    Their ventricles grow from below upwards.
    """
    widths = np.linspace(0.06, 0.12, SLICES)
    drawn = [255.0 * draw_brain((ROWS, COLUMNS), width) for width in widths]
    # As stored in the training set: the back of the head, which is wider, at the top.
    return np.stack(drawn).astype(np.float32)


def read_nifti(content: bytes) -> tuple[NDArray[Any], Matrix, Any]:
    """Return voxels in their own type, affine and header of a gzipped NIfTI file."""
    image: Any = nib.Nifti1Image.from_bytes(gzip.decompress(content))
    return np.asarray(image.dataobj), image.affine, image.header


def turned(degrees: tuple[float, float, float], scale: float = 1.0) -> Matrix:
    """Return an affine matrix that turns about x, then y, then z, and scales."""
    matrix = np.eye(4)
    for axis, angle in enumerate(np.deg2rad(degrees)):
        first, second = (axis + 1) % 3, (axis + 2) % 3
        one = np.eye(4)
        one[[first, first, second, second], [first, second, first, second]] = (
            np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)
        )  # fmt: skip
        matrix = one @ matrix
    matrix[:3, :3] *= scale
    return matrix


def scan_around(spacing_mm: tuple[float, float, float], directions: Matrix) -> Volume:
    """Return an empty scan whose grid, turned like this, holds all standard slices."""
    affine = directions @ np.diag([*spacing_mm, 1.0])
    corners = np.indices((2, 2, 2)).reshape(3, -1)
    corners = corners * (np.array([[SLICES], [ROWS], [COLUMNS]]) - 1)
    voxels = transform_points(
        np.asarray(np.linalg.inv(affine), np.float64),
        transform_points(SLAB_AFFINE, corners),
    )
    begin, end = voxels.min(axis=1) - 4.0, voxels.max(axis=1) + 4.0
    affine[:3, 3] = transform_points(affine, begin[:, None])[:, 0]
    first, second, third = np.ceil(end - begin).astype(int)
    return Volume(np.zeros((first, second, third), np.float32), affine, "phantom")


def put_into(empty: Volume, slices: Floats, to_scan: Matrix) -> Volume:
    """Return the scan of a head with these slices, zero above and below."""
    to_slices = np.linalg.inv(to_scan @ SLAB_AFFINE) @ empty.affine
    i, j, k = empty.voxels.shape
    points = transform_points(to_slices, grid_points((i, j, k)))
    voxels = Interpolator.of(slices).at(points).reshape(i, j, k)
    return Volume(voxels, empty.affine, empty.source)


def prepare_as_known(volume: Volume, to_scan: Matrix) -> PreparedVolume:
    """Cut the standard slices out of a scan whose registration is known."""
    known = to_scan @ SLAB_AFFINE @ np.linalg.inv(load_template().slab_affine)
    registration = Registration(known, 0.95, 3.0, 1.0)
    mask = volume.voxels > 0.0
    return PreparedVolume(
        volume=volume,
        mask=mask,
        slab=resample_slab(volume, mask, registration),
        registration=registration,
        quality=GOOD,
        seconds={"brain": 1.0, "register": 2.0, "slices": 0.5},
    )


def straight_head(slices: Floats | None = None) -> PreparedVolume:
    """Return a head that lies straight, with these or the drawn slices."""
    empty = scan_around((2.0, 2.0, 1.0), np.eye(4))
    drawn = draw_slices() if slices is None else slices
    return prepare_as_known(put_into(empty, drawn, np.eye(4)), np.eye(4))
