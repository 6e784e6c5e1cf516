"""Reading one small scan of each kind, so that nothing is left to be imported."""

import contextlib
import gzip
import importlib
import io
import zipfile
from collections.abc import Iterator
from typing import Final

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

from alzer.errors import UnusableScan
from alzer.scans.formats import read_slice
from alzer.scans.reading import File, read_scan

# Imported within functions of these libraries, some only for odd files.
_NEEDED_LATER: Final = (
    "encodings.idna",
    "encodings.latin_1",
    "gdcm",
    "numpy.ma",
    "pydicom.charset",
    "pydicom.encoders",
    "pydicom.sequence",
)

_ENCODABLE: Final = (RLELossless, JPEG2000Lossless, JPEGLSLossless)
_JPEG: Final = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLosslessSV1, JPEG2000)
_PLAIN: Final = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
)

_PIXELS: Final = np.arange(64, dtype=np.uint8).reshape(8, 8)


def preload_codecs() -> None:
    """Read them all; what they hold does not matter."""
    for name in _NEEDED_LATER:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for file in _files():
        with contextlib.suppress(UnusableScan):
            read_slice(file)
    for files in _scans():
        with contextlib.suppress(UnusableScan):
            read_scan(files)


def _files() -> Iterator[bytes]:
    yield from _pictures()
    for kind in (nibabel.Nifti1Image, nibabel.Nifti2Image, nibabel.MGHImage):
        plain = kind(_PIXELS[..., np.newaxis], np.eye(4)).to_bytes()
        yield plain
        yield gzip.compress(plain)
    yield b"no image"
    for syntax in (*_PLAIN, *_JPEG):
        yield _dicom(syntax)
    for syntax in _ENCODABLE:
        with contextlib.suppress(RuntimeError, NotImplementedError):
            yield _encoded(syntax)


def _scans() -> Iterator[list[File]]:
    """Yield volumes of 8 x 8 x 8 voxels; 20 mm apart, they could be of a head."""
    voxels, affine = np.stack([_PIXELS] * 8), np.diag([20.0, 20.0, 20.0, 1.0])
    for kind in (nibabel.Nifti1Image, nibabel.MGHImage):
        yield [File(gzip.compress(kind(voxels, affine).to_bytes()))]
    series = [_dicom(ExplicitVRLittleEndian, height_mm=20.0 * z) for z in range(8)]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for number, file in enumerate(series):
            opened.writestr(str(number), file)
    yield [File(archive.getvalue())]


def _pictures() -> Iterator[bytes]:
    Image.init()
    for name in ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP"):
        yield _picture(name)
    yield _picture("TIFF", compression="tiff_lzw", exif=_turned())
    yield _picture("JPEG", exif=_turned())


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
    dataset.PixelSpacing = [20.0, 20.0]
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
