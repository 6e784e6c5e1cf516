"""Small plain pictures are read in the service; whatever could cost more is not."""

import struct
import time
import zlib

import numpy as np
import pytest

from alzer.decoding.pool import DecodingPool
from alzer.decoding.safe_inline import MOST_BYTES, is_safe_inline
from alzer.scans.formats import read_slice
from phantoms import (
    as_dicom,
    as_jpeg,
    as_nifti,
    as_picture,
    as_png,
    as_png16,
    draw_brain,
    huge_png,
)

BRAIN = draw_brain()
JPEG = as_jpeg(BRAIN)
PNG = as_png(BRAIN)


@pytest.mark.parametrize("content", [JPEG, PNG, as_png16(BRAIN)])
def test_a_slice_as_a_picture_is_simple(content: bytes) -> None:
    assert is_safe_inline(content)
    assert not DecodingPool.needs_isolation(content)


def long_png() -> bytes:
    chunk = struct.pack(">L", 0) + b"abcd" + struct.pack(">L", zlib.crc32(b"abcd"))
    return PNG[:33] + chunk * 100_000 + PNG[33:]


def jpeg_with_segments(count: int) -> bytes:
    return JPEG[:2] + b"\xff\xe5\0\2" * count + JPEG[2:]


def png_with_two_heads() -> bytes:
    chunk = b"IHDR" + struct.pack(">LL", 3000, 1000) + PNG[24:29]
    second = struct.pack(">L", 13) + chunk + struct.pack(">L", zlib.crc32(chunk))
    return PNG[:33] + second + PNG[33:]


def jpeg_with_two_frames() -> bytes:
    place = JPEG.index(b"\xff\xc0")
    (length,) = struct.unpack_from(">H", JPEG, place + 2)
    frame = JPEG[place : place + 2 + length]
    large = frame[:5] + struct.pack(">HH", 6000, 6000) + frame[9:]
    return JPEG[:place] + frame + large + JPEG[place + 2 + length :]


NOT_SIMPLE = {
    "PNG with two heads": png_with_two_heads(),
    "JPEG with two frames": jpeg_with_two_frames(),
    "progressive": as_picture(BRAIN, "JPEG", progressive=True),
    "many segments": jpeg_with_segments(200_000),
    "some more segments": jpeg_with_segments(100),
    "many scans": JPEG[:-2] + b"\xff\xda\0\x08\1\1\0\0\x3f\0" * 9 + JPEG[-2:],
    "many chunks": long_png(),
    "large PNG": huge_png(),
    "large JPEG": as_jpeg(np.zeros((3000, 1000))),
    "long": PNG + bytes(MOST_BYTES),
    "cut JPEG": JPEG[:60],
    "cut PNG": PNG[:20],
    "no picture": b"hello",
    "WebP": as_picture(BRAIN, "WEBP"),
    "TIFF": as_picture(BRAIN, "TIFF"),
    "DICOM": as_dicom(BRAIN),
    "DICOM behind a mark": b"\x89PNG\r\n\x1a\n" + as_dicom(BRAIN)[8:],
    "NIfTI": as_nifti((BRAIN.T * 4000).astype(np.int16)),
}


@pytest.mark.parametrize("name", NOT_SIMPLE)
def test_anything_else_is_not(name: str) -> None:
    started = time.perf_counter()
    simple = is_safe_inline(NOT_SIMPLE[name])

    assert not simple
    assert DecodingPool.needs_isolation(NOT_SIMPLE[name])
    assert time.perf_counter() - started < 0.1


def test_the_simple_can_not_take_long_whatever_they_hold() -> None:
    # The most that fits: empty chunks, each of which a decoder looks at.
    chunk = struct.pack(">L", 0) + b"abcd" + struct.pack(">L", zlib.crc32(b"abcd"))
    count = (MOST_BYTES - len(PNG)) // len(chunk)
    content = PNG[:33] + chunk * count + PNG[33:]
    started = time.process_time()
    scan = read_slice(content)

    assert is_safe_inline(content)
    assert scan.shape == BRAIN.shape
    assert time.process_time() - started < 5.0  # 0.3 s where nothing else runs


def test_no_bytes_need_no_process() -> None:
    assert not DecodingPool.needs_isolation(b"")
