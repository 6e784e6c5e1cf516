"""From bytes to the values that were stored, decompressed and freed of other bits."""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEGExtended12Bit,
    JPEGLSTransferSyntaxes,
    RLELossless,
)

from alzer.errors import DamagedFile, MissingDecoder, NotOneSlice
from alzer.scans.dicom.elements import Frame
from alzer.scans.dicom.frames import check_end, guess_syntax, join_frame
from alzer.scans.dicom.parsing import ParsedFile
from alzer.scans.dicom.pixel_format import PixelFormat
from alzer.scans.sizes import (
    check_memory,
    check_pixels,
    check_voxels,
    compressed_sizes,
    times,
)
from alzer.settings import Limits

# The first that is installed decodes. GDCM ends the whole process on some damaged
# files, and pylibjpeg's decoder of RLE panics, so both are for what no other can do.
_DECODERS: Final = ("pydicom", "pyjpegls", "pylibjpeg", "pillow", "gdcm")

# Bits that a value can be kept in here. Source: PS3.5 section 8.1.1.
_READABLE_BITS: Final = (1, 8, 16, 32, 64)

_FLOATS: Final = {"FloatPixelData": "f4", "DoubleFloatPixelData": "f8"}

# Of each pixel, what decoders hold at once beside the stored values, and of colours
# what turns them into red, green and blue. Measured with 9 million pixels: JPEG 2000
# takes the most for grey, YBR_FULL for colours.
_GREY_BYTES: Final = 4
_COLOUR_BYTES: Final = 24


def check_declared(frame: Frame, form: PixelFormat, limits: Limits) -> None:
    """Refuse a file that declares too much, or more than one image.

    Args:
        frame: The file's one image.
        form: How its pixels are described.
        limits: How large it may be.

    Raises:
        NotOneSlice: If it declares several frames.
    """
    rows, columns = form.shape
    frames = max(frame.integer("NumberOfFrames") or 1, 1)
    check_voxels((frames, rows, columns), limits)
    if frames > 1:
        message = (
            f"The DICOM file holds {frames} frames of {rows} x {columns} pixels; "
            "send one slice."
        )
        raise NotOneSlice(message)
    check_image(form, limits)


def check_image(form: PixelFormat, limits: Limits) -> None:
    """Refuse one image that is too large.

    Args:
        form: How its pixels are described.
        limits: How large it may be.
    """
    rows, columns = form.shape
    check_pixels(form.shape, limits)
    value_bytes = form.samples * math.ceil(form.allocated / 8)
    copies_bytes = _GREY_BYTES if form.samples == 1 else _COLOUR_BYTES
    check_memory(rows * columns * (value_bytes + copies_bytes), limits)


def decode(parsed: ParsedFile, form: PixelFormat, limits: Limits) -> NDArray[Any]:
    """Decode the pixels, with every bit that was kept.

    Args:
        parsed: The file.
        form: How its pixels are described.
        limits: How large compressed pixels may become.

    Returns:
        shape (row, column), of colours (row, column, channel); integers of as many
        bits as are allocated, or floats.

    Raises:
        DamagedFile: If the pixels can't be decoded.
        MissingDecoder: If nothing that is installed can decode them.
    """
    if form.allocated not in _READABLE_BITS:
        message = (
            f"The DICOM file keeps {form.allocated} bits per value, which alzer can't "
            "read; save it with 16."
        )
        raise MissingDecoder(message)
    if parsed.keyword in _FLOATS:
        return _read_floats(parsed, form)
    if not parsed.has_items:
        _check_length(parsed, form)
        native = ExplicitVRLittleEndian
        native = native if parsed.pixel_order == "<" else ExplicitVRBigEndian
        return _run_decoder(parsed.pixels, native, form, has_words=parsed.has_words)
    frame = join_frame(parsed.pixels)
    syntax = _compression(parsed.syntax) or guess_syntax(frame)
    # Run lengths have no header of their own, and hold any bytes.
    if syntax != RLELossless:
        _check_sizes(list(compressed_sizes(frame)), form, limits)
    if syntax in JPEGLSTransferSyntaxes:
        check_end(frame)
    items = encapsulate([frame], has_bot=False)
    return _run_decoder(items, syntax, form, plugin=_choose(syntax, form))


def _check_sizes(
    sizes: list[tuple[int, int]], form: PixelFormat, limits: Limits
) -> None:
    """Refuse a compressed frame of another size than the file's image.

    Raises:
        DamagedFile: It is of another size.
    """
    for size in sizes:
        check_pixels(size, limits)
    # No rows: they are counted behind the frame. Source: ITU-T T.81 B.2.5.
    known = [size for size in sizes if min(size)]
    if known and form.shape not in known:
        message = (
            f"The DICOM file declares {times(form.shape)} pixels, and its compressed "
            f"frame {times(known[0])}; export it again."
        )
        raise DamagedFile(message)


