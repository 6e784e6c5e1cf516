"""How slices form one block, and what is said of those that do not."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from alzer.errors import IncompleteSeries, NotBrainLike, SeveralScans, UnusableScan
from phantoms import save_dicom
from volume_files import (
    ROUNDING,
    SIZES,
    affine_of,
    as_series,
    datasets,
    error_of,
    read_volume,
)

AFFINE = affine_of((1, 2, 0), (1, -1, -1), turn_degrees=7.0)


def shift(dataset: Dataset, by_mm: float, direction: int) -> None:
    """Move one slice along a patient axis."""
    position = [float(one) for one in dataset.ImagePositionPatient]
    position[direction] += by_mm
    dataset.ImagePositionPatient = [f"{one:.10g}" for one in position]


def without(dataset: Dataset, keyword: str) -> Dataset:
    """Take an element away."""
    delattr(dataset, keyword)
    return dataset


def test_slices_in_any_order_are_sorted_by_their_place() -> None:
    series = datasets(AFFINE)
    for dataset, number in zip(
        series, np.random.default_rng(3).permutation(18), strict=True
    ):
        dataset.InstanceNumber = int(number)
    volume = read_volume(*map(save_dicom, series))

    assert error_of(volume) < ROUNDING
    assert not volume.warnings


@pytest.mark.parametrize(
    ("absent", "said"),
    [
        ([4], "slice 5 of 18 is missing"),
        ([4, 5, 6], "slices 5 to 7 of 18 are missing"),
        ([2, 9, 10], "slices 3 and 10 to 11 of 18 are missing"),
    ],
)
def test_missing_slices_are_named(absent: list[int], said: str) -> None:
    files = [
        one for number, one in enumerate(as_series(AFFINE)) if number not in absent
    ]
    with pytest.raises(IncompleteSeries, match=said):
        read_volume(*files)


def test_slices_missing_in_a_large_gap_are_named() -> None:
    files = as_series(AFFINE, (*SIZES[:2], 60))
    with pytest.raises(IncompleteSeries, match="slices 11 to 40 of 60 are missing"):
        read_volume(*files[:10], *files[40:])


def test_files_of_two_people_are_no_series() -> None:
    series = datasets(AFFINE, PatientID="one")
    for dataset in series[::2]:
        dataset.PatientID = "two"
    with pytest.raises(SeveralScans, match="different patients"):
        read_volume(*map(save_dicom, series))


def test_a_patient_s_number_may_be_padded() -> None:
    series = datasets(AFFINE, PatientID="one")
    series[3].PatientID = "one "

    assert read_volume(*map(save_dicom, series)).voxels.shape == SIZES


def test_slices_that_come_twice_are_used_once() -> None:
    series = datasets(AFFINE)
    again = datasets(AFFINE, StationName="another")[3:6]
    volume = read_volume(*map(save_dicom, [*series, *again, series[8]]))

    assert error_of(volume) < ROUNDING
    assert volume.voxels.shape == SIZES
    assert any("3 slices that repeat" in note for note in volume.notes)


def test_different_slices_at_one_place_are_named() -> None:
    other = datasets(AFFINE)[6]
    other.PixelData = bytes(len(other.PixelData))
    with pytest.raises(IncompleteSeries, match="different images at slice 7 of 18"):
        read_volume(*as_series(AFFINE), save_dicom(other))


def test_several_volumes_in_a_series_are_refused_with_their_number() -> None:
    series = datasets(AFFINE)
    later = [*datasets(AFFINE), *datasets(AFFINE)]
    for number, dataset in enumerate(later):
        values = np.frombuffer(dataset.PixelData, "<u2") + 1 + number // 18
        dataset.PixelData = values.astype("<u2").tobytes()
    with pytest.raises(IncompleteSeries, match="3 images at each place"):
        read_volume(*map(save_dicom, series + later))


@pytest.mark.parametrize("tilt_degrees", [-20.0, 15.0])
def test_gantry_tilt_stays_in_the_affine(tilt_degrees: float) -> None:
    affine = affine_of()
    affine[:3, 2] *= 0.9  # 9 mm
    affine[:3, 2] += affine[:3, 1] / 8.0 * 9.0 * np.tan(np.radians(tilt_degrees))
    volume = read_volume(*as_series(affine))

    assert error_of(volume) < ROUNDING
    assert any(f"{abs(tilt_degrees):.1f} degrees" in note for note in volume.notes)


def test_slices_beside_the_others_are_refused() -> None:
    series = datasets(affine_of())
    shift(series[5], 12.0, 0)
    with pytest.raises(IncompleteSeries, match=r"shifted .* 12 mm"):
        read_volume(*map(save_dicom, series))


def test_uneven_distances_are_refused_with_what_they_are() -> None:
    series = datasets(affine_of())
    for dataset in series[9:]:
        shift(dataset, 4.0, 2)
    with pytest.raises(IncompleteSeries, match=r"10 to 14 mm apart"):
        read_volume(*map(save_dicom, series))


def test_places_that_were_rounded_are_no_gaps() -> None:
    series = datasets(affine_of(turn_degrees=20.0))
    for dataset in series:
        dataset.ImagePositionPatient = [
            f"{float(one):.0f}" for one in dataset.ImagePositionPatient
        ]
    volume = read_volume(*map(save_dicom, series))

    assert error_of(volume) < 0.1


@pytest.mark.parametrize(
    ("keyword", "said"),
    [
        ("ImagePositionPatient", "where they lie"),
        ("ImageOrientationPatient", "how they lie"),
        ("PixelSpacing", "how they lie or how large"),
    ],
)
def test_slices_that_do_not_say_where_they_are_are_refused(
    keyword: str, said: str
) -> None:
    with pytest.raises(IncompleteSeries, match=said):
        read_volume(*(save_dicom(without(one, keyword)) for one in datasets(AFFINE)))


def test_directions_that_are_not_at_right_angles_are_refused() -> None:
    wrong = ["1", "0", "0", "0.5", "0.8", "0"]
    with pytest.raises(IncompleteSeries, match="right angles"):
        read_volume(*as_series(AFFINE, ImageOrientationPatient=wrong))


def test_a_slab_is_no_whole_head() -> None:
    affine = affine_of()
    affine[:3, 2] /= 4.0
    with pytest.raises(NotBrainLike, match="180 x 192 x 45 mm"):
        read_volume(*as_series(affine))


def test_all_slices_at_one_place_are_no_volume() -> None:
    place = ["0", "0", "0"]
    with pytest.raises(UnusableScan, match="one place"):
        read_volume(*as_series(AFFINE, ImagePositionPatient=place))
