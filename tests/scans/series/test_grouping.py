"""Which images belong together."""

import copy

import pytest
from pydicom.sequence import Sequence

from alzer.errors import SeveralSeries
from dicom_parts import item_of
from phantoms import save_dicom
from volume_files import (
    ROUNDING,
    affine_of,
    as_series,
    enhanced_dataset,
    error_of,
    read_volume,
)

AFFINE = affine_of()


def test_echoes_of_one_series_are_told_apart() -> None:
    files = [*as_series(AFFINE, EchoTime="2.0"), *as_series(AFFINE, EchoTime="60.0")]
    volume = read_volume(*files)

    assert "number 1 was taken" in volume.warnings[0]
    assert error_of(volume) < 0.002


def test_a_series_of_several_sizes_or_directions_falls_apart() -> None:
    turned = as_series(AFFINE)[:9] + as_series(
        affine_of((1, 2, 0)), SeriesNumber=1, SeriesInstanceUID="1.2.3.1"
    )
    with pytest.raises(SeveralSeries, match="9 images"):
        read_volume(*turned)


def test_magnitude_and_phase_of_one_file_are_told_apart() -> None:
    dataset = enhanced_dataset(AFFINE)
    groups = list(dataset.PerFrameFunctionalGroupsSequence)
    both = []
    for kind in ("M", "P"):
        for group in groups:
            copied = copy.deepcopy(group)
            kinds = item_of(FrameType=["ORIGINAL", "PRIMARY", kind, "NONE"])
            copied.MRImageFrameTypeSequence = Sequence([kinds])
            both.append(copied)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(both)
    dataset.NumberOfFrames, dataset.PixelData = 36, dataset.PixelData * 2
    volume = read_volume(save_dicom(dataset))

    assert error_of(volume) < ROUNDING
    assert "number 1 was taken" in volume.warnings[0]
