"""Headers that break the standard, and that other programs read all the same."""

import gzip
import struct
from typing import Any

import nibabel
import numpy as np
import pytest

from alzer.errors import ColourImage, NotAnImage, NotOneSlice, UnsupportedVariant
from alzer.scans.formats import read_slice
from alzer.scans.slice import Slice
from phantoms import as_nifti, draw_brain, with_fields

BRAIN = (draw_brain((52, 44)) * 1000.0).astype(np.int16)
VOXELS = BRAIN.T[:, :, None]
FILE = as_nifti(VOXELS)
PLAIN = read_slice(FILE)


def assert_read(scan: Slice, note: str | None = None) -> None:
    assert (scan.pixels == PLAIN.pixels).all()
    assert scan.display_range == PLAIN.display_range
    assert scan.spacing_mm == PLAIN.spacing_mm
    assert not scan.warnings
    if note is None:
        assert not scan.notes
    else:
        assert any(note in each for each in scan.notes)


@pytest.mark.parametrize("slope", [0.0, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("intercept", [0.0, 5.0, np.nan])
def test_scaling_without_a_usable_slope_is_none(slope: float, intercept: float) -> None:
    content = with_fields(FILE, scl_slope=slope, scl_inter=intercept)

    assert_read(read_slice(content), "unscaled")


@pytest.mark.parametrize("intercept", [np.nan, np.inf])
def test_an_intercept_that_is_no_number_is_zero(intercept: float) -> None:
    content = with_fields(FILE, scl_slope=1.0, scl_inter=intercept)

    assert_read(read_slice(content), "intercept")


@pytest.mark.parametrize("offset", [0.0, -1.0, 4.0, np.nan, np.inf, 352.5])
def test_an_unusable_offset_is_replaced(offset: float) -> None:
    scan = read_slice(with_fields(FILE, vox_offset=offset))

    assert (scan.pixels == PLAIN.pixels).all()


@pytest.mark.parametrize("offset", [0.0, 348.0])
def test_values_right_behind_the_header_are_read(offset: float) -> None:
    content = with_fields(FILE, vox_offset=offset)

    assert_read(read_slice(content[:348] + content[352:]))


def test_extensions_of_any_content_are_passed_over() -> None:
    extension = struct.pack("<2l", 24, 99) + b"odd" * 20
    content = with_fields(FILE, vox_offset=352.0 + len(extension))
    begin = content[:348] + b"\1\0\0\0" + extension

    assert_read(read_slice(begin + content[352:]))


@pytest.mark.parametrize(
    "dim",
    [
        [4, 44, 52, 1, 0, 0, 0, 0],
        [4, 44, 52, 1, 1, 1, 1, 1],
        [5, 44, 52, 1, 1, 1, 1, 1],
        [7, 44, 52, 1, 1, 1, 1, 1],
        [2, 44, 52, 7, 1, 1, 1, 1],
        [0, 44, 52, 1, 1, 1, 1, 1],
        [1, 44, 52, 1, 1, 1, 1, 1],
        [9, 44, 52, 1, 1, 1, 1, 1],
        [-3, 44, 52, 1, 0, 0, 0, 0],
        [3, 44, 52, 0, 0, 0, 0, 0],
        [3, 44, 52, -1, 0, 0, 0, 0],
    ],
    ids=repr,
)
def test_odd_dimensions_of_one_slice_are_read(dim: list[int]) -> None:
    assert_read(read_slice(with_fields(FILE, dim=dim)))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("mark", [b"ni1", b""])
def test_a_whole_file_marked_otherwise_is_read(mark: bytes, order: str) -> None:
    header = nibabel.Nifti1Header(endianness=order)  # type: ignore[no-untyped-call]  # nibabel
    image = nibabel.Nifti1Image(VOXELS, None, header)  # type: ignore[no-untyped-call]  # nibabel
    content = bytearray(image.to_bytes())
    content[344:348] = mark.ljust(4, b"\0")

    assert_read(read_slice(bytes(content)), "pair" if mark else "no NIfTI mark")


@pytest.mark.parametrize("mark", [b"ni1", b""])
@pytest.mark.parametrize("packed", [False, True])
def test_a_header_alone_names_the_pair(mark: bytes, *, packed: bool) -> None:
    header = with_fields(FILE, magic=mark)[:348]

    with pytest.raises(NotAnImage, match=r"\.img.*\.nii"):
        read_slice(gzip.compress(header) if packed else header)


@pytest.mark.parametrize(
    "kind", ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_type_of_number_is_read(kind: str, order: str) -> None:
    values = (VOXELS // 8).astype(kind)
    header = nibabel.Nifti2Header(endianness=order)  # type: ignore[no-untyped-call]  # nibabel
    header.set_data_dtype(values.dtype)  # type: ignore[no-untyped-call]  # nibabel
    image = nibabel.Nifti2Image(values, None, header)  # type: ignore[no-untyped-call]  # nibabel

    assert (read_slice(image.to_bytes()).pixels == BRAIN // 8).all()


@pytest.mark.parametrize("order", ["<", ">"])
def test_floats_of_sixteen_bytes_are_read(order: str) -> None:
    # 1.5 * 2 ** 3, -0.0, 2 ** -1, infinity: sign, exponent and first bits of fraction.
    high = np.array([[0x4002_8000], [0x8000_0000], [0x3FFE_0000], [0x7FFF_0000]])
    words = np.hstack([high << 32, np.zeros((4, 1), np.int64)]).astype(f"{order}u8")
    raw = (words if order == ">" else words[:, ::-1]).tobytes()
    header = nibabel.Nifti1Header(endianness=order)  # type: ignore[no-untyped-call]  # nibabel
    header.set_data_shape((2, 2, 1))  # type: ignore[no-untyped-call]  # nibabel
    header["datatype"], header["magic"], header["vox_offset"] = 1536, b"n+1", 352
    content = header.binaryblock + bytes(4) + raw

    scan = read_slice(content)

    assert scan.pixels.tolist() == [[12.0, 0.0], [0.5, 0.0]]


@pytest.mark.parametrize(
    ("code", "words"),
    [(1, "single bits"), (32, "complex"), (1792, "complex"), (2048, "complex")],
)
def test_a_type_that_is_not_read_is_named(code: int, words: str) -> None:
    with pytest.raises(UnsupportedVariant, match=words):
        read_slice(with_fields(FILE, datatype=code))


def colours(channels: int, *, grey: bool) -> bytes:
    stored = np.stack([BRAIN // 4] * channels, axis=-1).astype(np.uint8)
    if not grey:
        stored[..., 1] //= 2
    names = "RGBA"[:channels]
    flat = np.ascontiguousarray(np.moveaxis(stored, 0, 1))
    fields: list[Any] = [(name, "u1") for name in names]
    return as_nifti(flat.view(np.dtype(fields))[..., 0][:, :, None])


def test_grey_in_three_channels_is_grey() -> None:
    scan = read_slice(colours(3, grey=True))

    assert (scan.pixels == BRAIN // 4).all()
    assert any("channels" in note for note in scan.notes)


@pytest.mark.parametrize("channels", [3, 4])
def test_colours_are_named(channels: int) -> None:
    with pytest.raises(ColourImage, match="colours"):
        read_slice(colours(channels, grey=False))


def test_colours_along_the_fifth_axis_are_named() -> None:
    with pytest.raises(ColourImage, match="3 values for each pixel"):
        read_slice(as_nifti(np.zeros((44, 52, 1, 1, 3), np.uint8)))


def test_several_points_in_time_are_counted() -> None:
    with pytest.raises(NotOneSlice, match="3 images"):
        read_slice(as_nifti(np.zeros((44, 52, 1, 3), np.uint8)))


def test_values_that_are_no_numbers_are_background() -> None:
    values = VOXELS.astype(np.float32)
    values[:9] = np.nan

    scan = read_slice(as_nifti(values))

    assert (scan.pixels[:, :9] == 0.0).all()
    assert (scan.pixels[:, 9:] == BRAIN[:, 9:]).all()
    assert "not finite" in scan.notes[0]
