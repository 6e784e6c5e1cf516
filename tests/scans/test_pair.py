"""NIfTI and Analyze 7.5 in two files."""

import gzip
import io
import itertools
from typing import Any

import nibabel
import numpy as np
import pytest

from alzer.errors import DamagedFile, EmptyFile, NotAnImage, TooManyBytes
from alzer.scans.formats import read_slice, read_slice_pair
from alzer.scans.pair import join_pair
from alzer.settings import Limits
from phantoms import as_nifti, as_png, draw_brain, with_fields

BRAIN = (draw_brain((52, 44)) * 1000.0).astype(np.int16)
VOXELS = BRAIN.T[:, :, None]
AXIAL = np.diag([-1.0, -2.0, 3.0, 1.0])
HEADER = with_fields(as_nifti(VOXELS, AXIAL), magic=b"ni1", vox_offset=0.0)[:348]
IMAGE = VOXELS.tobytes(order="F")


def pair_of(image_class: Any, values: np.ndarray[Any, Any]) -> tuple[bytes, bytes]:  # noqa: ANN401 - nibabel has no types
    """Write both files as nibabel does."""
    contents = {name: io.BytesIO() for name in image_class.make_file_map()}
    files = {
        name: nibabel.FileHolder(fileobj=content) for name, content in contents.items()
    }
    image_class(values, AXIAL).to_file_map(files)
    return contents["header"].getvalue(), contents["image"].getvalue()


PACKINGS = list(itertools.product((False, True), repeat=2))


@pytest.mark.parametrize(("header_packed", "image_packed"), PACKINGS)
@pytest.mark.parametrize("behind", [b"", bytes(100)])
def test_a_pair_is_read_as_one_file(
    behind: bytes, *, header_packed: bool, image_packed: bool
) -> None:
    header = gzip.compress(HEADER) if header_packed else HEADER
    image = gzip.compress(IMAGE + behind) if image_packed else IMAGE + behind

    scan = read_slice_pair(header, image)

    twin = read_slice(as_nifti(VOXELS, AXIAL))
    assert (scan.pixels == twin.pixels).all()
    assert scan.spacing_mm == twin.spacing_mm
    assert np.array_equal(scan.affine, twin.affine)  # type: ignore[arg-type]  # both are there
    assert not scan.notes
    assert not scan.warnings


@pytest.mark.parametrize(
    "image_class",
    [
        nibabel.Nifti1Pair,
        nibabel.Nifti2Pair,
        nibabel.AnalyzeImage,
        nibabel.Spm99AnalyzeImage,
    ],
)
def test_every_kind_of_pair_is_read(image_class: type[Any]) -> None:
    scan = read_slice_pair(*pair_of(image_class, VOXELS))

    assert (scan.pixels == BRAIN).all()
    assert scan.spacing_mm == (2.0, 1.0)


def test_an_analyze_pair_says_nothing_of_orientation() -> None:
    scan = read_slice_pair(*pair_of(nibabel.AnalyzeImage, VOXELS))

    assert scan.affine is None
    assert any("Analyze 7.5" in note for note in scan.notes)


@pytest.mark.parametrize("order", ["<", ">"])
def test_values_that_begin_later_are_found(order: str) -> None:
    header = nibabel.Nifti1Header(endianness=order)  # type: ignore[no-untyped-call]  # nibabel
    header.set_data_dtype(np.int16)  # type: ignore[no-untyped-call]  # nibabel
    header.set_data_shape(VOXELS.shape)  # type: ignore[no-untyped-call]  # nibabel
    header["vox_offset"], header["magic"] = 1024, b"ni1"
    image = bytes(1024) + VOXELS.astype(f"{order}i2").tobytes(order="F")

    assert (read_slice_pair(header.binaryblock, image).pixels == BRAIN).all()


@pytest.mark.parametrize("offset", [np.nan, -1.0, 352.0])
def test_an_unusable_offset_is_zero(offset: float) -> None:
    header = with_fields(HEADER, vox_offset=offset, magic=b"n+1")

    assert (read_slice_pair(header, IMAGE).pixels == BRAIN).all()


def test_too_few_values_are_damage_and_none_are_half_a_pair() -> None:
    with pytest.raises(DamagedFile, match="promises"):
        read_slice_pair(HEADER, IMAGE[:-10])
    analyze, values = pair_of(nibabel.AnalyzeImage, VOXELS)
    with pytest.raises(DamagedFile, match="promises"):
        read_slice_pair(analyze, values[:-10])
    with pytest.raises(NotAnImage, match=r"\.img"):
        read_slice(analyze)


def test_an_empty_half_is_said_to_be_empty() -> None:
    with pytest.raises(EmptyFile, match=r"\.img"):
        join_pair(HEADER, b"")


@pytest.mark.parametrize("header", [b"", as_png(draw_brain()), b"text", bytes(348)])
def test_a_pair_needs_a_header(header: bytes) -> None:
    with pytest.raises(DamagedFile, match=r"\.hdr"):
        join_pair(header, IMAGE)


def test_the_limit_on_bytes_holds_for_both_together() -> None:
    with pytest.raises(TooManyBytes):
        read_slice_pair(HEADER, IMAGE, Limits(max_file_bytes=len(IMAGE)))
