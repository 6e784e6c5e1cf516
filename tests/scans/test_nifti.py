"""NIfTI and MGH of one slice."""

import gzip
import io
import itertools
import struct
from typing import Any

import nibabel
import numpy as np
import pytest

from alzer.errors import (
    ColourImage,
    DamagedFile,
    InvalidValues,
    NotOneSlice,
    TooManyPixels,
    UnusableScan,
)
from alzer.scans.formats import read_slice
from alzer.scans.orientation import directions, to_standard_view
from alzer.scans.reduction import reduce_slice
from alzer.scans.slice import DISPLAY_PERCENTILES, Slice
from alzer.settings import Limits
from phantoms import as_nifti, draw_brain

BRAIN = (draw_brain((104, 88)) * 1000.0).astype(np.int16)

# The directions of an axial picture seen as it should be: down to the back,
# across to the left. So voxels [x, y] with x to the left, y to the back are its
# transpose.
CANONICAL = np.diag([-1.0, -2.0, 3.0, 1.0])
VOXELS = BRAIN.T[:, :, None]


def as_mgh(values: np.ndarray[Any, Any], affine: np.ndarray[Any, Any]) -> bytes:
    image = nibabel.MGHImage(values, affine)  # type: ignore[no-untyped-call]  # nibabel
    return bytes(image.to_bytes())


def test_an_axial_slice_is_seen_face_up() -> None:
    scan = read_slice(as_nifti(VOXELS, CANONICAL))

    assert scan.format == "NIfTI"
    assert (scan.pixels == BRAIN).all()
    assert scan.affine is not None
    assert directions(scan.affine) == ("P", "L")
    assert scan.spacing_mm == (2.0, 1.0)


ORDERS = list(itertools.permutations(range(3)))
FLIPS = list(itertools.product((False, True), repeat=3))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("flips", FLIPS)
def test_the_order_of_the_file_makes_no_difference(
    order: tuple[int, ...], flips: tuple[bool, ...]
) -> None:
    flipped = [axis for axis in range(3) if flips[axis]]
    image = nibabel.Nifti1Image(VOXELS, CANONICAL)  # type: ignore[no-untyped-call]  # nibabel
    changes = [[order.index(axis), -1 if axis in flipped else 1] for axis in range(3)]
    content = image.as_reoriented(np.array(changes)).to_bytes()  # type: ignore[no-untyped-call]  # nibabel

    view = to_standard_view(read_slice(content))

    assert (view.pixels == BRAIN).all()
    assert view.orientation == ("P", "L")
    assert view.pixel_aspect == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("thin", "letters"), [(1, ("I", "L")), (0, ("I", "P"))], ids=["coronal", "sagittal"]
)
def test_other_planes_are_seen_head_up(thin: int, letters: tuple[str, str]) -> None:
    values = np.expand_dims(BRAIN, thin)

    scan = read_slice(as_nifti(values, np.diag([1.0, 1.0, 1.0, 1.0])))

    assert to_standard_view(scan).orientation == letters


def test_a_file_without_orientation_is_read_as_it_is() -> None:
    scan = read_slice(as_nifti(VOXELS))

    assert scan.affine is None
    assert (scan.pixels == BRAIN).all()


def test_flat_files_need_no_third_axis() -> None:
    assert (read_slice(as_nifti(BRAIN.T)).pixels == BRAIN).all()


def test_gzipped_files_are_unpacked() -> None:
    content = gzip.compress(as_nifti(VOXELS, CANONICAL))

    assert (read_slice(content).pixels == BRAIN).all()


def test_nifti_2_and_mgh_are_read() -> None:
    second = nibabel.Nifti2Image(VOXELS, CANONICAL)  # type: ignore[no-untyped-call]  # nibabel
    mgh = as_mgh(VOXELS, CANONICAL)

    assert (read_slice(second.to_bytes()).pixels == BRAIN).all()
    assert (read_slice(mgh).pixels == BRAIN).all()
    assert read_slice(mgh).format == "MGH"
    assert (read_slice(gzip.compress(mgh)).pixels == BRAIN).all()


def test_big_endian_files_are_read() -> None:
    header = nibabel.Nifti1Header(endianness=">")  # type: ignore[no-untyped-call]  # nibabel
    image = nibabel.Nifti1Image(VOXELS, CANONICAL, header)  # type: ignore[no-untyped-call]  # nibabel

    assert (read_slice(image.to_bytes()).pixels == BRAIN).all()


@pytest.mark.parametrize("shape", [(9, 8, 7), (9, 8, 1, 5)])
def test_a_volume_is_refused_with_its_dimensions(shape: tuple[int, ...]) -> None:
    with pytest.raises(NotOneSlice, match=" x ".join(map(str, shape))):
        read_slice(as_nifti(np.zeros(shape, np.int16)))


