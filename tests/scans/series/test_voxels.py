"""What values of all slices mean."""

import numpy as np
import pytest
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from alzer.errors import ColourImage
from dicom_parts import item_of
from phantoms import save_dicom
from volume_files import (
    ROUNDING,
    SIZES,
    affine_of,
    datasets,
    enhanced_dataset,
    error_of,
    read_volume,
)

AFFINE = affine_of((1, 2, 0), (1, -1, -1))


def test_each_frame_has_its_own_scale() -> None:
    dataset = enhanced_dataset(AFFINE)
    values = np.frombuffer(dataset.PixelData, "<u2").reshape(SIZES[::-1]).copy()
    for number, group in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        scale = 1 + number % 3
        values[number] //= scale
        values[number] *= 1
        transform = item_of(RescaleSlope=str(scale), RescaleIntercept="0")
        group.PixelValueTransformationSequence = Sequence([transform])
    dataset.PixelData = values.tobytes()
    volume = read_volume(save_dicom(dataset))

    assert error_of(volume) < ROUNDING
    assert "Rescaled as the file says." in volume.notes


def test_slices_of_signed_values_are_understood_together() -> None:
    # A slice alone could be of either sign; all together have a gap at neither.
    series = datasets(AFFINE, PixelRepresentation=1, BitsStored=16, HighBit=15)

    assert error_of(read_volume(*map(save_dicom, series))) < ROUNDING


def test_stored_bright_as_low_is_inverted_for_all_slices_alike() -> None:
    series = datasets(AFFINE, PhotometricInterpretation="MONOCHROME1")
    for dataset in series:
        values = 4000 - np.frombuffer(dataset.PixelData, "<u2")
        dataset.PixelData = values.astype("<u2").tobytes()
    volume = read_volume(*map(save_dicom, series))

    assert error_of(volume) < 0.07  # the darkest and the brightest value change places
    assert volume.voxels.min() == pytest.approx(0.0, abs=300.0)


def test_a_series_of_colours_is_refused() -> None:
    series = datasets(
        AFFINE, BitsAllocated=8, BitsStored=8, HighBit=7, SamplesPerPixel=3
    )
    for dataset in series:
        dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0
        dataset.PixelData = bytes(SIZES[0] * SIZES[1] * 3)
    with pytest.raises(ColourImage):
        read_volume(*map(save_dicom, series))


def test_transfer_syntaxes_of_a_series_may_differ() -> None:
    series = datasets(AFFINE)
    for dataset in series[::2]:
        dataset.compress(RLELossless, generate_instance_uid=False)
    kinds = {str(one.file_meta.TransferSyntaxUID) for one in series}

    assert kinds == {RLELossless, ExplicitVRLittleEndian}
    assert error_of(read_volume(*map(save_dicom, series))) < ROUNDING
