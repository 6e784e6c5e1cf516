"""Pictures of every kind."""

import gc
import io
import math
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from alzer.errors import ColourImage, NotOneSlice, TooManyPixels
from alzer.scans.formats import read_slice
from alzer.scans.reduction import MOST_PIXELS, reduce_slice, reduction_for
from alzer.scans.slice import Slice
from alzer.settings import Limits
from phantoms import as_bytes, as_picture, as_png, as_png16, draw_brain, huge_png
from processes import forget_peak, memory_mb
from tiffs import TiffKind, as_tiff

BRAIN = draw_brain((104, 88))
GREY = as_bytes(BRAIN)


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "WEBP", "GIF"])
def test_lossless_pictures_come_back_exactly(kind: str) -> None:
    scan = read_slice(as_picture(BRAIN, kind))

    assert scan.format.upper() == kind
    assert (scan.as_grey() == GREY).all()


def test_jpeg_comes_back_nearly() -> None:
    scan = read_slice(as_picture(BRAIN, "JPEG", quality=95))

    assert np.abs(scan.as_grey().astype(int) - GREY).mean() < 2.0


@pytest.mark.parametrize(
    "convert",
    [
        lambda image: image.convert("RGB"),
        lambda image: image.convert("RGBA"),
        lambda image: image.convert("LA"),
        lambda image: image.convert("P"),
        lambda image: image.convert("RGB").quantize(256, dither=0).convert("RGB"),
    ],
    ids=["RGB", "RGBA", "LA", "palette", "few greys"],
)
def test_grey_in_another_dress_is_still_grey(
    convert: Callable[[Image.Image], Image.Image],
) -> None:
    scan = read_slice(saved(convert(Image.fromarray(GREY))))

    assert np.abs(scan.as_grey().astype(int) - GREY).mean() < 2.0


def test_one_bit_is_black_and_white() -> None:
    scan = read_slice(saved(Image.fromarray(GREY > 100)))

    assert set(np.unique(scan.pixels)) == {0.0, 255.0}


def test_sixteen_bits_are_not_saturated() -> None:
    scan = read_slice(as_png16(BRAIN))

    assert scan.pixels.max() > 255.0
    assert np.corrcoef(scan.pixels.ravel(), BRAIN.ravel())[0, 1] > 0.9999
    assert np.abs(scan.as_grey().astype(int) - GREY).mean() < 25.0
    assert len(np.unique(scan.as_grey())) > 100


def test_float_tiffs_are_read_with_what_is_not_finite_as_background() -> None:
    values = BRAIN.astype(np.float32)

    scan = read_slice(saved(Image.fromarray(values), "TIFF"))

    assert (scan.pixels == values).all()
    values[3, 4] = np.nan
    scan = read_slice(saved(Image.fromarray(values), "TIFF"))
    assert scan.pixels[3, 4] == 0.0
    assert any("not finite" in note for note in scan.notes)


def test_transparent_parts_are_black_and_said_to_be() -> None:
    image = Image.fromarray(GREY).convert("LA")
    alpha = np.full(GREY.shape, 255, np.uint8)
    alpha[:, :44] = 0
    image.putalpha(Image.fromarray(alpha))

    scan = read_slice(saved(image))

    assert scan.pixels[:, :44].max() == 0.0
    assert (scan.as_grey()[:, 44:] == GREY[:, 44:]).all()
    assert any("Transparent" in note for note in scan.notes)


def test_a_transparent_palette_is_read() -> None:
    image = Image.fromarray(GREY).convert("P")

    scan = read_slice(saved(image, transparency=0))

    assert scan.shape == GREY.shape


