"""The voxels of a stack, decoded slice by slice.

Slices that are stored alike are brought to the modality's units together, so that
what is guessed from values (signs, fill values) is the same for all of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alzer.errors import ColourImage
from alzer.scans.bands import rows_of
from alzer.scans.dicom.bits import extract
from alzer.scans.dicom.colours import is_colour
from alzer.scans.dicom.elements import Frame, frame_of
from alzer.scans.dicom.intensity import to_units
from alzer.scans.dicom.parsing import ParsedFile, parse
from alzer.scans.dicom.pixel_format import PixelFormat, describe
from alzer.scans.dicom.stored import check_image, decode
from alzer.scans.grid import fill
from alzer.scans.series.images import Image, count_frames, frames_of
from alzer.settings import Limits

# Elements that say what stored values mean.
_MEANING = (
    "RescaleSlope", "RescaleIntercept", "PixelPaddingValue", "PixelPaddingRangeLimit",
    "FloatPixelPaddingValue", "FloatPixelPaddingRangeLimit",
    "DoubleFloatPixelPaddingValue", "DoubleFloatPixelPaddingRangeLimit",
)  # fmt: skip


@dataclass(frozen=True)
class _Slice:
    """One image whose pixels are found and not decoded.

    Attributes:
        parsed: Its file, with the pixels of this image alone.
        frame: What the file says of it.
        form: How its pixels are described.
    """

    parsed: ParsedFile
    frame: Frame
    form: PixelFormat

    @property
    def meaning(self) -> tuple[object, ...]:
        """What must be equal for values to be understood together."""
        values = tuple(map(self.frame.numbers, _MEANING))
        table = bool(self.frame.items("ModalityLUTSequence"))
        return self.form, self.parsed.encoding, self.parsed.keyword, str(values), table


def read_voxels(
    files: Sequence[bytes], images: Sequence[Image], limits: Limits
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Decode slices and bring them to the modality's units.

    Args:
        files: The files that hold them.
        images: The slices, in their order.
        limits: How large each may be.

    Returns:
        shape (slice, row, column), finite; and how the values came to be.
    """
    values = np.empty((len(images), *images[0].shape), np.float32)
    notes: dict[str, None] = {}
    for words, one, first in _runs(_slices(files, images, limits), len(images), limits):
        for note in _convert(words, one, values[first : first + len(words)]):
            notes[note] = None
    return values, tuple(notes)


def _runs(
    slices: Iterator[_Slice], count: int, limits: Limits
) -> Iterator[tuple[NDArray[Any], _Slice, int]]:
    """Decode slices, those in a row that are stored alike into one array.

    Yields:
        Their values as they are stored, shape (slice, row, column); one of them; and
        the number of the first.
    """
    first = 0
    for _, run in groupby(slices, lambda one: one.meaning):
        words, used = np.empty((0, 0, 0)), 0
        for used, one in enumerate(run, 1):
            pixels = decode(one.parsed, one.form, limits)
            if used == 1:
                words = np.empty((count - first, *pixels.shape), pixels.dtype)
            words[used - 1] = pixels
        yield words[:used], one, first
        first += used


def _slices(
    files: Sequence[bytes], images: Sequence[Image], limits: Limits
) -> Iterator[_Slice]:
    """Find the pixels of images, each file parsed once for as long as it is needed.

    Raises:
        ColourImage: They are colours.
    """
    number, parsed, frames = -1, None, list[memoryview]()
    for image in images:
        if image.file != number or parsed is None:
            number, parsed = image.file, parse(files[image.file], limits)
            frames = frames_of(parsed, count_frames(frame_of(parsed.dataset)))
        frame = frame_of(parsed.dataset, image.frame or 0)
        form = describe(frame)
        if is_colour(form):
            message = "The series has colours; send the grey series that was acquired."
            raise ColourImage(message)
        check_image(form, limits)
        yield _Slice(replace(parsed, pixels=frames[image.frame or 0]), frame, form)


def _convert(
    words: NDArray[Any], one: _Slice, values: NDArray[np.float32]
) -> tuple[str, ...]:
    tall = words.reshape(-1, words.shape[2])
    stored, notes = rows_of(tall), tuple[str, ...]()
    if tall.dtype.kind != "f":
        stored, notes = extract(tall, one.form, one.frame)
    image = to_units(
        one.frame, stored, is_signed=one.form.is_signed, order=one.parsed.encoding.order
    )
    fill(image.pixels, values)
    return notes + image.notes
