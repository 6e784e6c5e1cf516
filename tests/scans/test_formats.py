"""One contract for all formats, and for what is none."""

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alzer.errors import (
    EmptyFile,
    InvalidRequest,
    NotAnImage,
    TooManyBytes,
    UnusableScan,
)
from alzer.scans.formats import read_slice
from alzer.scans.slice import Slice
from alzer.settings import Limits
from phantoms import as_dicom, as_nifti, as_picture, draw_brain

BRAIN = draw_brain((64, 56))
VOXELS = (BRAIN.T * 4095).astype(np.uint16)

FILES = {
    "PNG": as_picture(BRAIN, "PNG"),
    "JPEG": as_picture(BRAIN, "JPEG", quality=95),
    "TIFF": as_picture(BRAIN, "TIFF"),
    "BMP": as_picture(BRAIN, "BMP"),
    "WebP": as_picture(BRAIN, "WEBP"),
    "DICOM": as_dicom(BRAIN),
    "NIfTI": as_nifti(VOXELS),
    "NIfTI gz": gzip.compress(as_nifti(VOXELS)),
}


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
    "content", [b"%PDF-1.7 ...", b"PK\x03\x04", b"GIF89a", b"text"]
)
def test_other_files_are_told_what_would_do(content: bytes) -> None:
    with pytest.raises(NotAnImage, match="DICOM"):
        read_slice(content * 50)


def test_a_refusal_is_not_a_wrong_call() -> None:
    assert not issubclass(UnusableScan, InvalidRequest)