def test_colours_are_refused() -> None:
    colour = np.stack([GREY, GREY // 2, GREY // 4], axis=2)

    with pytest.raises(ColourImage, match="colours"):
        read_slice(saved(Image.fromarray(colour)))
    with pytest.raises(ColourImage, match="CMYK"):
        read_slice(saved(Image.fromarray(colour).convert("CMYK"), "TIFF"))


def test_grey_that_went_through_a_colour_jpeg_is_accepted() -> None:
    colour = Image.fromarray(GREY).convert("RGB")

    scan = read_slice(saved(colour, "JPEG", quality=60))

    assert any("channels" in note for note in scan.notes)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_every_orientation_is_shown_upright(orientation: int, kind: str) -> None:
    # What a camera would have stored, by the definition of the tag.
    upright = Image.fromarray(GREY)
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation

    scan = read_slice(saved(stored, kind, exif=exif))

    assert scan.shape == GREY.shape
    assert np.abs(scan.as_grey().astype(int) - GREY).mean() < 4.0


@pytest.mark.parametrize("kind", ["TIFF", "PNG", "WEBP", "GIF"])
def test_several_pictures_in_a_file_are_counted_and_refused(kind: str) -> None:
    others = [Image.fromarray(255 - GREY), Image.fromarray(GREY // 2)]
    content = saved(Image.fromarray(GREY), kind, save_all=True, append_images=others)

    with pytest.raises(NotOneSlice, match="3 images of 104 x 88"):
        read_slice(content)


def test_a_huge_picture_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(TooManyPixels, match="13000 x 13000"):
        read_slice(huge_png())


def test_the_limit_on_pixels_is_a_setting() -> None:
    content = as_png(BRAIN)

    assert read_slice(content, Limits(max_pixels=104 * 88)).shape == (104, 88)
    with pytest.raises(TooManyPixels):
        read_slice(content, Limits(max_pixels=104 * 88 - 1))


SIDE = 3000
FLAT = Image.fromarray(np.repeat(np.arange(SIDE, dtype=np.uint8)[:, None], SIDE, 1))

DEEP_COLOURS = np.stack([np.asarray(FLAT, np.uint16) * 9] * 3, axis=2)


@pytest.mark.parametrize(
    ("content", "bytes_per_pixel", "bytes_per_analysed"),
    [
        (saved(FLAT), 1, 4),
        (saved(FLAT.convert("RGB")), 4, 4),
        (saved(FLAT.convert("RGBA")), 4, 4),
        (saved(FLAT.convert("P")), 1, 4),
        (saved(Image.fromarray(np.asarray(FLAT, np.uint16) * 9)), 2, 4),
        (saved(FLAT.convert("RGB"), "JPEG", progressive=True, subsampling=0), 10, 0),
        (saved(FLAT, "TIFF", compression="tiff_lzw"), 1, 4),
        (saved(FLAT, "WEBP", lossless=True), 16, 0),
        (as_tiff(DEEP_COLOURS, kind=TiffKind(packed=True)), 8 + 6, 0),
        (saved(FLAT, "GIF"), 1, 4),
    ],
    ids=[
        *("L", "RGB", "RGBA", "palette", "16 bits", "progressive", "TIFF", "WebP"),
        *("16-bit colours", "GIF"),
    ],
)
def test_what_decoding_takes_is_known_from_the_header(
    content: bytes, bytes_per_pixel: int, bytes_per_analysed: int
) -> None:
    rows, columns = reduction_for((SIDE, SIDE)).shape
    needed = SIDE * SIDE * bytes_per_pixel + rows * columns * bytes_per_analysed
    gc.collect()
    forget_peak()
    before_mb = memory_mb("VmRSS")
    scan = read_slice(content, Limits(max_decoded_bytes=needed))
    taken_mb = memory_mb("VmHWM") - before_mb

    assert scan.shape == (rows, columns)
    assert taken_mb < needed / 1e6 + 25.0  # what is worked on at a time
    with pytest.raises(TooManyPixels, match="MiB"):
        read_slice(content, Limits(max_decoded_bytes=needed - 1))


def test_no_picture_within_the_default_limits_takes_more_than_they_say() -> None:
    side = 6324
    shades = np.zeros((side, side), np.uint8)
    shades[::7] = 9
    content = saved(Image.fromarray(shades).convert("RGBA"))
    del shades
    gc.collect()
    forget_peak()
    before_mb = memory_mb("VmRSS")
    scan = read_slice(content)

    assert math.prod(scan.shape) <= MOST_PIXELS
    assert len(content) < 200_000
    assert memory_mb("VmHWM") - before_mb < 220.0


LARGE = np.random.default_rng(0).integers(0, 256, (2004, 1500), np.uint8)
UPRIGHT = {
    1: LARGE,
    3: LARGE[::-1, ::-1],
    6: LARGE[::-1].T,
}  # as a person sees it, by tag


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["L", "RGB", "I;16"])
def test_a_large_picture_is_read_as_the_means_of_its_pixels(
    kind: str, orientation: int
) -> None:
    stored = Image.fromarray(LARGE)
    if kind == "I;16":
        stored = Image.fromarray(LARGE.astype(np.uint16))
    exif = Image.Exif()
    exif[0x0112] = orientation
    scan = read_slice(saved(stored.convert(kind), exif=exif))
    whole = Slice(UPRIGHT[orientation].astype(np.float32), "PNG", (0.0, 255.0))
    expected = reduce_slice(whole).pixels

    assert scan.shape == expected.shape
    assert np.allclose(scan.pixels, expected, atol=1e-3)
    assert any("1002 x 750 pixels" in note for note in scan.notes)


def test_colours_of_a_large_picture_are_seen() -> None:
    coloured = np.zeros((2000, 1500, 3), np.uint8)
    coloured[::10, :, 0] = 200

    with pytest.raises(ColourImage, match="10%"):
        read_slice(saved(Image.fromarray(coloured)))


def test_nothing_that_a_picture_says_about_a_person_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe"  # image description

    scan = read_slice(saved(Image.fromarray(GREY), "PNG", exif=exif))

    assert "Jane" not in repr(scan)