@pytest.mark.parametrize("places", [(2, 3), (3, 4), (0, 3), (1, 3)])
def test_axes_of_one_voxel_are_left_out_wherever_they_are(
    places: tuple[int, int],
) -> None:
    values = BRAIN.T.astype(np.float32)
    shape = [1] * 5
    for place, side in zip(places, values.shape, strict=True):
        shape[place] = side

    scan = read_slice(as_nifti(values.reshape(shape), np.diag([1.0, 2.0, 3.0, 1.0])))

    assert (scan.pixels == BRAIN).all()
    assert (scan.affine, scan.spacing_mm) == (None, None)
    assert any("beyond the file's axes of space" in note for note in scan.notes)


def test_a_header_that_claims_terabytes_is_refused_by_its_claim() -> None:
    content = bytearray(as_nifti(VOXELS)[:352])
    struct.pack_into("<8h", content, 40, 3, 32767, 32767, 1, 1, 1, 1, 1)

    with pytest.raises(TooManyPixels, match="32767"):
        read_slice(gzip.compress(bytes(content)))


def test_a_bomb_is_unpacked_no_further_than_the_limit() -> None:
    content = gzip.compress(as_nifti(VOXELS) + bytes(50_000_000))

    with pytest.raises(TooManyPixels, match="unpacks"):
        read_slice(content, Limits(max_decoded_bytes=1_000_000))


def test_a_file_without_any_number_is_refused() -> None:
    with pytest.raises(InvalidValues):
        read_slice(as_nifti(np.full(VOXELS.shape, np.nan, np.float32)))


def test_scaling_is_applied() -> None:
    content = bytearray(as_nifti(VOXELS))
    struct.pack_into("<2f", content, 112, 2.0, -5.0)

    assert (read_slice(bytes(content)).pixels == BRAIN * 2.0 - 5.0).all()


def test_colours_are_refused() -> None:
    colour = np.zeros((9, 8, 1), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    colour["R"] = 200

    with pytest.raises(ColourImage):
        read_slice(as_nifti(colour))


@pytest.mark.parametrize("dimension", [0, -3])
def test_impossible_dimensions_are_damage(dimension: int) -> None:
    content = bytearray(as_nifti(VOXELS))
    struct.pack_into("<h", content, 42, dimension)

    with pytest.raises(DamagedFile):
        read_slice(bytes(content))


def test_an_unknown_type_of_voxel_is_damage() -> None:
    content = bytearray(as_nifti(VOXELS))
    struct.pack_into("<h", content, 70, 9999)

    with pytest.raises(DamagedFile):
        read_slice(bytes(content))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("share", [0.001, 0.02, 0.1, 0.5, 0.99])
def test_cut_off_files_are_refused(share: float, *, packed: bool) -> None:
    content = as_nifti(VOXELS, CANONICAL)
    content = gzip.compress(content) if packed else content

    with pytest.raises(UnusableScan):
        read_slice(content[: int(len(content) * share)])


def test_damaged_packing_is_refused() -> None:
    content = bytearray(gzip.compress(as_nifti(VOXELS, CANONICAL)))
    middle = len(content) // 2
    content[middle : middle + 40] = b"\xff" * 40

    with pytest.raises(UnusableScan):
        read_slice(bytes(content))


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("strange", [np.nan, np.inf, -9999.0])
def test_background_of_a_large_image_is_filled_before_blocks_are_averaged(
    strange: float, kind: str
) -> None:
    pixels = np.random.default_rng(0).uniform(100.0, 900.0, (2004, 1500))
    pixels[::3] = 0.0
    filled = pixels.astype(np.float32)
    filled[700:710, 300:305] = 0.0
    pixels[700:710, 300:305] = strange
    scan = read_slice(gzip.compress(as_nifti(pixels.T.astype(kind)), 1))
    expected = reduce_slice(Slice(filled, "NIfTI", (0.0, 1.0))).pixels

    assert scan.shape == (1002, 750)
    assert (scan.pixels == expected).all()
    assert scan.display_range == tuple(np.percentile(expected, DISPLAY_PERCENTILES))
    assert any("less than 1 %" in note for note in scan.notes)


def test_the_description_in_the_header_is_not_kept() -> None:
    image = nibabel.Nifti1Image(VOXELS, CANONICAL)  # type: ignore[no-untyped-call]  # nibabel
    image.header["descrip"] = b"Doe^Jane"

    assert "Doe" not in repr(read_slice(io.BytesIO(image.to_bytes()).getvalue()))
