"""Single-frame DICOM.

Conventions that meet here: DICOM's patient coordinates are LPS+ (x grows to the
left, y to the back, z to the head); `ImageOrientationPatient` gives first the
direction in which the column index grows, then that of the row index.
"""

import io
import math
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from pydicom import config, dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEGExtended12Bit,
    RLELossless,
)

from alzer.errors import (
    ColourImage,
    DamagedFile,
    InvalidValues,
    MissingDecoder,
    NotAnImage,
    NotMagneticResonance,
    NotOneSlice,
    TooManyPixels,
)
from alzer.scans.orientation import affine_of
from alzer.scans.sizes import check_pixels, check_voxels, compressed_sizes, times
from alzer.scans.slice import DISPLAY_PERCENTILES, Slice
from alzer.settings import Limits

# Beyond these a rescale slope or intercept is an error, not a unit: no MR
# intensity unit is this far from 1.
MAX_RESCALE = 1e9
MIN_SLOPE = 1e-9

_SENSELESS = (
    "The DICOM file's pixels or their scaling are not sensible numbers; "
    "export the file again."
)

# What may be repeated (PS3.3 C.7.3.1.1.1): any other text could name a person.
_MODALITIES = {"CR", "CT", "DX", "ES", "KO", "MG", "NM", "OT", "PR", "PT", "RF",
               "RTDOSE", "RTSTRUCT", "SC", "SEG", "SR", "US", "XA"}  # fmt: skip

# The first that is installed decodes. GDCM ends the whole process on some damaged
# files, and pylibjpeg's decoder of RLE panics, so both are for what no other can do.
_DECODERS = ("pydicom", "pyjpegls", "pylibjpeg", "pillow")
_LAST_DECODER = "gdcm"

_LPS_TO_RAS = np.array((-1.0, -1.0, 1.0))


def read_dicom(data: bytes, limits: Limits) -> Slice:
    """Read a single-frame MR image.

    Args:
        data: The file.
        limits: How large it may be; declared sizes are checked first.

    Returns:
        The slice, rescaled to the modality's units.

    Raises:
        DamagedFile: If the pixels can't be decoded.
    """
    dataset = _parse(data, limits)
    _check_kind(dataset)
    _check_declared_size(dataset, limits)
    try:
        stored = _decode(dataset)
    except (AttributeError, KeyError, ValueError, RuntimeError) as error:
        message = "The DICOM file's pixels can't be decoded; export it again."
        raise DamagedFile(message) from error
    inverted = dataset.PhotometricInterpretation == "MONOCHROME1"
    pixels, notes = _rescale(dataset, stored)
    low, high = _window(dataset, pixels)
    if inverted:
        # Mirrored about the middle, so that the window goes along.
        total = float(pixels.min()) + float(pixels.max())
        pixels, low, high = np.float32(total) - pixels, total - high, total - low
        notes = (*notes, "Stored with bright as low; inverted.")
    warnings = () if dataset.get("Modality") else (
        "The file does not say by which modality it was made; taken as MR.",
    )  # fmt: skip
    return Slice(
        pixels,
        "DICOM",
        (low, high),
        spacing_mm=_spacing(dataset),
        affine=_affine(dataset),
        notes=notes,
        warnings=warnings,
    )


