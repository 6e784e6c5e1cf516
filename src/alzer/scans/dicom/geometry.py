"""How large a pixel is and how the slice lies in the patient.

Conventions that meet here: DICOM's patient coordinates are LPS+ (x grows to the
left, y to the back, z to the head); `ImageOrientationPatient` gives first the
direction in which the column index grows, then that of the row index.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.scans.dicom.elements import Frame
from alzer.scans.orientation import affine_of

# Distances between rows and between columns, the most exact ones first. The
# slice's thickness is none of them.
_SPACINGS: Final = (
    "PixelSpacing",
    "ImagerPixelSpacing",
    "NominalScannedPixelSpacing",
)

_LPS_TO_RAS: Final = np.array((-1.0, -1.0, 1.0))

RATIO_ONLY: Final = (
    "The file says how high pixels are for their width, but not in millimetres."
)


def spacing(frame: Frame) -> tuple[tuple[float, float] | None, tuple[str, ...]]:
    """Read how far apart rows and columns are.

    Args:
        frame: The file's one image.

    Returns:
        Millimetres between rows and between columns, and notes; None if the file
        does not say. If it gives the ratio alone, columns are taken as 1 mm apart.

    Source:
        PS3.3 10.7.1 (pixel spacing), C.7.6.3 (pixel aspect ratio).
    """
    for keyword in _SPACINGS:
        values = _finite(frame, keyword, 2)
        if values is not None and min(values) > 0.0:
            return (values[0], values[1]), ()
    ratio = _finite(frame, "PixelAspectRatio", 2)
    if ratio is None or min(ratio) <= 0.0 or ratio[0] == ratio[1]:
        return None, ()
    return (ratio[0] / ratio[1], 1.0), (RATIO_ONLY,)


def affine(
    frame: Frame, spacing_mm: tuple[float, float] | None
) -> NDArray[np.float64] | None:
    """Build the affine in RAS+ from what the file says in LPS+.

    Args:
        frame: The file's one image.
        spacing_mm: Between rows, between columns; None if unknown.

    Returns:
        shape (4, 4), from (row, column, slice, 1) to RAS+ millimetres; None if the
        file does not say how the slice lies.

    Source:
        PS3.3 C.7.6.2.1.1.
    """
    values = _finite(frame, "ImageOrientationPatient", 6)
    if values is None or not any(values[:3]) or not any(values[3:]):
        return None
    position = _finite(frame, "ImagePositionPatient", 3)
    return affine_of(
        tuple(_LPS_TO_RAS * values[3:]),
        tuple(_LPS_TO_RAS * values[:3]),
        spacing_mm,
        None if position is None else tuple(_LPS_TO_RAS * position),
    )


def _finite(frame: Frame, keyword: str, count: int) -> tuple[float, ...] | None:
    values = frame.numbers(keyword)[:count]
    return values if len(values) == count and all(map(math.isfinite, values)) else None
