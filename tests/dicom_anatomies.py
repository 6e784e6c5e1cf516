"""The anatomy of `anatomies` as DICOM files."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage

from anatomies import SIZE_MM, Case, Pixels, back_up, sample, turns
from phantoms import as_dicom, dicom_dataset
from phantoms import save_dicom as save

PLAIN: Final[dict[str, Any]] = {
    "ImageOrientationPatient": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    "PixelSpacing": [1.0, 1.0],
}


def dicoms() -> Iterator[Case]:
    """Yield DICOM: orientations, spacings, bits, signs, padding, windows, groups."""
    for name, store, cosines in turns():
        elements = {**PLAIN, "ImageOrientationPatient": cosines}
        yield f"DICOM {name}", partial(as_dicom, store(sample()), **elements)
    for ratio in (0.8, 0.9, 1.1, 1.25):
        yield f"DICOM with rows {ratio} apart", partial(_spaced, ratio)
        transposed = partial(_spaced, ratio, transposed=True)
        yield f"DICOM transposed, columns {ratio} apart", transposed
        pixels = sample(ratio, 1.0)
        row_mm = SIZE_MM[0] / len(pixels)
        shared = partial(enhanced, pixels, row_mm, shared=True)
        yield f"enhanced DICOM with rows {ratio} apart", shared
    yield "enhanced DICOM, groups per frame", partial(enhanced, sample(), 1.0)
    yield "DICOM without orientation", partial(as_dicom, back_up(sample()))
    yield from _as_values()


def _as_values() -> Iterator[Case]:
    """Yield what pixels can be stored as, and what stands for them."""
    signed = {**_stored(np.int16, 2000, 12), "PixelRepresentation": 1}
    ways: tuple[tuple[str, dict[str, Any]], ...] = (
        ("of 8 bits", _stored(np.uint8, 255, 8)),
        ("of 16 bits", _stored(np.uint16, 65535, 16)),
        ("with signs", signed),
        ("with a rescale", {"RescaleSlope": "2.5", "RescaleIntercept": "-300"}),
        ("with a window", {"WindowCenter": "1200", "WindowWidth": "2400"}),
    )
    for name, elements in ways:
        yield f"DICOM {name}", partial(as_dicom, sample(), **PLAIN, **elements)
    inverted = {**PLAIN, "PhotometricInterpretation": "MONOCHROME1"}
    yield "DICOM with MONOCHROME1", partial(as_dicom, 1.0 - sample(), **inverted)
    yield "DICOM with padding", _padded
    yield "DICOM with MONOCHROME1 and padding", partial(_padded, inverted=True)
    yield "DICOM with a modality lookup table", _looked_up


def _spaced(ratio: float, *, transposed: bool = False) -> bytes:
    pixels = sample(ratio, 1.0)
    spacing = [SIZE_MM[0] / len(pixels), 1.0]
    cosines = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    if transposed:
        pixels, spacing = pixels.T.copy(), spacing[::-1]
        cosines = cosines[3:] + cosines[:3]
    # Sixteen characters is what a decimal string may have.
    told = [f"{value:.12g}"[:16] for value in spacing]
    return as_dicom(pixels, ImageOrientationPatient=cosines, PixelSpacing=told)


def _stored(kind: type[np.integer[Any]], top: int, bits: int) -> dict[str, object]:
    values = np.rint(sample() * top).astype(kind)
    return {
        "PixelData": values.tobytes(),
        "BitsAllocated": values.itemsize * 8,
        "BitsStored": bits,
        "HighBit": bits - 1,
    }


def _padded(*, inverted: bool = False) -> bytes:
    pixels = sample()
    levels = np.rint(pixels * 3000.0)
    padding = 0 if not inverted else 4095
    if inverted:
        levels = 3000.0 - levels
    levels[pixels < 0.002] = padding
    dataset = dicom_dataset(pixels, **PLAIN)
    dataset.PixelData = levels.astype("<u2").tobytes()
    if inverted:
        dataset.PhotometricInterpretation = "MONOCHROME1"
    dataset.add_new("PixelPaddingValue", "US", padding)
    return save(dataset)


def _looked_up() -> bytes:
    dataset = dicom_dataset(sample(), **PLAIN)
    table = np.arange(4095, -1, -1).astype("<u2")  # stored the wrong way round
    item = Dataset()
    item.LUTDescriptor = [4096, 0, 16]
    item.ModalityLUTType = "US"
    item.add_new("LUTData", "OW", table.tobytes())
    dataset.ModalityLUTSequence = Sequence([item])
    dataset.PixelData = np.rint((1.0 - sample()) * 4095).astype("<u2").tobytes()
    return save(dataset)


def enhanced(pixels: Pixels, row_mm: float, *, shared: bool = False) -> bytes:
    """Encode as an enhanced MR file of one frame.

    Args:
        pixels: shape (row, column), 0 to 1, in the standard view.
        row_mm: Distance between rows.
        shared: Whether the geometry stands in the shared functional groups.

    Returns:
        The file.
    """
    measures, orientation, window, values = Dataset(), Dataset(), Dataset(), Dataset()
    measures.PixelSpacing = [f"{row_mm:.12g}"[:16], "1"]
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    window.WindowCenter, window.WindowWidth = "900", "1800"
    values.RescaleSlope, values.RescaleIntercept = "0.5", "7"
    group = Dataset()
    group.PixelMeasuresSequence = Sequence([measures])
    group.PlaneOrientationSequence = Sequence([orientation])
    group.FrameVOILUTSequence = Sequence([window])
    group.PixelValueTransformationSequence = Sequence([values])
    dataset = dicom_dataset(pixels, NumberOfFrames=1)
    dataset.SOPClassUID = EnhancedMRImageStorage
    dataset.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    dataset.SharedFunctionalGroupsSequence = Sequence([group if shared else Dataset()])
    dataset.PerFrameFunctionalGroupsSequence = Sequence(
        [Dataset() if shared else group]
    )
    return save(dataset)
