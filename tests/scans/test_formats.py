"""One contract for all formats, and for what is none."""

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from alzer.errors import (
    DamagedFile,
    EmptyFile,
    InvalidRequest,
    NotAnImage,
    TooManyBytes,
    TooManyPixels,
    UnusableScan,
)
from alzer.scans.formats import (
    FORMAT_LIST,
    FORMATS,
    read_slice,
    read_slice_pair,
)
from alzer.scans.names import SUFFIXES_BY_FORMAT, is_image_name
from alzer.scans.recognition import Format, recognise
from alzer.scans.slice import Slice
from alzer.settings import Limits
from phantoms import as_dicom, as_nifti, as_picture, draw_brain

BRAIN = draw_brain((64, 56))
VOXELS = (BRAIN.T * 4095).astype(np.uint16)


def as_mgh(values: NDArray[np.uint16]) -> bytes:
    image = nibabel.MGHImage(values.astype(np.int16)[:, :, None], np.eye(4))  # type: ignore[no-untyped-call]  # nibabel
    return bytes(image.to_bytes())


FILES = {
    "PNG": as_picture(BRAIN, "PNG"),
    "JPEG": as_picture(BRAIN, "JPEG", quality=95),
    "TIFF": as_picture(BRAIN, "TIFF"),
    "BMP": as_picture(BRAIN, "BMP"),
    "WebP": as_picture(BRAIN, "WEBP"),
    "GIF": as_picture(BRAIN, "GIF"),
    "DICOM": as_dicom(BRAIN),
    "NIfTI": as_nifti(VOXELS),
    "NIfTI gz": gzip.compress(as_nifti(VOXELS)),
    "MGH": as_mgh(VOXELS),
}

# Each known by its first bytes, even packed.
PACKABLE = [name for name in FILES if name != "NIfTI gz"]


def outcome_of(content: bytes) -> Slice | UnusableScan:
    try:
        return read_slice(content)
    except UnusableScan as refusal:
        return refusal


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_brain(name: str) -> None:
    scan = read_slice(FILES[name])

    assert scan.format == name.removesuffix(" gz")
    assert scan.shape == BRAIN.shape
    assert scan.pixels.dtype == np.float32
    assert np.corrcoef(scan.pixels.ravel(), BRAIN.ravel())[0, 1] > 0.999
    assert scan.as_grey().dtype == np.uint8


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_off_anywhere_is_refused_or_still_whole(name: str) -> None:
    content = FILES[name]
    whole = read_slice(content)

    for place in range(0, len(content), 64):
        outcome = outcome_of(content[:place])
        if isinstance(outcome, Slice):
            assert (outcome.pixels == whole.pixels).all()
        else:
            assert outcome.message.endswith(".")


@pytest.mark.filterwarnings("ignore:::pydicom")  # of damaged values
@pytest.mark.filterwarnings("ignore:::PIL")
@pytest.mark.parametrize("name", FILES)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_damage_is_survived(name: str, data: st.DataObject) -> None:
    content = bytearray(FILES[name])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, min(len(content) - 1, 1500)))
        content[place] = data.draw(st.integers(0, 255))

    outcome = outcome_of(bytes(content))

    if isinstance(outcome, Slice):
        assert np.isfinite(outcome.pixels).all()
        assert outcome.as_grey().shape == outcome.shape


@given(st.binary(max_size=600))
@settings(deadline=None)
def test_any_bytes_are_refused_in_a_sentence(content: bytes) -> None:
    outcome = outcome_of(content)

    assert isinstance(outcome, UnusableScan)
    assert outcome.message.endswith(".")


def test_an_empty_file_is_said_to_be_empty() -> None:
    with pytest.raises(EmptyFile):
        read_slice(b"")


def test_the_limit_on_bytes_holds_for_every_format() -> None:
    for content in FILES.values():
        with pytest.raises(TooManyBytes, match="MiB"):
            read_slice(content, Limits(max_file_bytes=len(content) - 1))


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7 ...", b"PK\x03\x04", b"NRRD0004", b"text", b"\0"]
)
def test_other_files_are_told_what_would_do(content: bytes) -> None:
    with pytest.raises(NotAnImage, match=r"DICOM|NIfTI"):
        read_slice(content * 50)


def test_a_refusal_is_not_a_wrong_call() -> None:
    assert not issubclass(UnusableScan, InvalidRequest)


@pytest.mark.parametrize("name", PACKABLE)
@pytest.mark.parametrize("times", [1, 2])
def test_every_format_is_read_within_gzip(name: str, times: int) -> None:
    content = FILES[name]
    for _ in range(times):
        content = gzip.compress(content)

    scan = read_slice(content)

    assert (scan.pixels == read_slice(FILES[name]).pixels).all()
    assert scan.format == name


def test_gzip_in_gzip_in_gzip_is_not_unpacked() -> None:
    content = FILES["PNG"]
    for _ in range(4):
        content = gzip.compress(content)

    with pytest.raises(NotAnImage, match="packed with gzip several times"):
        read_slice(content)


@pytest.mark.parametrize("name", ["PNG", "NIfTI", "DICOM"])
def test_what_unpacks_to_more_than_the_limit_is_refused(name: str) -> None:
    content = gzip.compress(FILES[name] + bytes(10_000_000))

    with pytest.raises(TooManyPixels, match="unpacks"):
        read_slice(content, Limits(max_file_bytes=1_000_000))


@pytest.mark.parametrize(
    "content",
    [
        FILES["PNG"].replace(b"\r\n", b"\n"),
        FILES["PNG"].replace(b"\n", b"\r\n"),
        bytes(each & 0x7F for each in FILES["PNG"]),
        FILES["PNG"].decode("latin1").encode(),
        FILES["PNG"].decode("utf-8", "replace").encode(),
        FILES["PNG"].decode("ascii", "replace").encode("ascii", "replace"),
        FILES["JPEG"].decode("latin1").encode(),
        FILES["JPEG"].decode("utf-8", "replace").encode(),
        FILES["NIfTI gz"].decode("latin1").encode(),
        FILES["NIfTI gz"].decode("utf-8", "replace").encode(),
    ],
)
def test_a_file_that_was_sent_as_text_is_said_to_be(content: bytes) -> None:
    with pytest.raises(DamagedFile, match="binary form"):
        read_slice(content)


def test_the_table_names_every_format_once() -> None:
    labels = {each.label for each in FORMATS}

    assert FORMAT_LIST == "PNG, JPEG, TIFF, BMP, WebP, GIF, DICOM, NIfTI or MGH"
    assert labels == {name.removesuffix(" gz") for name in FILES}
    assert labels == set(SUFFIXES_BY_FORMAT)


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.label)
def test_a_row_knows_files_of_its_format(row: Format) -> None:
    samples = list(row.samples())

    assert samples
    assert all(
        recognise(one, FORMATS, Limits()).known.label == row.label for one in samples
    )
    assert read_slice(samples[0]).format == row.label
    assert all(is_image_name(f"a{suffix}") for suffix in row.suffixes)


def test_the_readme_lists_what_is_read() -> None:
    readme = Path(__file__).parents[2] / "README.md"

    assert FORMAT_LIST in readme.read_text()


def test_the_limit_on_bytes_holds_for_halves() -> None:
    with pytest.raises(TooManyBytes):
        read_slice_pair(FILES["NIfTI"][:348], bytes(1000), Limits(max_file_bytes=900))
