"""Volumes and slices of DICOM files."""

import pytest

from alzer.errors import IncompleteSeries, UnusableScan
from phantoms import as_dicom, draw_brain
from volume_files import SIZES, UNTOLD, affine_of, as_series, read_volume

AFFINE = affine_of((1, 2, 0), (1, -1, -1))


def test_fewer_slices_than_a_volume_has_are_slices() -> None:
    with pytest.raises(UnusableScan, match="7 separate"):
        read_volume(*as_series(AFFINE)[:7])


def test_a_series_with_another_slice_size_within_is_refused() -> None:
    files = as_series(AFFINE)
    files[8] = as_dicom(draw_brain(), SeriesInstanceUID="1.2.3.77")
    with pytest.raises(IncompleteSeries, match="slice 9 of 18 is missing"):
        read_volume(*files)


def test_one_damaged_file_of_a_series_is_not_passed_over() -> None:
    files = as_series(AFFINE)
    with pytest.raises(UnusableScan):
        read_volume(*files[:-1], files[-1][:-50])


def test_a_contrast_agent_is_warned_of_and_an_untold_contrast_noted() -> None:
    enhanced = read_volume(*as_series(AFFINE, ContrastBolusAgent="Gd"))
    untold = read_volume(*as_series(AFFINE, SIZES, **UNTOLD))
    plain = read_volume(*as_series(AFFINE))

    assert any("contrast agent" in warning for warning in enhanced.warnings)
    assert any("does not say whether" in note for note in untold.notes)
    assert not plain.warnings + plain.notes
