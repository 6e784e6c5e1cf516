"""TIFF files of every depth, order and meaning of zero."""

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alzer.errors import ColourImage, NotOneSlice, UnsupportedVariant
from alzer.scans.formats import read_slice
from phantoms import draw_brain
from tiffs import (
    BITS,
    BLACK_IS_ZERO,
    COMPRESSION,
    EXTRA_SAMPLES,
    PHOTOMETRIC,
    PLANES,
    SAMPLE_FORMAT,
    WHITE_IS_ZERO,
    TiffKind,
    as_tiff,
)

BRAIN = (draw_brain((52, 44)) * 4095).astype(np.uint16)

# Values as stored, and what a reader should make of them.
DEPTHS: dict[str, NDArray[Any]] = {
    "8 bits": (BRAIN >> 4).astype(np.uint8),
    "signed 8 bits": ((BRAIN >> 4).astype(np.int16) - 128).astype(np.int8),
    "16 bits": BRAIN,
    "signed 16 bits": BRAIN.astype(np.int16) - 1000,
    "32 bits": BRAIN.astype(np.uint32) * 2**20,
    "signed 32 bits": BRAIN.astype(np.int32) - 1000,
    "float16": (BRAIN / 4096).astype(np.float16),
    "float32": (BRAIN / 4096).astype(np.float32),
    "float64": BRAIN / 4096,
}


def kind_of(
    order: str = "<", *, big: bool = False, packed: bool = False, **tags: object
) -> TiffKind:
    numbers = {"photometric": PHOTOMETRIC, "bits": BITS, "form": SAMPLE_FORMAT,
               "compression": COMPRESSION, "planes": PLANES,
               "extra": EXTRA_SAMPLES}  # fmt: skip
    fields = {numbers[name]: value for name, value in tags.items()}
    return TiffKind(order, big, packed, tags=fields)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("depth", DEPTHS)
def test_every_depth_is_read_exactly(depth: str, order: str, *, packed: bool) -> None:
    values = DEPTHS[depth]

    scan = read_slice(as_tiff(values, kind=kind_of(order, packed=packed)))

    assert (scan.pixels == values.astype(np.float32)).all()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("depth", DEPTHS)
def test_white_as_zero_is_inverted_at_every_depth(
    depth: str, order: str, *, packed: bool
) -> None:
    wanted = DEPTHS[depth].astype(np.float64)
    # Mirrored within the range that is used, which fits the type again.
    stored = (wanted.max() + wanted.min() - wanted).astype(DEPTHS[depth].dtype)
    kind = kind_of(order, packed=packed, photometric=WHITE_IS_ZERO)

    scan = read_slice(as_tiff(stored, kind=kind))

    difference = (scan.pixels - scan.pixels.min()) - (wanted - wanted.min())
    assert np.abs(difference).max() <= 5e-4 * np.ptp(wanted)  # float16 rounds
    assert any("inverted" in note for note in scan.notes)


@pytest.mark.parametrize("photometric", [WHITE_IS_ZERO, BLACK_IS_ZERO])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_twelve_bits_and_one_bit_are_read(
    order: str, photometric: int, *, packed: bool
) -> None:
    is_inverted = photometric == WHITE_IS_ZERO
    lines = (BRAIN > 2000).astype(np.uint16)
    top = int(BRAIN.max())
    twelve = kind_of(order, packed=packed, photometric=photometric, bits=(12,))
    one = kind_of(order, packed=packed, photometric=photometric, bits=(1,))
    deep = as_tiff(top - BRAIN if is_inverted else BRAIN, kind=twelve)
    flat = as_tiff(1 - lines if is_inverted else lines, kind=one)

    assert (read_slice(deep).pixels == BRAIN).all()
    assert (read_slice(flat).pixels == 255.0 * lines).all()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("depth", ["8 bits", "16 bits", "float32"])
def test_big_tiff_is_read_in_both_orders(
    depth: str, order: str, *, packed: bool
) -> None:
    kind = kind_of(order, big=True, packed=packed)

    scan = read_slice(as_tiff(DEPTHS[depth], kind=kind))

    assert scan.format == "TIFF"
    assert (scan.pixels == DEPTHS[depth].astype(np.float32)).all()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_sixteen_bit_channels_lose_nothing(
    channels: int, order: str, *, packed: bool
) -> None:
    stored = np.stack([BRAIN] * channels, axis=2)
    kind = kind_of(order, packed=packed)
    if channels != 3:
        stored[:, :, -1] = 65535
        kind = kind_of(order, packed=packed, extra=(2,))

    scan = read_slice(as_tiff(stored, kind=kind))

    assert (scan.pixels == BRAIN).all()


def test_colours_of_few_bits_in_sixteen_are_still_colours() -> None:
    stored = np.stack([BRAIN, BRAIN // 2, BRAIN // 4], axis=2)

    with pytest.raises(ColourImage):
        read_slice(as_tiff(stored))


@pytest.mark.parametrize("is_first", [False, True])
def test_a_reduced_copy_is_no_second_picture(*, is_first: bool) -> None:
    pages, subfiles = (BRAIN, BRAIN[::4, ::4]), (0, 1)
    step = -1 if is_first else 1

    scan = read_slice(as_tiff(*pages[::step], kind=TiffKind(subfiles=subfiles[::step])))

    assert (scan.pixels == BRAIN).all()
    assert scan.notes == read_slice(as_tiff(BRAIN)).notes


def test_several_pictures_beside_a_copy_are_counted() -> None:
    content = as_tiff(BRAIN, BRAIN, BRAIN[::4], kind=TiffKind(subfiles=(0, 0, 1)))

    with pytest.raises(NotOneSlice, match="2 images of 52 x 44"):
        read_slice(content)


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        (BRAIN, kind_of(compression=34927), "compression 34927"),
        (BRAIN.astype(np.uint64), kind_of(), "64 bits"),
        (np.stack([BRAIN] * 3, axis=2), kind_of(planes=2), "channels apart"),
        (np.stack([BRAIN / 9] * 3, axis=2), kind_of(), "64 [+] 64 [+] 64 bits"),
    ],
    ids=["compression", "64 bits", "planes", "float colours"],
)
def test_a_healthy_kind_that_is_not_read_is_named(
    values: NDArray[np.generic], kind: TiffKind, words: str
) -> None:
    with pytest.raises(UnsupportedVariant, match=words) as refusal:
        read_slice(as_tiff(values, kind=kind))

    assert "Save it as PNG" in refusal.value.message


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "zstd"])
def test_other_compressions_are_read(compression: str) -> None:
    file = io.BytesIO()
    Image.fromarray(BRAIN).save(file, "TIFF", compression=compression)

    assert (read_slice(file.getvalue()).pixels == BRAIN).all()
