"""Files with many frames, and what can be wrong with them."""

import copy

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)

from alzer.errors import (
    ColourImage,
    DamagedFile,
    IncompleteSeries,
    NotAnImage,
    SeveralSeries,
    UnusableScan,
)
from alzer.scans.reading import File, read_scan
from alzer.scans.volume import Volume
from dicom_parts import item_of
from phantoms import as_dicom, draw_brain, save_dicom
from volume_files import (
    SIZES,
    affine_of,
    as_enhanced,
    as_series,
    datasets,
    enhanced_dataset,
    error_of,
)

AFFINE = affine_of((1, 2, 0), (1, -1, -1), turn_degrees=9.0)
ROUNDING = 0.002


def read(*contents: bytes) -> Volume:
    scan = read_scan(map(File, contents))
    assert isinstance(scan, Volume)
    return scan


def compressed(dataset: Dataset, syntax: UID) -> bytes:
    dataset.compress(syntax, generate_instance_uid=False)
    return save_dicom(dataset)


def test_frames_come_in_any_order() -> None:
    order = np.random.default_rng(5).permutation(SIZES[2])

    assert error_of(read(as_enhanced(AFFINE, map(int, order)))) < ROUNDING


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
def test_compressed_frames_and_slices_are_read(syntax: UID) -> None:
    frames = read(compressed(enhanced_dataset(AFFINE), syntax))
    slices = read(*(compressed(one, syntax) for one in datasets(AFFINE)))

    assert error_of(frames) < ROUNDING
    assert error_of(slices) < ROUNDING


def test_frames_in_several_items_each_are_told_by_how_they_begin() -> None:
    dataset = enhanced_dataset(AFFINE)
    dataset.compress(JPEGLSLossless, generate_instance_uid=False)
    frames = list(generate_frames(dataset.PixelData, number_of_frames=SIZES[2]))
    dataset.PixelData = encapsulate(frames, fragments_per_frame=3, has_bot=False)

    assert error_of(read(save_dicom(dataset))) < ROUNDING


def test_frames_that_are_missing_are_named() -> None:
    plain = enhanced_dataset(AFFINE)
    plain.PixelData = plain.PixelData[: -SIZES[0] * SIZES[1] * 2]
    with pytest.raises(DamagedFile, match="18 frames and holds the pixels of 17"):
        read(save_dicom(plain))
    packed = enhanced_dataset(AFFINE)
    packed.compress(RLELossless, generate_instance_uid=False)
    packed.NumberOfFrames = 19
    with pytest.raises(DamagedFile, match="declares 19 frames, and holds 18"):
        read(save_dicom(packed))


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
    volume = read(save_dicom(dataset))

    assert error_of(volume) < ROUNDING
    assert "Rescaled as the file says." in volume.notes


def test_slices_of_signed_values_are_understood_together() -> None:
    # A slice alone could be of either sign; all together have a gap at neither.
    series = datasets(AFFINE, PixelRepresentation=1, BitsStored=16, HighBit=15)

    assert error_of(read(*map(save_dicom, series))) < ROUNDING


def test_stored_bright_as_low_is_inverted_for_all_slices_alike() -> None:
    series = datasets(AFFINE, PhotometricInterpretation="MONOCHROME1")
    for dataset in series:
        values = 4000 - np.frombuffer(dataset.PixelData, "<u2")
        dataset.PixelData = values.astype("<u2").tobytes()
    volume = read(*map(save_dicom, series))

    assert error_of(volume) < 0.07  # the darkest and the brightest value change places
    assert volume.voxels.min() == pytest.approx(0.0, abs=300.0)


def test_frames_without_a_place_are_refused() -> None:
    dataset = enhanced_dataset(AFFINE)
    del dataset.PerFrameFunctionalGroupsSequence
    with pytest.raises(UnusableScan, match="where they lie"):
        read(save_dicom(dataset))


def test_frames_of_another_contrast_are_named() -> None:
    dataset = enhanced_dataset(AFFINE)
    (group,) = dataset.SharedFunctionalGroupsSequence
    group.MREchoSequence[0].EffectiveEchoTime = 110.0
    with pytest.raises(UnusableScan, match="T2-weighted"):
        read(save_dicom(dataset))


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
    volume = read(save_dicom(dataset))

    assert error_of(volume) < ROUNDING
    assert "number 1 was taken" in volume.notes[0]


def test_an_enhanced_file_and_a_series_are_two_series() -> None:
    with pytest.raises(SeveralSeries):
        read(as_enhanced(AFFINE), *as_series(AFFINE))


def test_files_without_an_image_are_left_out() -> None:
    report = datasets(AFFINE)[0]
    del report.PixelData
    volume = read(save_dicom(report), *as_series(AFFINE))

    assert volume.voxels.shape == SIZES
    with pytest.raises(NotAnImage):
        read(save_dicom(report), save_dicom(report))


def test_a_series_of_colours_is_refused() -> None:
    series = datasets(
        AFFINE, BitsAllocated=8, BitsStored=8, HighBit=7, SamplesPerPixel=3
    )
    for dataset in series:
        dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0
        dataset.PixelData = bytes(SIZES[0] * SIZES[1] * 3)
    with pytest.raises(ColourImage):
        read(*map(save_dicom, series))


def test_one_damaged_file_of_a_series_is_not_passed_over() -> None:
    files = as_series(AFFINE)
    with pytest.raises(UnusableScan):
        read(*files[:-1], files[-1][:-50])


def test_fewer_slices_than_a_volume_has_are_slices() -> None:
    with pytest.raises(UnusableScan, match="7 separate"):
        read(*as_series(AFFINE)[:7])


def test_a_series_with_another_slice_size_within_is_refused() -> None:
    files = as_series(AFFINE)
    files[8] = as_dicom(draw_brain(), SeriesInstanceUID="1.2.3.77")
    with pytest.raises(IncompleteSeries, match="slice 9 of 18 is missing"):
        read(*files)


def test_transfer_syntaxes_of_a_series_may_differ() -> None:
    series = datasets(AFFINE)
    for dataset in series[::2]:
        dataset.compress(RLELossless, generate_instance_uid=False)
    kinds = {str(one.file_meta.TransferSyntaxUID) for one in series}

    assert kinds == {RLELossless, ExplicitVRLittleEndian}
    assert error_of(read(*map(save_dicom, series))) < ROUNDING
