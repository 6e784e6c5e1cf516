"""One slice from a DICOM file.

Elements and pixels are found (`parsing`), the header is judged (`acceptance`), pixels
are decoded (`stored`), freed of what is no value (`bits`) and brought to the modality's
units (`intensity`); then come the picture's black and white (`window`) and where the
slice lies (`geometry`).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.scans.bands import rows_of
from alzer.scans.dicom.acceptance import check_header
from alzer.scans.dicom.bits import extract
from alzer.scans.dicom.colours import check_readable, is_colour, to_grey
from alzer.scans.dicom.elements import Frame, frame_of
from alzer.scans.dicom.geometry import RATIO_ONLY, affine, spacing
from alzer.scans.dicom.intensity import Intensities, to_units
from alzer.scans.dicom.parsing import ParsedFile, parse
from alzer.scans.dicom.pixel_format import PixelFormat, describe
from alzer.scans.dicom.stored import check_declared, decode
from alzer.scans.dicom.window import display_range
from alzer.scans.reduction import Reduction, reduced, reduction_of
from alzer.scans.slice import Slice
from alzer.settings import Limits

_LOST_PART: Final = "A part of the header could not be followed and was left out."

_Picture = tuple[NDArray[np.float32], tuple[float, float], tuple[str, ...]]


def read_dicom(data: bytes, limits: Limits) -> Slice:
    """Read a single-frame MR image.

    Args:
        data: The file.
        limits: How large it may be; declared sizes are checked first.

    Returns:
        The slice, rescaled to the modality's units.
    """
    parsed = parse(data, limits)
    frame = frame_of(parsed.dataset)
    remarks = check_header(frame)
    form = describe(frame)
    check_readable(form)
    check_declared(frame, form, limits)
    spacing_mm, spacing_notes = spacing(frame)
    reduction = reduction_of(form.shape, spacing_mm)
    make = _make_grey if is_colour(form) else _make_monochrome
    pixels, shown, notes = make(parsed, frame, form, limits, reduction)
    lost = () if parsed.is_complete else (_LOST_PART,)
    scan = Slice(
        pixels,
        "DICOM",
        shown,
        spacing_mm=spacing_mm,
        affine=affine(frame, spacing_mm),
        notes=(*notes, *remarks.notes, *spacing_notes, *lost),
        warnings=remarks.warnings,
        tells_size=RATIO_ONLY not in spacing_notes,
    )
    return reduced(scan, pixels, reduction)


def _make_monochrome(
    parsed: ParsedFile,
    frame: Frame,
    form: PixelFormat,
    limits: Limits,
    reduction: Reduction,
) -> _Picture:
    words = decode(parsed, form, limits)
    stored, notes = rows_of(words), tuple[str, ...]()
    if words.dtype.kind != "f":
        stored, notes = extract(words, form, frame)
    order = parsed.encoding.order
    image: Intensities = to_units(frame, stored, is_signed=form.is_signed, order=order)
    pixels = reduction.means_by_band(image.pixels)
    shown, window_notes = display_range(frame, image, pixels, order=order)
    return pixels, shown, (*notes, *image.notes, *window_notes)


def _make_grey(
    parsed: ParsedFile,
    frame: Frame,
    form: PixelFormat,
    limits: Limits,
    reduction: Reduction,
) -> _Picture:
    stored = decode(parsed, form, limits)
    order = parsed.encoding.order
    grey, white, notes = to_grey(stored, form, frame.dataset, order=order)
    return reduction.means_by_band(grey), (0.0, white), notes
