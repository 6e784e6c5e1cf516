"""How a DICOM file describes its pixels."""

from dataclasses import dataclass

from alzer.errors import DamagedFile
from alzer.scans.dicom.elements import Frame


@dataclass(frozen=True)
class PixelFormat:
    """How the file describes its pixels.

    Attributes:
        shape: Rows and columns.
        samples: Values per pixel: 1, or 3 of colours.
        allocated: Bits that each value takes.
        stored: Bits of them that hold the value.
        high_bit: Number of the highest of these, counted from 0.
        is_signed: Whether negative values are meant.
        photometric: What the values mean, such as MONOCHROME2.
        is_planar: Whether colours lie one after the other, not pixel by pixel.

    Source:
        PS3.3 C.7.6.3.
    """

    shape: tuple[int, int]
    samples: int
    allocated: int
    stored: int
    high_bit: int
    is_signed: bool
    photometric: str
    is_planar: bool


def describe(frame: Frame) -> PixelFormat:
    """Read how a file describes its pixels.

    Args:
        frame: The file's one image.

    Returns:
        The description, with the usual meaning of what is left out.

    Raises:
        DamagedFile: If the file does not say how large the image is.
    """
    rows, columns = frame.integer("Rows"), frame.integer("Columns")
    if not rows or not columns or min(rows, columns) < 1:
        message = "The DICOM file does not say how large it is; export it again."
        raise DamagedFile(message)
    allocated = frame.integer("BitsAllocated") or 16
    stored = min(frame.integer("BitsStored") or allocated, allocated)
    high_bit, lowest = frame.integer("HighBit"), stored - 1
    return PixelFormat(
        (rows, columns),
        frame.integer("SamplesPerPixel") or 1,
        allocated,
        stored,
        lowest if high_bit is None else min(max(high_bit, lowest), allocated - 1),
        frame.integer("PixelRepresentation") == 1,
        "".join(frame.words("PhotometricInterpretation")[:1]) or "MONOCHROME2",
        frame.integer("PlanarConfiguration") == 1,
    )
