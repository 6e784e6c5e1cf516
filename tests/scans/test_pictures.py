"""Pictures opened so that no bit is lost."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alzer.errors import ColourImage, DamagedFile, UnsupportedVariant
from alzer.scans.formats import read_slice
from phantoms import as_bytes, as_picture, as_png, draw_brain

BRAIN = draw_brain((52, 44))
GREY = as_bytes(BRAIN)
DEEP = (BRAIN * 4095).astype(np.uint16)
CHANNELS = {1: 0, 2: 4, 3: 2, 4: 6}


def png_of(values: NDArray[Any], *more: tuple[bytes, bytes]) -> bytes:
    """Write a PNG of 8 or 16 bits, with up to four channels, and further chunks."""
    rows, columns, channels = values.shape
    bits = values.dtype.itemsize * 8
    header = struct.pack(">2L5B", columns, rows, bits, CHANNELS[channels], 0, 0, 0)
    # The filter 'up' (PNG, third edition, section 9.2) goes over every byte.
    raw = values.astype(f">u{values.dtype.itemsize}").tobytes()
    lines = np.frombuffer(raw, np.uint8).reshape(rows, -1)
    filtered = np.diff(lines, axis=0, prepend=np.zeros_like(lines[:1]))
    filters = np.full((rows, 1), 2, np.uint8)
    data = zlib.compress(np.hstack([filters, filtered]).tobytes())
    chunks = [(b"IHDR", header), *more, (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(content).to_bytes(4)
        + kind
        + content
        + zlib.crc32(kind + content).to_bytes(4)
        for kind, content in chunks
    )


def stacked(channels: int, alpha: int = 65535) -> NDArray[np.uint16]:
    stored = np.stack([DEEP] * channels, axis=2)
    if channels in {2, 4}:
        stored[:, :, -1] = alpha
    return stored


@pytest.mark.parametrize("channels", CHANNELS)
def test_sixteen_bit_channels_lose_nothing(channels: int) -> None:
    scan = read_slice(png_of(stacked(channels)))

    assert (scan.pixels == DEEP).all()
    assert scan.as_grey().mean() > 40.0
    assert not any("Transparent" in note for note in scan.notes)


@pytest.mark.parametrize("channels", [2, 4])
def test_sixteen_bit_transparency_lies_over_black(channels: int) -> None:
    stored = stacked(channels)
    stored[:, :22, -1] = 0

    scan = read_slice(png_of(stored))

    assert (scan.pixels[:, :22] == 0.0).all()
    assert (scan.pixels[:, 22:] == DEEP[:, 22:]).all()
    assert any("Transparent" in note for note in scan.notes)


@pytest.mark.parametrize("top", [255, 4095, 65535])
def test_sixteen_bit_colours_are_refused_whatever_their_range(top: int) -> None:
    stored = (np.stack([BRAIN, BRAIN / 2, BRAIN / 3], 2) * top).astype(np.uint16)

    with pytest.raises(ColourImage):
        read_slice(png_of(stored))


@pytest.mark.parametrize(
    "stored", [GREY[:, :, None], DEEP[:, :, None], np.stack([DEEP] * 3, axis=2)]
)
def test_a_transparent_level_is_black(stored: NDArray[Any]) -> None:
    key = int(stored.max())
    levels = struct.pack(">H", key) * stored.shape[2]

    scan = read_slice(png_of(stored, (b"tRNS", levels)))

    assert scan.pixels.max() < key
    assert any("Transparent" in note for note in scan.notes)


@pytest.mark.parametrize("gamma", [100_000, 55_555])
def test_an_unusual_gamma_is_noted(gamma: int) -> None:
    chunk = (b"gAMA", gamma.to_bytes(4))

    scan = read_slice(png_of(GREY[:, :, None], chunk))

    assert (scan.pixels == GREY).all()
    assert any("gamma of" in note for note in scan.notes)


def test_a_screens_gamma_is_not() -> None:
    usual = (b"gAMA", (45_455).to_bytes(4))
    srgb = (b"sRGB", b"\0")
    other = (b"gAMA", (100_000).to_bytes(4))

    assert not read_slice(png_of(GREY[:, :, None], usual)).notes
    assert not read_slice(png_of(GREY[:, :, None], srgb, other)).notes


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def test_grey_inks_are_grey() -> None:
    inks = Image.fromarray(GREY).convert("RGB").convert("CMYK")
    black = np.zeros((*GREY.shape, 4), np.uint8)
    black[:, :, 3] = 255 - GREY

    for image in (inks, Image.fromarray(black, "CMYK")):
        for kind in ("JPEG", "TIFF"):
            scan = read_slice(saved(image, kind))
            assert np.abs(scan.pixels - GREY).mean() < 3.0


def test_coloured_inks_are_named() -> None:
    colours = np.stack([GREY, GREY // 2, GREY // 4], axis=2)

    with pytest.raises(ColourImage, match="stored as CMYK"):
        read_slice(saved(Image.fromarray(colours).convert("CMYK"), "JPEG"))


def test_a_palette_of_greys_is_grey() -> None:
    palette = Image.fromarray(255 - GREY).convert("P")
    palette.putpalette([level for level in range(255, -1, -1) for _ in range(3)])

    for kind in ("PNG", "GIF", "TIFF", "BMP"):
        assert (read_slice(saved(palette, kind)).pixels == GREY).all()


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (b"\xff\xc1\x00\x0b\x0c", "12 bits"),
        (b"\xff\xc3\x00\x0b\x08", "lossless"),
        (b"\xff\xc5\x00\x0b\x08", "hierarchical"),
        (b"\xff\xf7\x00\x0b\x08", "JPEG-LS"),
    ],
)
def test_a_jpeg_of_a_kind_that_is_not_read_is_named(frame: bytes, words: str) -> None:
    content = as_picture(BRAIN, "JPEG")
    place = content.index(b"\xff\xc0")
    changed = content[:place] + frame + content[place + 5 :]

    with pytest.raises(UnsupportedVariant, match=words) as refusal:
        read_slice(changed)

    assert "Save it as PNG" in refusal.value.message


def test_a_bmp_of_a_kind_that_is_not_read_is_named() -> None:
    content = bytearray(as_picture(BRAIN, "BMP"))
    content[30] = 4  # a JPEG within

    with pytest.raises(UnsupportedVariant, match="compression"):
        read_slice(bytes(content))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "GIF"])
def test_a_broken_file_is_damaged_and_nothing_else(kind: str) -> None:
    content = as_picture(BRAIN, kind)

    with pytest.raises(DamagedFile):
        read_slice(content[: len(content) // 2])


def test_odd_metadata_warns_nobody(recwarn: pytest.WarningsRecorder) -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(40)
    for kind in ("JPEG", "PNG", "WEBP"):
        read_slice(saved(Image.fromarray(GREY), kind, exif=exif))

    assert not recwarn.list


def test_a_byte_order_mark_before_a_picture_is_passed_over() -> None:
    scan = read_slice(b"\xef\xbb\xbf" + as_png(BRAIN))

    assert (scan.pixels == GREY).all()
    assert "mark text" in scan.notes[0]