def _parse(data: bytes, limits: Limits) -> Dataset:
    # Odd values are ours to judge, and pydicom's warnings about them can quote
    # what the file says about a patient.
    config.settings.reading_validation_mode = config.IGNORE
    if _transfer_syntax(data) == DeflatedExplicitVRLittleEndian:
        data = _inflate(data, limits)
    dataset = dcmread(io.BytesIO(data), force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:
        dataset.file_meta = dataset.file_meta or FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = (
            UID("1.2.840.10008.1.2")
            if dataset.original_encoding[0]
            else ExplicitVRLittleEndian
        )
    return dataset


def _transfer_syntax(data: bytes) -> str:
    head = data[:2048]
    place = head.find(b"\x02\x00\x10\x00UI")
    if place < 0:
        return ""
    (length,) = struct.unpack_from("<H", head, place + 6)
    return (
        head[place + 8 : place + 8 + length].rstrip(b"\0 ").decode("ascii", "replace")
    )


def _inflate(data: bytes, limits: Limits) -> bytes:
    # pydicom inflates without a bound; a megabyte can become gigabytes.
    (length,) = struct.unpack_from("<L", data, 140)  # (0002,0000), always the first
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    content = unpacker.decompress(data[144 + length :], limits.max_decoded_bytes)
    if unpacker.unconsumed_tail:
        message = (
            f"The file unpacks to more than {limits.max_decoded_bytes / 2**20:g} MiB; "
            "send one slice."
        )
        raise TooManyPixels(message)
    return content


def _check_kind(dataset: Dataset) -> None:
    modality = str(dataset.get("Modality") or "MR")
    if modality != "MR":
        shown = modality if modality in _MODALITIES else "other than MR"
        message = (
            f"The DICOM file was made by modality {shown}; send one of modality MR."
        )
        raise NotMagneticResonance(message)
    if not any(
        name in dataset
        for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
    ):
        message = "The DICOM file holds no image; send the slice's own file."
        raise NotAnImage(message)
    kind = str(dataset.get("PhotometricInterpretation", "MONOCHROME2"))
    if int(dataset.get("SamplesPerPixel", 1)) != 1 or not kind.startswith("MONOCHROME"):
        message = (
            "The DICOM image has colours; an MRI slice is grey. "
            "Send the original slice, not a report or a colour map."
        )
        raise ColourImage(message)
    dataset.PhotometricInterpretation = kind


def _check_declared_size(dataset: Dataset, limits: Limits) -> None:
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    frames = int(dataset.get("NumberOfFrames") or 1)
    check_voxels((frames, rows, columns), limits)
    if frames > 1:
        message = (
            f"The DICOM file holds {frames} frames of {rows} x {columns} pixels; "
            "send one slice."
        )
        raise NotOneSlice(message)
    sizes = [(rows, columns)]
    syntax = dataset.file_meta.TransferSyntaxUID
    # Run lengths have no header of their own, and hold any bytes.
    if syntax.is_encapsulated and syntax != RLELossless:
        sizes += compressed_sizes(bytes(dataset.PixelData[: 1 << 16]))
    check_pixels(max(sizes, key=math.prod), limits)


def _decode(dataset: Dataset) -> NDArray[np.float32]:
    syntax, plugin = dataset.file_meta.TransferSyntaxUID, ""
    if syntax.is_encapsulated:
        try:
            decoders = get_decoder(syntax).available_plugins
        except NotImplementedError:
            decoders = ()
        if not decoders:
            raise MissingDecoder(_missing(syntax))
        plugin = _choose(syntax, decoders)
    try:
        stored = np.asarray(pixel_array(dataset, decoding_plugin=plugin), np.float32)
    except RuntimeError as error:
        # 12-bit JPEG has a decoder by name (Pillow) that can't do twelve bits.
        if syntax == JPEGExtended12Bit and plugin != _LAST_DECODER:
            raise MissingDecoder(_missing(syntax)) from error
        raise
    if stored.ndim != 2:
        message = f"The DICOM file holds {times(stored.shape)} values; send one slice."
        raise NotOneSlice(message)
    return stored


def _choose(syntax: UID, decoders: tuple[str, ...]) -> str:
    # One alone: pydicom would hand what the first one refuses to all the others.
    is_twelve_bit = syntax == JPEGExtended12Bit
    ranks = (*_DECODERS, _LAST_DECODER)[:: -1 if is_twelve_bit else 1]
    return min(decoders, key=ranks.index)


def _missing(syntax: UID) -> str:
    return (
        f"The pixels are compressed as {syntax.name}, for which no decoder is "
        "installed; install alzer[codecs], or send the file uncompressed."
    )


def _rescale(
    dataset: Dataset, stored: NDArray[np.float32]
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    # Source: PS3.3 C.11.1.1.2 (modality LUT), C.7.5.1.1.2 (padding).
    slope = _number(dataset, "RescaleSlope", 1.0)
    intercept = _number(dataset, "RescaleIntercept", 0.0)
    if not MIN_SLOPE <= abs(slope) <= MAX_RESCALE or not abs(intercept) <= MAX_RESCALE:
        raise InvalidValues(_SENSELESS)
    padding = _number(dataset, "PixelPaddingValue", math.nan)
    kept = stored != padding
    if not kept.all() and kept.any():
        stored = np.where(kept, stored, stored[kept].min())
    with np.errstate(over="ignore"):  # asked next
        pixels = stored * np.float32(slope) + np.float32(intercept)
    if not np.isfinite(pixels).all():
        raise InvalidValues(_SENSELESS)
    rescaled = (slope, intercept) != (1.0, 0.0)
    return pixels, ("Rescaled as the file says.",) if rescaled else ()


def _number(dataset: Dataset, keyword: str, default: float) -> float:
    value = dataset.get(keyword)
    if value is None or value == "":
        return default
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _window(dataset: Dataset, pixels: NDArray[np.float32]) -> tuple[float, float]:
    # Source: PS3.3 C.11.2.1.2.1, the linear function; the first window counts.
    centres, widths = dataset.get("WindowCenter"), dataset.get("WindowWidth")
    try:
        centre = float(centres if isinstance(centres, (int, float)) else centres[0])
        width = float(widths if isinstance(widths, (int, float)) else widths[0])
    except (TypeError, ValueError, IndexError):
        centre = width = math.nan
    half = (width - 1.0) / 2.0
    if math.isfinite(abs(centre) + half) and width >= 2.0:
        return centre - 0.5 - half, centre - 0.5 + half
    low, high = np.percentile(pixels, DISPLAY_PERCENTILES)
    return float(low), float(high)


def _spacing(dataset: Dataset) -> tuple[float, float] | None:
    values = _numbers(dataset, "PixelSpacing", 2)
    if values is None or min(values) <= 0.0:
        return None
    return values[0], values[1]


def _affine(dataset: Dataset) -> NDArray[np.float64] | None:
    """Build the affine in RAS+ from what the file says in LPS+."""
    values = _numbers(dataset, "ImageOrientationPatient", 6)
    if values is None or not any(values[:3]) or not any(values[3:]):
        return None
    position = _numbers(dataset, "ImagePositionPatient", 3)
    return affine_of(
        _LPS_TO_RAS * values[3:],
        _LPS_TO_RAS * values[:3],
        _spacing(dataset),
        None if position is None else _LPS_TO_RAS * position,
    )


def _numbers(dataset: Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    try:
        values = tuple(float(each) for each in dataset.get(keyword) or ())
    except (TypeError, ValueError):
        return None
    return values if len(values) == count and all(map(math.isfinite, values)) else None
