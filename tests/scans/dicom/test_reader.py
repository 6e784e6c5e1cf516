"""Single-frame DICOM, from the file to the slice."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from alzer.errors import (
    AlzerError,
    DamagedFile,
    InvalidValues,
    NotAnImage,
    NotMagneticResonance,
    NotOneSlice,
    TooManyPixels,
    UnusableScan,
)
from alzer.scans.formats import read_slice
from alzer.scans.slice import Slice
from alzer.settings import Limits
from phantoms import as_dicom, dicom_dataset, draw_brain, save_dicom

BRAIN = draw_brain((104, 88))
STORED = np.rint(BRAIN * 4095)


def test_an_uncompressed_image_comes_back() -> None:
    scan = read_slice(as_dicom(BRAIN, PixelSpacing=[1.5, 0.5]))

    assert scan.format == "DICOM"
    assert (scan.pixels == STORED).all()
    assert scan.spacing_mm == (1.5, 0.5)
    assert scan.warnings == ()


@pytest.mark.parametrize(
    "syntax",
    [RLELossless, JPEGLSLossless, JPEG2000Lossless],
    ids=["RLE", "JPEG-LS", "JPEG 2000"],
)
def test_compressed_images_come_back(syntax: UID) -> None:
    dataset = dicom_dataset(BRAIN)
    dataset.compress(syntax, generate_instance_uid=False)

    assert (read_slice(save_dicom(dataset)).pixels == STORED).all()


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian]
)
def test_other_encodings_come_back(syntax: UID) -> None:
    dataset = dicom_dataset(BRAIN)
    dataset.file_meta.TransferSyntaxUID = syntax

    assert (read_slice(save_dicom(dataset)).pixels == STORED).all()


def test_big_endian_comes_back() -> None:
    dataset = dicom_dataset(BRAIN)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.PixelData = STORED.astype(">u2").tobytes()
    dataset["PixelData"].VR = "OW"

    assert (read_slice(save_dicom(dataset)).pixels == STORED).all()


def test_a_data_set_without_its_prefix_is_read() -> None:
    content = as_dicom(BRAIN)
    (length,) = struct.unpack_from("<L", content, 140)

    assert (read_slice(content[144 + length :]).pixels == STORED).all()


def test_another_mark_in_the_preamble_does_not_mislead() -> None:
    content = b"II*\0" + as_dicom(BRAIN)[4:]

    assert read_slice(content).format == "DICOM"


def test_slope_and_intercept_are_applied() -> None:
    scan = read_slice(as_dicom(BRAIN, RescaleSlope=2.0, RescaleIntercept=-100.0))

    assert scan.pixels == pytest.approx(STORED * 2.0 - 100.0)
    assert any("Rescaled" in note for note in scan.notes)


@pytest.mark.parametrize("keyword", [0x00281052, 0x00281053])
@pytest.mark.parametrize("value", [b"nan ", b"1e999 ", b"-inf"])
def test_scaling_that_is_no_number_is_refused(keyword: int, value: bytes) -> None:
    dataset = dicom_dataset(BRAIN, RescaleSlope=1.0, RescaleIntercept=0.0)
    placeholder = b"1.0 " if keyword == 0x00281053 else b"0.0 "
    tag = struct.pack("<HH", keyword >> 16, keyword & 0xFFFF)
    content = save_dicom(dataset)
    before = tag + b"DS" + struct.pack("<H", 4) + placeholder
    after = tag + b"DS" + struct.pack("<H", len(value)) + value
    assert content.count(before) == 1

    with pytest.raises(InvalidValues):
        read_slice(content.replace(before, after))


@pytest.mark.parametrize("slope", [0.0, 1e-30, 1e20])
def test_scaling_that_makes_no_sense_is_refused(slope: float) -> None:
    with pytest.raises(InvalidValues):
        read_slice(as_dicom(BRAIN, RescaleSlope=slope))


def test_inverted_images_are_put_right() -> None:
    stored = (4095 - STORED).astype("<u2").tobytes()

    scan = read_slice(
        as_dicom(BRAIN, PhotometricInterpretation="MONOCHROME1", PixelData=stored)
    )

    assert np.corrcoef(scan.pixels.ravel(), STORED.ravel())[0, 1] > 0.9999
    assert any("inverted" in note for note in scan.notes)


@pytest.mark.parametrize("modality", ["CT", "US", "OT"])
def test_other_modalities_are_refused_by_name(modality: str) -> None:
    with pytest.raises(NotMagneticResonance, match=modality):
        read_slice(as_dicom(BRAIN, Modality=modality))


def test_a_file_that_does_not_say_its_modality_is_read_with_a_warning() -> None:
    scan = read_slice(as_dicom(BRAIN, Modality=None))

    assert any("modality" in each for each in scan.warnings)


def test_several_frames_are_counted_and_refused() -> None:
    with pytest.raises(NotOneSlice, match="7 frames of 104 x 88"):
        read_slice(as_dicom(BRAIN, NumberOfFrames=7))


def test_a_file_without_an_image_is_refused() -> None:
    with pytest.raises(NotAnImage):
        read_slice(as_dicom(BRAIN, PixelData=None))


def test_too_few_pixels_are_damage() -> None:
    with pytest.raises(DamagedFile):
        read_slice(as_dicom(BRAIN, PixelData=b"\0" * 100))


@pytest.mark.parametrize("side", [65535, 20000])
def test_sizes_are_checked_before_anything_is_decoded(side: int) -> None:
    dataset = dicom_dataset(BRAIN)
    dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.Rows = dataset.Columns = side

    with pytest.raises(TooManyPixels):
        read_slice(save_dicom(dataset))


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless])
def test_sizes_inside_the_compressed_pixels_count_too(syntax: UID) -> None:
    dataset = dicom_dataset(BRAIN)
    dataset.compress(syntax, generate_instance_uid=False)
    content = save_dicom(dataset)
    if syntax == JPEG2000Lossless:
        content = content.replace(
            struct.pack(">LL", 88, 104), struct.pack(">LL", 60000, 60000)
        )
    else:
        content = content.replace(
            struct.pack(">HH", 104, 88), struct.pack(">HH", 60000, 60000)
        )

    with pytest.raises(TooManyPixels, match="60000"):
        read_slice(content)


def test_a_deflated_bomb_is_stopped() -> None:
    dataset = dicom_dataset(BRAIN, PixelData=bytes(8_000_000))
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian

    with pytest.raises(TooManyPixels, match="unpacks"):
        read_slice(save_dicom(dataset), Limits(max_decoded_bytes=1_000_000))


def test_thousands_of_nested_sequences_are_survived() -> None:
    inner = b""
    head = struct.pack("<HH2sH", 0x0040, 0xA730, b"SQ", 0)
    for _ in range(3000):
        item = struct.pack("<HHL", 0xFFFE, 0xE000, len(inner)) + inner
        inner = head + struct.pack("<L", len(item)) + item
    content = as_dicom(BRAIN)
    (length,) = struct.unpack_from("<L", content, 140)

    with pytest.raises(UnusableScan):
        read_slice(content[: 144 + length] + inner)


def test_nobody_is_named_in_scans_and_messages() -> None:
    scan = read_slice(as_dicom(BRAIN))
    with pytest.raises(AlzerError) as refusal:
        read_slice(as_dicom(BRAIN, Modality=b"Doe^Jane SECRET-7 and more of it"))

    for said in (repr(scan), refusal.value.message):
        assert "Doe" not in said
        assert "SECRET" not in said


@pytest.mark.parametrize("place", range(0, 1200, 64))
def test_cut_off_files_are_refused(place: int) -> None:
    with pytest.raises(UnusableScan):
        read_slice(as_dicom(BRAIN)[:place])


def outcome_of(content: bytes) -> Slice | str:
    try:
        return read_slice(content)
    except UnusableScan as refusal:
        return refusal.code


def test_files_from_the_field_are_read_or_refused(data_dir: Path) -> None:
    files = [
        path for path in (data_dir / "formats" / "dicom").rglob("*") if path.is_file()
    ]

    outcomes = [outcome_of(path.read_bytes()) for path in files]
    read = [each for each in outcomes if isinstance(each, Slice)]
    refusals = {each for each in outcomes if not isinstance(each, Slice)}

    assert len(files) >= 80
    assert len(read) >= 8
    assert {"not_magnetic_resonance", "not_one_slice", "colour_image"} <= refusals
    assert all(np.isfinite(scan.pixels).all() for scan in read)


def test_sequences_do_no_harm() -> None:
    nested = Dataset()
    nested.PatientName = "Doe^Jane"
    content = as_dicom(BRAIN, OtherPatientIDsSequence=Sequence([nested]))

    assert read_slice(content).shape == (104, 88)


def test_damaged_deflate_is_refused() -> None:
    dataset = dicom_dataset(BRAIN)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    content = save_dicom(dataset)

    with pytest.raises(UnusableScan):
        read_slice(content[:600] + zlib.compress(b"x") + content[700:])


def test_run_lengths_that_look_like_a_header_are_only_run_lengths() -> None:
    generator = np.random.default_rng(0)
    shapes = set()
    for _ in range(30):
        noise = generator.integers(0, 4096, (128, 128))
        dataset = dicom_dataset(noise / 4095.0)
        dataset.compress(RLELossless, generate_instance_uid=False)
        shapes.add(read_slice(save_dicom(dataset)).shape)

    assert shapes == {(128, 128)}
