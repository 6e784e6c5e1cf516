"""Whole scans from one file or many: the same head in every format that holds it."""

import gzip
from collections.abc import Callable

import numpy as np
import pytest

from alzer.errors import (
    DamagedFile,
    EmptyFile,
    NotAnImage,
    NotBrainLike,
    NotOneSlice,
    SeveralScans,
    TooManyBytes,
    TooManyPixels,
)
from alzer.scans.formats import read_slice
from alzer.scans.reading import File, read_scan, read_scans
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.settings import Limits
from phantoms import as_dicom, as_nifti, as_picture, draw_brain, with_fields
from volume_files import (
    ORIENTATIONS,
    ROUNDING,
    SIZES,
    SPACING_MM,
    affine_of,
    as_enhanced,
    as_mgh,
    as_pair,
    as_series,
    as_zip,
    error_of,
    named,
    read_volume,
    stored,
)

# Of a right hand, as the axes of a DICOM series always are.
AFFINE = affine_of((1, 2, 0), (1, -1, -1), turn_degrees=12.0)
SLICE = as_picture(draw_brain((64, 56)), "PNG")


@pytest.mark.parametrize(("order", "signs"), ORIENTATIONS)
def test_nifti_lies_where_its_affine_says_in_all_48_orientations(
    order: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    affine = affine_of(order, signs)
    volume = read_volume(as_nifti(stored(affine), affine))

    assert volume.source == "NIfTI"
    assert volume.voxels.shape == SIZES
    assert volume.spacing_mm == pytest.approx(SPACING_MM)
    assert error_of(volume) < ROUNDING


@pytest.mark.parametrize(("order", "signs"), ORIENTATIONS)
def test_a_dicom_series_lies_where_it_says_in_all_48_orientations(
    order: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    # A frame of patient axes has one hand; slices come in any order.
    volume = read_volume(*as_series(affine_of(order, signs))[::-1])

    assert volume.source == "DICOM"
    assert error_of(volume) < ROUNDING


VALUES = stored(AFFINE)
SERIES = as_series(AFFINE)
FORMATS: dict[str, tuple[str, list[File]]] = {
    "NIfTI": ("NIfTI", [File(as_nifti(VALUES, AFFINE))]),
    "NIfTI gz": ("NIfTI", [File(gzip.compress(as_nifti(VALUES, AFFINE)))]),
    "NIfTI of floats": ("NIfTI", [File(as_nifti(VALUES.astype("f4"), AFFINE))]),
    "NIfTI, 4-D of one": ("NIfTI", [File(as_nifti(VALUES[..., None], AFFINE))]),
    "MGH": ("MGH", [File(as_mgh(VALUES, AFFINE))]),
    "MGZ": ("MGH", [File(gzip.compress(as_mgh(VALUES, AFFINE)))]),
    "pair": ("NIfTI", list(map(File, as_pair(VALUES, AFFINE), ("T1.hdr", "T1.img")))),
    "DICOM in parts": ("DICOM", list(map(File, SERIES))),
    "DICOM gzipped": ("DICOM", [File(gzip.compress(one)) for one in SERIES]),
    "DICOM in a zip": ("DICOM", [File(as_zip(named(SERIES)))]),
    "enhanced DICOM": ("DICOM", [File(as_enhanced(AFFINE))]),
    "enhanced in a zip": ("DICOM", [File(as_zip({"a/b": as_enhanced(AFFINE)}))]),
}


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_head_lies_at_the_same_place_in_every_format(name: str) -> None:
    source, files = FORMATS[name]
    (volume,) = read_scans(files)

    assert isinstance(volume, Volume)
    assert volume.source == source
    assert volume.voxels.dtype == np.float32
    assert volume.voxels.T.flags.c_contiguous
    assert volume.voxels.shape == SIZES
    assert np.allclose(volume.affine, AFFINE, atol=1e-4)
    assert error_of(volume) < ROUNDING


def test_the_scaling_of_a_volume_is_applied_and_padding_is_background() -> None:
    values = stored(AFFINE).astype(np.float32)
    values[0, 0, :3] = np.nan, np.inf, 1e20
    volume = read_volume(with_fields(as_nifti(values, AFFINE), scl_slope=0.5))

    assert np.isfinite(volume.voxels).all()
    assert (volume.voxels[0, 0, :3] == 0.0).all()
    assert np.allclose(volume.voxels[1:], values[1:] / 2.0)
    assert any("background" in note for note in volume.notes)


def test_one_slice_in_three_dimensions_stays_a_slice() -> None:
    content = as_nifti((draw_brain((64, 56)).T * 4000)[:, :, None].astype(np.int16))
    scan = read_scan([File(content)])

    assert isinstance(scan, Slice)
    assert np.array_equal(scan.pixels, read_slice(content).pixels)


@pytest.mark.parametrize(
    "content", [SLICE, gzip.compress(SLICE, mtime=0), as_dicom(draw_brain())]
)
def test_a_slice_is_read_as_by_itself(content: bytes) -> None:
    scan, alone = read_scan([File(content)]), read_slice(content)

    assert isinstance(scan, Slice)
    assert np.array_equal(scan.pixels, alone.pixels)
    assert scan.notes == alone.notes
    assert scan.warnings == alone.warnings


@pytest.mark.parametrize("make", [as_nifti, as_mgh], ids=["NIfTI", "MGH"])
def test_several_volumes_in_one_file_are_refused_with_their_number(
    make: Callable[..., bytes],
) -> None:
    values = np.stack([stored(AFFINE)] * 3, axis=-1)
    with pytest.raises(NotOneSlice, match="3 volumes of 20 x 24 x 18"):
        read_volume(make(values, AFFINE))


@pytest.mark.parametrize("make", [as_nifti, as_mgh], ids=["NIfTI", "MGH"])
def test_a_volume_that_is_cut_off_is_refused(make: Callable[..., bytes]) -> None:
    content = make(stored(AFFINE), AFFINE)
    with pytest.raises(DamagedFile, match="promises"):
        read_volume(content[:-100])


def test_mgh_without_orientation_is_taken_as_freesurfer_takes_it() -> None:
    content = bytearray(as_mgh(stored(affine_of()), affine_of()))
    content[28:30] = bytes(2)  # its flag of a good orientation
    with pytest.raises(NotBrainLike, match="20 x 24 x 18 mm"):  # voxels of 1 mm
        read_volume(bytes(content))


def test_a_volume_over_the_limits_is_refused_by_its_header() -> None:
    content = as_nifti(stored(AFFINE), AFFINE)
    with pytest.raises(TooManyPixels, match="20 x 24 x 18"):
        read_scan([File(content)], Limits(max_voxels=8000))
    with pytest.raises(TooManyPixels):
        read_scan(map(File, as_series(AFFINE)), Limits(max_voxels=8000))


def test_files_over_the_limits_together_are_refused() -> None:
    files = [File(one) for one in as_series(AFFINE)]
    with pytest.raises(TooManyBytes, match="18 files, over the limit of 17"):
        read_scan(files, Limits(max_files=17))
    with pytest.raises(TooManyBytes, match="together"):
        read_scan(files, Limits(max_scan_bytes=9000))


def test_pictures_and_other_files_beside_a_volume_are_left_out() -> None:
    others = {"logo.png": SLICE, "README.TXT": b"read me", "VIEWER.EXE": b"MZ" * 99}
    volume = read_volume(as_zip({**named(as_series(AFFINE)), **others}))

    assert error_of(volume) < ROUNDING


def test_separate_slices_are_all_read_where_all_are_asked_for() -> None:
    contents = [SLICE, as_dicom(draw_brain()), as_dicom(draw_brain(seed=2))]
    scans = read_scans(map(File, contents))

    assert [type(scan) for scan in scans] == [Slice] * 3
    with pytest.raises(SeveralScans, match="3 separate slices"):
        read_scan(map(File, contents))


@pytest.mark.parametrize(
    ("contents", "failure"),
    [
        ([], EmptyFile),
        ([b""], EmptyFile),
        ([b"text" * 99], NotAnImage),
        ([b"text" * 99, b"more" * 99], NotAnImage),
        ([as_zip({"a.txt": b"text"})], NotAnImage),
        ([as_zip({})], NotAnImage),
    ],
)
def test_nothing_that_is_read_is_refused(
    contents: list[bytes], failure: type[Exception]
) -> None:
    with pytest.raises(failure):
        read_scan(map(File, contents))


def test_no_name_of_a_file_is_kept() -> None:
    files = [File(one, f"Doe_Jane_{i}.dcm") for i, one in enumerate(as_series(AFFINE))]
    (volume,) = read_scans(files)

    assert "Doe" not in repr(volume)
