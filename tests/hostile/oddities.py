"""Files that are cut, mixed, or made as nobody should."""

import gzip
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hostile.bombs import BRAIN, bombs, many_elements
from hostile.formats import FORMATS
from phantoms import as_bytes, as_dicom, as_nifti, as_picture, as_png, as_png16

GREY = as_bytes(BRAIN)
VOXELS = (BRAIN.T * 4000).astype(np.int16)


@dataclass(frozen=True)
class Case:
    """One file and what may become of it.

    Attributes:
        name: What is odd about it.
        content: The file.
        twin: A clean file whose prediction it must get; none: it must be refused.
        may_be_refused: Whether a refusal is as good as the twin's prediction.
    """

    name: str
    content: bytes
    twin: bytes | None = None
    may_be_refused: bool = False


PNG = as_png(BRAIN)
DICOM = as_dicom(BRAIN)
NIFTI = as_nifti(VOXELS)


def cases() -> Iterator[Case]:
    """Give every case."""
    for name, content in bombs():
        yield Case(name, content)
    yield from _cut()
    yield from _refused()
    yield from _turned()
    yield from _odd_but_clear()
    yield from _twins()


def _cut() -> Iterator[Case]:
    for name, content in FORMATS.items():
        # What is missing at the very end may be padding that nobody needs.
        for end in range(0, len(content), 64):
            late = len(content) - end <= 64
            twin = content if late else None
            yield Case(f"{name} cut at {end}", content[:end], twin, may_be_refused=late)


def _refused() -> Iterator[Case]:
    yield Case("no bytes", b"")
    yield Case("one byte", b"\0")
    yield Case("a page", b"<!doctype html><script>alert(1)</script>" * 20)
    yield Case("a script", b"#!/bin/sh\nrm -rf /\n" * 40)
    yield Case("PDF", b"%PDF-1.7\n" + bytes(900))
    yield Case("ELF", b"\x7fELF" + bytes(900))
    for name, content in FORMATS.items():
        if name == "NIfTI" or name.startswith("DICOM"):  # the mark comes late
            yield Case(f"{name} without a head", content[348:])
        else:
            yield Case(f"{name} with a wrong mark", b"XXXXXXXX" + content[8:])
    yield from _degenerate()
    yield from _not_one_grey_slice()
    yield from _odd_dicom()


def _degenerate() -> Iterator[Case]:
    yield Case("1 x 1 PNG", as_png(np.ones((1, 1))))
    yield Case("1 x 1 DICOM", as_dicom(np.ones((1, 1))))
    yield Case("1 x 1 NIfTI", as_nifti(np.ones((1, 1, 1), np.int16)))
    yield Case("1 x 5000 PNG", as_png(np.ones((1, 5000))))
    yield Case("nothing but black", as_png(np.zeros((90, 90))))
    for text in ("nan", "1e999", "-1e999", "0", "1e-300", "1e300"):
        yield Case(f"DICOM with slope {text}", _dicom_with_slope(text))


def _not_one_grey_slice() -> Iterator[Case]:
    yield Case("a volume", as_nifti(np.ones((20, 20, 20), np.int16)))
    yield Case("4-D", as_nifti(np.ones((20, 20, 1, 9), np.int16)))
    yield Case("7-D", as_nifti(np.ones((4, 4, 1, 2, 2, 2, 2), np.int16)))
    yield Case("negative dimensions", _nifti_with(dim=[3, -88, 104, 1, 1, 1, 1, 1]))
    yield Case("no dimensions", _nifti_with(dim=[0] * 8))
    yield Case("99 dimensions", _nifti_with(dim=[99, 2, 2, 2, 2, 2, 2, 2]))
    yield Case("unknown type", _nifti_with(datatype=9999))
    yield Case("animated PNG", _animated("PNG"))
    yield Case("animated WebP", _animated("WEBP"))
    yield Case("TIFF of two pages", _animated("TIFF"))
    yield Case("animated GIF", _animated("GIF"))
    yield Case("colours", _coloured())


def _odd_dicom() -> Iterator[Case]:
    yield Case("DICOM in colour", as_dicom(BRAIN, PhotometricInterpretation="RGB"))
    yield Case("DICOM without pixels", as_dicom(BRAIN, PixelData=None))
    yield Case("DICOM without rows", as_dicom(BRAIN, Rows=None))
    yield Case("DICOM of 0 rows", as_dicom(BRAIN, Rows=0))
    yield Case("DICOM of 1 bit", as_dicom(BRAIN, BitsAllocated=1, BitsStored=1))
    yield Case("DICOM of 64 bits", as_dicom(BRAIN, BitsAllocated=64))
    yield Case("DICOM with twice the rows", as_dicom(BRAIN, Rows=208))
    yield Case("DICOM by CT", as_dicom(BRAIN, Modality="CT"))
    yield Case("DICOM of many frames", as_dicom(BRAIN, NumberOfFrames=9))
    yield Case("DICOM, then nothing", bytes(128) + b"DICM")


def _odd_but_clear() -> Iterator[Case]:
    """Yield what other readers accept, with what it is to be read like."""
    yield Case("GIF", as_picture(BRAIN, "GIF"), PNG)
    yield Case("CMYK", _in_mode("CMYK", "JPEG"), PNG)
    for value in (np.nan, np.inf, -np.inf):
        bad, plain = VOXELS.astype(np.float32), VOXELS.astype(np.float32)
        bad[0, 0], plain[0, 0] = value, 0.0
        yield Case(f"NIfTI with {value}", as_nifti(bad), as_nifti(plain))
        for name in ("scl_slope", "scl_inter"):
            content = _nifti_with(**{name: value})
            yield Case(f"NIfTI with {name} {value}", content, as_nifti(VOXELS))


