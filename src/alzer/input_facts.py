"""What is told of the scan that an answer rests on, as plain values; never a name."""

from typing import TypedDict

from alzer.answer import Analysis


class InputFields(TypedDict):
    """What was sent, as far as it was read.

    Attributes:
        format: Its name, such as `JPEG` or `DICOM`.
        shape: Pixels by row and column, or voxels along the scan's three axes.
        spacing_mm: Distances between them, in the same order; None where the file
            does not say.
        notes: How the values came to be, one sentence each.
    """

    format: str
    shape: list[int]
    spacing_mm: list[float] | None
    notes: list[str]


def input_fields(analysis: Analysis) -> InputFields | None:
    """Return what is told of the scan of an analysis.

    Args:
        analysis: Of a slice or a whole head.

    Returns:
        Plain values, ready for JSON; None where only the answer is known.
    """
    if not analysis.slices:
        return None
    prepared = analysis.preparation
    if prepared is None:
        scan = analysis.scan
        return _fields(scan.format, scan.shape, scan.spacing_mm, scan.notes)
    volume = prepared.volume
    shape = volume.voxels.shape
    return _fields(volume.source, shape, volume.spacing_mm, volume.notes)


def _fields(
    name: str,
    shape: tuple[int, ...],
    spacing_mm: tuple[float, ...] | None,
    notes: tuple[str, ...],
) -> InputFields:
    return {
        "format": name,
        "shape": [int(count) for count in shape],
        "spacing_mm": None
        if spacing_mm is None
        else [round(float(distance), 4) for distance in spacing_mm],
        "notes": list(notes),
    }
