"""Brains drawn by code, with known ventricles, in every format.

Nobody's brain is in this repository. The phantoms have what the software looks
at: an elliptical outline on black, a folded grey rim around white matter, two
dark ventricles of known size; posterior side up, as the training slices are.
"""

import io
import struct
import zlib
from dataclasses import dataclass

import nibabel
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import dcmwrite
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage


@dataclass(frozen=True)
class Phantom:
    """A drawn brain and what is known about it.

    Attributes:
        pixels: shape (row, column), 0 to 1.
        brain: True inside the brain, shape (row, column).
        ventricles: True inside the ventricles, shape (row, column).
    """

    pixels: NDArray[np.float64]
    brain: NDArray[np.bool_]
    ventricles: NDArray[np.bool_]


def draw_phantom(
    shape: tuple[int, int] = (208, 176),
    ventricle: float = 0.1,
    seed: int = 0,
    *,
    skull: bool = False,
    moved: tuple[float, float] = (0.0, 0.0),
) -> Phantom:
    """Draw one axial slice.

    Args:
        shape: Rows and columns.
        ventricle: Width of each ventricle, as a share of the brain's half width.
        seed: Of folds, noise and bias field.
        skull: Whether a bright rim surrounds the brain.
        moved: By how much the ventricles lie further down and to the right than in
            the middle, as shares of the brain's half height and half width.

    Returns:
        The slice and its parts.
    """
    generator = np.random.default_rng(seed)
    down, across = _grid(shape)
    angle = np.arctan2(down, across)
    waves = sum(
        generator.uniform(0.004, 0.012)
        * np.cos(count * angle + generator.uniform(0.0, 2.0 * np.pi))
        for count in (3, 5, 8, 13)
    )
    radius = np.hypot(down, across) * (1.0 + waves)
    brain = radius < 1.0
    pixels = np.where(brain, 0.78, 0.0)  # white matter
    depth = 1.0 - radius
    folds = np.zeros(shape)
    for count in (9, 17, 29):
        phase = generator.uniform(0.0, 2.0 * np.pi)
        folds += np.cos(
            count * angle + phase + 7.0 * radius * np.sin(3.0 * angle + phase)
        )
    rim = 0.13 + 0.05 * folds
    pixels = np.where(brain & (depth < rim), 0.48, pixels)  # grey matter
    sulci = brain & (depth < 0.55 * rim) & (np.sin(23.0 * angle + 3.0 * folds) > 0.72)
    pixels = np.where(sulci, 0.14, pixels)
    cleft = brain & (np.abs(across) < 0.018) & (np.abs(down) > 0.42)
    pixels = np.where(cleft, 0.15, pixels)
    nuclei = (((np.abs(across) - 0.24) / 0.12) ** 2 + (down / 0.2) ** 2) < 1.0
    pixels = np.where(brain & nuclei, 0.56, pixels)
    ventricles = brain & _ventricles(down - moved[0], across - moved[1], ventricle)
    pixels = np.where(ventricles, 0.1, pixels)
    pixels = _soften(pixels) * (1.0 + 0.06 * down - 0.04 * across)
    if skull:
        pixels = np.where((radius > 1.07) & (radius < 1.14), 0.9, pixels)
    noise = generator.normal(0.0, 0.02, shape) * (pixels > 0.02)
    return Phantom(np.clip(pixels + noise, 0.0, 1.0), brain, ventricles)


def draw_brain(
    shape: tuple[int, int] = (208, 176), ventricle: float = 0.1, seed: int = 0
) -> NDArray[np.float64]:
    """Return the pixels of `draw_phantom` alone, shape (row, column), 0 to 1."""
    return draw_phantom(shape, ventricle, seed).pixels


def with_dot(
    pixels: NDArray[np.float64], row: int, column: int, radius: float = 1.0
) -> NDArray[np.float64]:
    """Add a dot much brighter than any tissue at a known place."""
    rows, columns = np.indices(pixels.shape)
    near = (rows - row) ** 2 + (columns - column) ** 2 <= radius**2
    return np.where(near, 1.0, 0.6 * pixels)