def _turned() -> Iterator[Case]:
    """Give the same picture, stored in each of the eight orientations."""
    for tag in range(1, 9):
        stored = GREY
        if tag > 4:
            # What the reader will do, undone: flip, then swap.
            rows, columns = {5: (0, 0), 6: (0, 1), 7: (1, 1), 8: (1, 0)}[tag]
            stored = stored[:: -1 if rows else 1, :: -1 if columns else 1].T
        else:
            rows, columns = {1: (0, 0), 2: (0, 1), 3: (1, 1), 4: (1, 0)}[tag]
            stored = stored[:: -1 if rows else 1, :: -1 if columns else 1]
        exif = Image.Exif()
        exif[0x0112] = tag
        yield Case(f"EXIF orientation {tag}", _save(stored, "PNG", exif=exif), PNG)


def _twins() -> Iterator[Case]:
    yield Case("palette", _in_mode("P", "PNG"), PNG)
    yield Case("three channels", _in_mode("RGB", "PNG"), PNG)
    yield Case("alpha", _in_mode("RGBA", "PNG"), PNG)
    yield Case("grey and alpha", _in_mode("LA", "PNG"), PNG)
    yield Case("16 bits", as_png16(BRAIN), as_png16(BRAIN, 40_000))
    yield Case("PNG with a zip behind", PNG + b"PK\3\4" + bytes(500), PNG)
    yield Case("PNG with a script behind", PNG + b"<script>alert(1)</script>", PNG)
    yield Case("BMP", as_picture(BRAIN, "BMP"), PNG)
    yield Case("TIFF", as_picture(BRAIN, "TIFF"), PNG)
    yield Case("packed TIFF", as_picture(BRAIN, "TIFF", compression="tiff_lzw"), PNG)
    yield Case("WebP", as_picture(BRAIN, "WEBP"), PNG)
    yield Case("gzipped NIfTI", gzip.compress(NIFTI), NIFTI)
    yield Case(
        "gzip with more behind",
        gzip.compress(NIFTI) + bytes(99),
        NIFTI,
        may_be_refused=True,
    )
    yield Case(
        "huge affine",
        as_nifti(VOXELS, np.diag([1e30, 1e30, 1e30, 1])),
        NIFTI,
        may_be_refused=True,
    )
    yield Case(
        "affine of NaN",
        _nifti_with(sform_code=1, srow_x=[np.nan] * 4),
        NIFTI,
        may_be_refused=True,
    )
    yield Case(
        "affine of zeros",
        _nifti_with(sform_code=1, srow_x=[0.0] * 4),
        NIFTI,
        may_be_refused=True,
    )
    for mark in (
        b"\x89PNG\r\n\x1a\n",
        b"II*\0",
        b"MM\0*",
        b"\xff\xd8\xff",
        b"\x1f\x8b",
    ):
        named = mark.hex()
        yield Case(f"DICOM behind {named}", mark + DICOM[len(mark) :], DICOM)
    yield Case("DICOM with 20,000 items", many_elements(20_000), DICOM)
    yield Case("DICOM without its prefix", DICOM[132:], DICOM, may_be_refused=True)
    yield Case(
        "DICOM with more behind", DICOM + bytes(2000), DICOM, may_be_refused=True
    )
    odd = {"PixelSpacing": ["-1", "0"], "WindowWidth": "-5"}
    for name, value in odd.items():
        content = as_dicom(BRAIN, **{name: value})
        yield Case(f"DICOM with odd {name}", content, DICOM, may_be_refused=True)


def _save(pixels: NDArray[Any], kind: str, **options: Any) -> bytes:  # noqa: ANN401 - Pillow's
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, kind, **options)
    return file.getvalue()


def _in_mode(mode: str, kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(GREY).convert("RGB" if mode == "CMYK" else "L").convert(mode).save(
        file, kind
    )
    return file.getvalue()


def _coloured() -> bytes:
    return _save(np.dstack([GREY, GREY // 2, 255 - GREY]), "PNG")


def _animated(kind: str) -> bytes:
    file = io.BytesIO()
    second = Image.fromarray(GREY[::-1].copy())
    Image.fromarray(GREY).save(file, kind, save_all=True, append_images=[second])
    return file.getvalue()


def _nifti_with(**fields: object) -> bytes:
    header = nibabel.Nifti1Header(NIFTI[:348], check=False)  # type: ignore[no-untyped-call]  # nibabel
    for name, value in fields.items():
        header[name] = value
    return bytes(header.binaryblock) + NIFTI[348:]


def _dicom_with_slope(text: str) -> bytes:
    place = DICOM.find(struct.pack("<HH", 0x0028, 0x1053))
    padded = text.encode() + b" " * (len(text) % 2)
    element = struct.pack("<HH2sH", 0x0028, 0x1053, b"DS", len(padded)) + padded
    if place >= 0:
        (length,) = struct.unpack_from("<H", DICOM, place + 6)
        return DICOM[:place] + element + DICOM[place + 8 + length :]
    place = DICOM.find(struct.pack("<HH", 0x7FE0, 0x0010))
    return DICOM[:place] + element + DICOM[place:]
