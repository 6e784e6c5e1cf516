"""Small files of each format that is read, drawn by code.

Reading them imports whatever the libraries load late. What they hold does not matter.
"""

import contextlib
import gzip
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import nibabel
import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    MRImageStorage,
    RLELossless,
)

_ENCODABLE: Final = (RLELossless, JPEG2000Lossless, JPEGLSLossless)
_JPEG: Final = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLosslessSV1, JPEG2000)
_PLAIN: Final = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
)

_PIXELS: Final = np.arange(64, dtype=np.uint8).reshape(8, 8)

# So far apart that 8 x 8 x 8 voxels could be of a head.
_SPACING_MM: Final = 10.0


def draw_files(label: str) -> Iterator[bytes]:
    """Draw files of one slice.

    Args:
        label: Of their format.

    Yields:
        One file of each kind that is decoded in another way.
    """
    yield from _DRAWERS[label]()


def draw_volumes() -> Iterator[list[bytes]]:
    """Draw files of one volume each: alone, of a series, and in an archive."""
    voxels, affine = np.stack([_PIXELS] * 8), np.diag([*[_SPACING_MM] * 3, 1.0])
    for kind in (nibabel.Nifti1Image, nibabel.MGHImage):
        yield [gzip.compress(kind(voxels, affine).to_bytes())]
    heights_mm = _SPACING_MM * np.arange(8)
    series = [_dicom(ExplicitVRLittleEndian, height) for height in heights_mm]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for number, file in enumerate(series):
            opened.writestr(str(number), file)
    yield [archive.getvalue()]


def _draw_pictures(name: str) -> Iterator[bytes]:
    Image.init()
    yield _picture(name)
    if name == "JPEG":
        yield _picture(name, exif=_turned())
    if name == "TIFF":
        yield _picture(name, compression="tiff_lzw", exif=_turned())


def _draw_nibabel(*kinds: Any) -> Iterator[bytes]:  # noqa: ANN401 - nibabel has no types
    for kind in kinds:
        plain = kind(_PIXELS[..., np.newaxis], np.eye(4)).to_bytes()
        yield plain
        yield gzip.compress(plain)


def _draw_dicom() -> Iterator[bytes]:
    for syntax in (*_PLAIN, *_JPEG):
        yield _dicom(syntax)
    for syntax in _ENCODABLE:
        with contextlib.suppress(RuntimeError, NotImplementedError):
            yield _encoded(syntax)


def _picture(name: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(_PIXELS).save(file, name, **options)
    return file.getvalue()


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def _dataset(syntax: UID) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = MRImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    dataset.SOPClassUID, dataset.SOPInstanceUID = MRImageStorage, "1.2.3"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.Modality, dataset.PhotometricInterpretation = "MR", "MONOCHROME2"
    dataset.Rows, dataset.Columns = _PIXELS.shape
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation, dataset.SamplesPerPixel = 7, 0, 1
    dataset.WindowCenter, dataset.WindowWidth = ["40", "50"], ["80", "90"]
    dataset.PixelSpacing = [_SPACING_MM, _SPACING_MM]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    return dataset


def _dicom(syntax: UID, height_mm: float = 0.0) -> bytes:
    dataset = _dataset(syntax)
    dataset.ImagePositionPatient = [0, 0, height_mm]
    pixels = _PIXELS.tobytes()
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        pixels = encapsulate([_picture("JPEG")])
    dataset.PixelData = pixels
    dataset["PixelData"].VR = "OB"
    return _saved(dataset)


def _encoded(syntax: UID) -> bytes:
    dataset = _dataset(ExplicitVRLittleEndian)
    dataset.PixelData = _PIXELS.tobytes()
    dataset["PixelData"].VR = "OB"
    dataset.compress(syntax, generate_instance_uid=False)
    return _saved(dataset)


def _saved(dataset: Dataset) -> bytes:
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


_DRAWERS: Final[Mapping[str, Callable[[], Iterator[bytes]]]] = {
    **{
        name: partial(_draw_pictures, name.upper())
        for name in ("PNG", "JPEG", "TIFF", "BMP", "WebP", "GIF")
    },
    "DICOM": _draw_dicom,
    "NIfTI": partial(_draw_nibabel, nibabel.Nifti1Image, nibabel.Nifti2Image),
    "MGH": partial(_draw_nibabel, nibabel.MGHImage),
}
