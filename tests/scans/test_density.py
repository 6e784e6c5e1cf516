"""Pixels that are not square, by the densities that pictures declare."""

import io
from zlib import crc32

import numpy as np
import pytest
from PIL import Image

from alzer.scans.formats import read_slice
from alzer.scans.slice import Slice
from phantoms import as_bytes, draw_brain
from tiffs import UNIT, X_RESOLUTION, Y_RESOLUTION, TiffKind, as_tiff

GREY = as_bytes(draw_brain((52, 44)))


def read(kind: str, **options: object) -> Slice:
    file = io.BytesIO()
    Image.fromarray(GREY).save(file, kind, **options)
    return read_slice(file.getvalue())


def png_with(across: int, down: int, unit: int) -> bytes:
    """Write a PNG whose pHYs chunk is set by hand: Pillow has no other unit."""
    file = io.BytesIO()
    Image.fromarray(GREY).save(file, "PNG", dpi=(25.4, 25.4))
    content = bytearray(file.getvalue())
    place = content.index(b"pHYs")
    values = across.to_bytes(4) + down.to_bytes(4) + bytes([unit])
    content[place + 4 : place + 13] = values
    content[place + 13 : place + 17] = crc32(b"pHYs" + values).to_bytes(4)
    return bytes(content)


def exif_of(across: float, down: float, unit: int) -> Image.Exif:
    exif = Image.Exif()
    exif[282], exif[283], exif[296] = across, down, unit
    return exif


def tiff_with(across: float, down: float, unit: int) -> Slice:
    tags = {X_RESOLUTION: across, Y_RESOLUTION: down, UNIT: unit}
    return read_slice(as_tiff(GREY, kind=TiffKind(tags=tags)))


@pytest.mark.parametrize(
    ("across", "down", "spacing"),
    [(2000, 1000, (1.0, 0.5)), (1000, 1250, (0.8, 1.0)), (40, 20, (50.0, 25.0))],
)
def test_densities_per_metre_are_millimetres(
    across: int, down: int, spacing: tuple[float, float]
) -> None:
    scan = read_slice(png_with(across, down, 1))

    assert scan.spacing_mm == pytest.approx(spacing)
    assert any("times as high as wide" in note for note in scan.notes)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP"])
def test_every_format_tells_the_shape_of_a_pixel(kind: str) -> None:
    if kind == "WEBP":
        scan = read(kind, exif=exif_of(200.0, 100.0, 2))
    else:
        scan = read(kind, dpi=(200, 100))

    assert scan.spacing_mm is not None
    assert scan.spacing_mm[0] / scan.spacing_mm[1] == pytest.approx(2.0, rel=0.001)


def test_a_ratio_alone_is_in_units_of_the_smaller_one() -> None:
    assert read_slice(png_with(3, 2, 0)).spacing_mm == (1.5, 1.0)
    assert read_slice(png_with(2, 3, 0)).spacing_mm == (1.0, 1.5)
    assert tiff_with(200.0, 100.0, 2).spacing_mm == (2.0, 1.0)
    assert tiff_with(200.0, 100.0, 1).spacing_mm == (2.0, 1.0)


def test_densities_per_centimetre_are_millimetres() -> None:
    assert tiff_with(20.0, 10.0, 3).spacing_mm == pytest.approx((1.0, 0.5))
    exif = exif_of(20.0, 10.0, 3)
    assert read("JPEG", exif=exif).spacing_mm == pytest.approx((1.0, 0.5))


def test_gif_states_a_ratio() -> None:
    file = io.BytesIO()
    Image.fromarray(GREY).save(file, "GIF")
    content = bytearray(file.getvalue())
    content[12] = 2 * 64 - 15  # twice as wide as high

    assert read_slice(bytes(content)).spacing_mm == (1.0, 2.0)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP"])
@pytest.mark.parametrize("dpi", [(72, 72), (300, 300)])
def test_equal_densities_say_nothing(kind: str, dpi: tuple[int, int]) -> None:
    scan = read(kind, dpi=dpi)

    assert scan.spacing_mm is None
    assert not scan.notes


@pytest.mark.parametrize(("across", "down"), [(6000, 1000), (1000, 6000)])
def test_absurd_densities_are_ignored_and_said_to_be(across: int, down: int) -> None:
    scan = read_slice(png_with(across, down, 1))

    assert scan.spacing_mm is None
    assert any("not plausible" in note for note in scan.notes)


@pytest.mark.parametrize(("across", "down"), [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0)])
def test_a_density_of_zero_says_nothing(across: float, down: float) -> None:
    assert tiff_with(across, down, 3).spacing_mm is None


def test_an_absurd_length_leaves_the_ratio() -> None:
    assert read_slice(png_with(2, 1, 1)).spacing_mm == (2.0, 1.0)


def test_spacing_turns_with_the_picture() -> None:
    exif = exif_of(200.0, 100.0, 2)
    exif[274] = 6
    scan = read("JPEG", exif=exif)

    assert scan.shape == GREY.T.shape
    assert scan.spacing_mm == (1.0, 2.0)
    assert np.isfinite(scan.pixels).all()
