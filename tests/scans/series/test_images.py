"""Files with many frames, and what can be wrong with them."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    UID,
    JPEGLSLossless,
    RLELossless,
)

from alzer.errors import (
    DamagedFile,
    NotAnImage,
    SeveralSeries,
    TooManyPixels,
    UnusableScan,
)
from phantoms import save_dicom
from volume_files import (
    ROUNDING,
    SIZES,
    affine_of,
    as_enhanced,
    as_series,
    datasets,
    enhanced_dataset,
    error_of,
    read_volume,
)

AFFINE = affine_of((1, 2, 0), (1, -1, -1), turn_degrees=9.0)


def compressed(dataset: Dataset, syntax: UID) -> bytes:
    dataset.compress(syntax, generate_instance_uid=False)
    return save_dicom(dataset)


def test_frames_come_in_any_order() -> None:
    order = np.random.default_rng(5).permutation(SIZES[2])

    assert error_of(read_volume(as_enhanced(AFFINE, map(int, order)))) < ROUNDING


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
def test_compressed_frames_and_slices_are_read(syntax: UID) -> None:
    frames = read_volume(compressed(enhanced_dataset(AFFINE), syntax))
    slices = read_volume(*(compressed(one, syntax) for one in datasets(AFFINE)))

    assert error_of(frames) < ROUNDING
    assert error_of(slices) < ROUNDING


def test_frames_in_several_items_each_are_told_by_how_they_begin() -> None:
    dataset = enhanced_dataset(AFFINE)
    dataset.compress(JPEGLSLossless, generate_instance_uid=False)
    frames = list(generate_frames(dataset.PixelData, number_of_frames=SIZES[2]))
    dataset.PixelData = encapsulate(frames, fragments_per_frame=3, has_bot=False)

    assert error_of(read_volume(save_dicom(dataset))) < ROUNDING


def test_frames_that_are_missing_are_named() -> None:
    plain = enhanced_dataset(AFFINE)
    plain.PixelData = plain.PixelData[: -SIZES[0] * SIZES[1] * 2]
    with pytest.raises(DamagedFile, match="18 frames and holds the pixels of 17"):
        read_volume(save_dicom(plain))
    packed = enhanced_dataset(AFFINE)
    packed.compress(RLELossless, generate_instance_uid=False)
    packed.NumberOfFrames = 19
    with pytest.raises(DamagedFile, match="declares 19 frames, and holds 18"):
        read_volume(save_dicom(packed))


def test_frames_without_a_place_are_refused() -> None:
    dataset = enhanced_dataset(AFFINE)
    del dataset.PerFrameFunctionalGroupsSequence
    with pytest.raises(UnusableScan, match="where they lie"):
        read_volume(save_dicom(dataset))


def test_frames_of_another_contrast_are_named() -> None:
    dataset = enhanced_dataset(AFFINE)
    (group,) = dataset.SharedFunctionalGroupsSequence
    group.MREchoSequence[0].EffectiveEchoTime = 110.0
    with pytest.raises(UnusableScan, match="T2-weighted"):
        read_volume(save_dicom(dataset))


def test_an_enhanced_file_and_a_series_are_two_series() -> None:
    with pytest.raises(SeveralSeries):
        read_volume(as_enhanced(AFFINE), *as_series(AFFINE))


def test_files_without_an_image_are_left_out() -> None:
    report = datasets(AFFINE)[0]
    del report.PixelData
    volume = read_volume(save_dicom(report), *as_series(AFFINE))

    assert volume.voxels.shape == SIZES
    with pytest.raises(NotAnImage):
        read_volume(save_dicom(report), save_dicom(report))


def test_absurdly_many_frames_are_refused_by_their_number() -> None:
    dataset = enhanced_dataset(AFFINE, NumberOfFrames=30_000, Rows=1, Columns=1)
    with pytest.raises(TooManyPixels, match="30000 frames"):
        read_volume(save_dicom(dataset))