def _grid(shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return coordinates in which the brain's outline is the unit circle."""
    height, width = shape
    # The proportions of the training slices: 172 x 138 in 208 x 176.
    half = min(height * 172 / 208, width * 138 / 176 * 172 / 138) / 2.0
    rows = (np.arange(height) - (height - 1) / 2.0) / half
    columns = (np.arange(width) - (width - 1) / 2.0) / (half * 138 / 172)
    down, across = np.meshgrid(rows, columns, indexing="ij")
    return down, across


def _ventricles(
    down: NDArray[np.float64], across: NDArray[np.float64], width: float
) -> NDArray[np.bool_]:
    # Two horns that bend outwards from the middle, towards either end.
    centre = 0.06 + width * 0.6 + 0.22 * down**2
    return (((np.abs(across) - centre) / width) ** 2 + (down / 0.38) ** 2) < 1.0


def _soften(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average over neighbours, as partial volume does."""
    padded = np.pad(pixels, 1, mode="edge")
    rows = (padded[:-2] + 2.0 * padded[1:-1] + padded[2:]) / 4.0
    return (rows[:, :-2] + 2.0 * rows[:, 1:-1] + rows[:, 2:]) / 4.0


def as_bytes(pixels: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return 0 to 1 as 8-bit grey."""
    return np.rint(pixels * 255.0).astype(np.uint8)


def as_picture(pixels: NDArray[np.float64], kind: str, **options: object) -> bytes:
    """Encode as a picture file.

    Args:
        pixels: shape (row, column), 0 to 1.
        kind: PNG, JPEG, TIFF, BMP or WEBP.
        options: Of Pillow's encoder.

    Returns:
        The file.
    """
    file = io.BytesIO()
    if kind == "WEBP":
        options.setdefault("lossless", True)
    Image.fromarray(as_bytes(pixels)).save(file, kind, **options)
    return file.getvalue()


def as_png(pixels: NDArray[np.float64]) -> bytes:
    """Encode as 8-bit PNG."""
    return as_picture(pixels, "PNG")


def as_jpeg(pixels: NDArray[np.float64]) -> bytes:
    """Encode as JPEG of quality 95."""
    return as_picture(pixels, "JPEG", quality=95)


def as_png16(pixels: NDArray[np.float64], top: int = 4095) -> bytes:
    """Encode as 16-bit PNG whose brightest value is `top`."""
    file = io.BytesIO()
    Image.fromarray(np.rint(pixels * top).astype(np.uint16)).save(file, "PNG")
    return file.getvalue()


def huge_png(side: int = 13000) -> bytes:
    """Return a small PNG file that declares a huge black picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = bytes(side + 1)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", data)
        + chunk(b"IEND", b"")
    )


def dicom_dataset(pixels: NDArray[np.float64], **elements: object) -> Dataset:
    """Return an MR image of twelve bits as a data set.

    Args:
        pixels: shape (row, column), 0 to 1.
        elements: Data elements to set, by keyword; None leaves one out, and bytes
            stand in the file as they are.

    Returns:
        Ready to be saved, explicit VR little endian.
    """
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = MRImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    dataset.SOPClassUID, dataset.SOPInstanceUID = MRImageStorage, UID("1.2.3.4")
    dataset.PatientName, dataset.PatientID = "Doe^Jane", "SECRET-7"
    dataset.Modality = "MR"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.PixelData = np.rint(pixels * 4095).astype("<u2").tobytes()
    for keyword, value in elements.items():
        if value is None:
            delattr(dataset, keyword)
        elif isinstance(value, bytes) and keyword != "PixelData":
            set_raw(dataset, keyword, value)
        else:
            setattr(dataset, keyword, value)
    return dataset


def set_raw(
    dataset: Dataset, keyword: str, value: bytes, representation: str = ""
) -> None:
    """Set an element to bytes that no encoder would write.

    Args:
        dataset: What to change.
        keyword: Which element.
        value: As it shall stand in the file; a blank is added to an odd number.
        representation: Two letters, by default those of the standard.
    """
    tag = Tag(keyword)
    value += b" " * (len(value) % 2)
    letters = representation or dictionary_VR(tag)
    dataset[tag] = RawDataElement(
        tag,
        letters,
        len(value),
        value,
        value_tell=0,
        is_implicit_VR=False,
        is_little_endian=True,
    )


def save_dicom(dataset: Dataset, **options: bool) -> bytes:
    """Return a data set as a file."""
    file = io.BytesIO()
    dcmwrite(file, dataset, enforce_file_format=True, **options)
    return file.getvalue()


def as_dicom(pixels: NDArray[np.float64], **elements: object) -> bytes:
    """Encode as an uncompressed DICOM file of twelve bits."""
    return save_dicom(dicom_dataset(pixels, **elements))


def as_nifti(
    values: NDArray[np.generic], affine: NDArray[np.float64] | None = None
) -> bytes:
    """Encode as NIfTI-1.

    Args:
        values: Voxels, in the order of the file's axes.
        affine: From voxels to RAS+ millimetres; None leaves it unset.

    Returns:
        The file, not gzipped.
    """
    image = nibabel.Nifti1Image(values, affine)  # type: ignore[no-untyped-call]  # nibabel
    content: bytes = image.to_bytes()
    return content


def with_fields(content: bytes, **fields: object) -> bytes:
    """Change fields of a NIfTI-1 file's header, without any check.

    Args:
        content: The file, little-endian.
        fields: Values by the names of nifti1.h.

    Returns:
        The changed file.
    """
    header = nibabel.Nifti1Header(content[:348], "<", check=False)  # type: ignore[no-untyped-call]  # nibabel
    for name, value in fields.items():
        header.structarr[name] = value
    changed: bytes = header.binaryblock
    return changed + content[348:]
