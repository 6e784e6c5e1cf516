"""Small plain pictures are read in the service; whatever could cost more is not."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from alzer.decoding.pool import DecodingPool
from alzer.decoding.safe_inline import MOST_BYTES, is_safe_inline
from alzer.scans.formats import read_slice
from phantoms import (
    as_bytes,
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


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


PICTURE = Image.fromarray(as_bytes(BRAIN))
TEXT = PngInfo()
TEXT.add_text("Software", "a viewer")

SIMPLE = {
    "JPEG": JPEG,
    "JPEG in colour": saved(PICTURE.convert("RGB"), "JPEG"),
    "PNG": PNG,
    "PNG in colour": saved(PICTURE.convert("RGB")),
    "PNG with transparency": saved(PICTURE.convert("LA")),
    "PNG with a palette": saved(PICTURE.convert("P")),
    "PNG with a text and a density": saved(PICTURE, pnginfo=TEXT, dpi=(72, 72)),
}


@pytest.mark.parametrize("name", SIMPLE)
def test_a_slice_as_a_picture_is_simple(name: str) -> None:
    assert is_safe_inline(SIMPLE[name])
    assert not DecodingPool.needs_isolation(SIMPLE[name])


def test_the_encoder_that_writes_the_most_chunks_is_plain() -> None:
    noise = np.random.default_rng(0).integers(0, 256, 2**20 - 2**14, np.uint8)
    pieces = [chunk(b"IDAT", noise[at : at + 4096].tobytes())
              for at in range(0, len(noise), 4096)]  # fmt: skip

    assert is_safe_inline(PNG[:33] + b"".join(pieces) + PNG[-12:])


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    checksum = struct.pack(">L", zlib.crc32(kind + content))
    return struct.pack(">L", len(content)) + kind + content + checksum


def png_with(*chunks: bytes) -> bytes:
    """Return the picture with some chunks before its pixels."""
    return PNG[:33] + b"".join(chunks) + PNG[33:]


def png_of(depth: int, colours: int, interlace: int) -> bytes:
    """Return a header of another kind before the same pixels."""
    header = PNG[16:24] + bytes((depth, colours, 0, 0, interlace))
    return PNG[:8] + chunk(b"IHDR", header) + PNG[33:]


def bomb() -> bytes:
    """Return half a megabyte of zeros, packed."""
    return zlib.compress(bytes(2**19), 9)


def jpeg_with_segments(count: int) -> bytes:
    return JPEG[:2] + b"\xff\xfe\0\2" * count + JPEG[2:]


def png_with_two_heads() -> bytes:
    return png_with(chunk(b"IHDR", struct.pack(">LL", 3000, 1000) + PNG[24:29]))


def jpeg_with_two_frames() -> bytes:
    place = JPEG.index(b"\xff\xc0")
    (length,) = struct.unpack_from(">H", JPEG, place + 2)
    frame = JPEG[place : place + 2 + length]
    large = frame[:5] + struct.pack(">HH", 6000, 6000) + frame[9:]
    return JPEG[:place] + frame + large + JPEG[place + 2 + length :]


def jpeg_of_precision(bits: int) -> bytes:
    place = JPEG.index(b"\xff\xc0") + 4
    return JPEG[:place] + bytes((bits,)) + JPEG[place + 1 :]


EXIF = Image.Exif()
EXIF[0x0112] = 1
PROFILE = bytes(500)
OTHERS = [Image.fromarray(255 - as_bytes(BRAIN))]

NOT_SIMPLE = {
    "PNG with two heads": png_with_two_heads(),
    "PNG with 80,000 chunks": png_with(chunk(b"tIME") * 80_000),
    "PNG with 80,000 chunks of pixels": png_with(chunk(b"IDAT") * 80_000),
    "PNG with an unknown chunk": png_with(chunk(b"abCd")),
    "PNG with a compressed text": png_with(chunk(b"zTXt", b"a\0\0" + bomb())),
    "PNG with an international text": png_with(chunk(b"iTXt", b"a\0\1\0\0\0" + bomb())),
    "PNG with a colour profile": png_with(chunk(b"iCCP", b"a\0\0" + bomb())),
    "PNG with EXIF": saved(PICTURE, exif=EXIF),
    "animated PNG": saved(PICTURE, save_all=True, append_images=OTHERS),
    "animation of one picture": png_with(chunk(b"acTL", bytes(8))),
    "interlaced PNG": png_of(8, 0, 1),
    "PNG of 16 bits": as_png16(BRAIN),
    "PNG of 16 bits in colour": png_of(16, 2, 0),
    "PNG that goes on behind its end": PNG + b"x",
    "PNG behind whose end another begins": PNG + PNG,
    "PNG without end": PNG[:-12],
    "PNG whose chunk is longer than the file": PNG[:33]
    + b"\xff\xff\xff\xf0"
    + PNG[37:],
    "PNG with a long head": PNG[:8] + chunk(b"IHDR", PNG[16:29] + b"x") + PNG[33:],
    "PNG of no pixels": PNG[:8] + chunk(b"IHDR", bytes(4) + PNG[20:29]) + PNG[33:],
    "JPEG with two frames": jpeg_with_two_frames(),
    "JPEG with EXIF": saved(PICTURE, "JPEG", exif=EXIF),
    "JPEG with a colour profile": saved(PICTURE, "JPEG", icc_profile=PROFILE),
    "JPEG in four colours": saved(PICTURE.convert("CMYK"), "JPEG"),
    "JPEG of 12 bits": jpeg_of_precision(12),
    "JPEG of no rows": JPEG.replace(struct.pack(">HH", *BRAIN.shape), bytes(4), 1),
    "two pictures in a JPEG": saved(
        PICTURE, "MPO", save_all=True, append_images=OTHERS
    ),
    "progressive": as_picture(BRAIN, "JPEG", progressive=True),
    "many segments": jpeg_with_segments(200_000),
    "some more segments": jpeg_with_segments(100),
    "many scans": JPEG[:-2] + b"\xff\xda\0\x08\1\1\0\0\x3f\0" * 9 + JPEG[-2:],
    "two scans": JPEG[:-2] + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + JPEG[-2:],
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
    started = time.thread_time()
    simple = is_safe_inline(NOT_SIMPLE[name])

    assert not simple
    assert DecodingPool.needs_isolation(NOT_SIMPLE[name])
    assert time.thread_time() - started < 0.1


def test_the_simple_can_not_take_long_whatever_they_hold() -> None:
    # The most chunks that are plain, each as long as it can be.
    text = chunk(b"tEXt", b"a\0" + b"b" * 3400)
    content = png_with(text * 297)
    started = time.process_time()
    scan = read_slice(content)

    assert is_safe_inline(content)
    assert scan.shape == BRAIN.shape
    assert time.process_time() - started < 5.0  # 0.01 s where nothing else runs


def test_no_bytes_need_no_process() -> None:
    assert not DecodingPool.needs_isolation(b"")