def _compression(declared: UID) -> UID | None:
    """Return the declared syntax; None if it is missing, or one without items."""
    if not declared or (declared.is_transfer_syntax and not declared.is_encapsulated):
        return None
    return declared


def _read_floats(parsed: ParsedFile, form: PixelFormat) -> NDArray[Any]:
    kind = np.dtype(parsed.pixel_order + _FLOATS[parsed.keyword])
    count = math.prod(form.shape)
    if len(parsed.pixels) < count * kind.itemsize:
        raise DamagedFile(_too_few(form))
    values = np.frombuffer(parsed.pixels, kind, count).reshape(form.shape)
    return values.astype(kind.newbyteorder("="), copy=False)


def _check_length(parsed: ParsedFile, form: PixelFormat) -> None:
    """Refuse pixels that are too few, or those of several images.

    Raises:
        DamagedFile: They are too few.
        NotOneSlice: They are those of several images.
    """
    count = math.prod(form.shape) * form.samples
    if form.photometric == "YBR_FULL_422":  # PS3.3 C.7.6.3.1.2: two of three values
        count = count * 2 // 3
    needed = math.ceil(count * form.allocated / 8)
    if len(parsed.pixels) < needed:
        raise DamagedFile(_too_few(form))
    frames, rest = divmod(len(parsed.pixels), needed)
    if frames > 1 and rest <= 1:
        message = (
            f"The DICOM file holds the pixels of {frames} images of "
            f"{times(form.shape)} pixels; send one slice."
        )
        raise NotOneSlice(message)


def _too_few(form: PixelFormat) -> str:
    return (
        f"The DICOM file holds fewer pixels than the {times(form.shape)} that it "
        "declares; export it again."
    )


def _run_decoder(
    pixels: bytes | memoryview,
    syntax: UID,
    form: PixelFormat,
    *,
    plugin: str = "",
    has_words: bool = False,
) -> NDArray[Any]:
    options = _options(form, has_words=has_words)
    options["decoding_plugin"] = plugin
    decoder = get_decoder(syntax)
    try:
        if syntax == RLELossless and form.samples == 1:
            # Bytes that are the values already; an array would be a copy of them.
            content, _ = decoder.as_buffer(pixels, **options)
            kind = np.dtype(f"<{'ui'[form.is_signed]}{form.allocated // 8}")
            values = np.frombuffer(content, kind).reshape(form.shape)
        else:
            values, _ = decoder.as_array(pixels, raw=form.samples == 1, **options)
    except (AttributeError, KeyError, ValueError, RuntimeError) as error:
        message = "The DICOM file's pixels can't be decoded; export it again."
        raise DamagedFile(message) from error
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _options(form: PixelFormat, *, has_words: bool) -> dict[str, Any]:
    """Return a description of the pixels for pydicom's decoders."""
    # Of single values it is asked later what they mean; odd spellings are no damage.
    meaning = form.photometric if form.samples > 1 else "MONOCHROME2"
    return {
        "correct_unused_bits": False,
        "view_only": True,
        "pixel_keyword": "PixelData",
        "pixel_vr": "OW" if has_words else "OB",
        "number_of_frames": 1,
        "rows": form.shape[0],
        "columns": form.shape[1],
        "samples_per_pixel": form.samples,
        "bits_allocated": form.allocated,
        "bits_stored": form.stored,
        "pixel_representation": int(form.is_signed),
        "photometric_interpretation": meaning,
        "planar_configuration": int(form.is_planar),
    }


def _choose(syntax: UID, form: PixelFormat) -> str:
    """Choose one decoder: pydicom would hand what it refuses to all the others.

    Raises:
        MissingDecoder: None is installed.
    """
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        raise MissingDecoder(_missing(syntax, advice="")) from None
    plugins = decoder.available_plugins
    # Pillow and GDCM decode this syntax by name, but eight bits of it alone.
    is_twelve_bit = syntax == JPEGExtended12Bit and form.stored > 8
    if is_twelve_bit or not plugins:
        can_gdcm = any("gdcm" in name for name in decoder.missing_dependencies)
        advice = "" if is_twelve_bit or not can_gdcm else "install alzer[codecs], or "
        raise MissingDecoder(_missing(syntax, advice))
    return min(plugins, key=_DECODERS.index)


def _missing(syntax: UID, advice: str) -> str:
    # A text that is not in the standard's list is not repeated.
    name = f"as {syntax.name}" if syntax.is_transfer_syntax else "in a way"
    return (
        f"The pixels are compressed {name}, for which no decoder is "
        f"installed; {advice}send the file uncompressed."
    )
