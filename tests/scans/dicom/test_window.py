"""What is shown as black and as white."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from alzer.scans.formats import read_slice
from alzer.scans.slice import Slice
from dicom_parts import functional_groups, item_of
from phantoms import as_dicom, draw_brain

BRAIN = draw_brain((104, 88))
STORED = np.rint(BRAIN * 4095)
WHOLE = read_slice(as_dicom(BRAIN)).display_range


def windowed(centre: object, width: object, **elements: object) -> Slice:
    """Return the phantom with a window."""
    return read_slice(
        as_dicom(BRAIN, WindowCenter=centre, WindowWidth=width, **elements)
    )


def is_noted(scan: Slice) -> bool:
    """Check whether the slice says that its window was not used."""
    return any("window hides the image" in note for note in scan.notes)


def test_the_first_window_is_what_is_shown() -> None:
    scan = windowed([2000, 5], [1601, 5])

    assert scan.display_range == (1199.5, 2799.5)
    assert scan.notes == ()


@pytest.mark.parametrize(
    ("centre", "width"),
    [
        (b"2000,5", b"1601,0"),
        (b"2000.5 HU", b"1601"),
        (b"2000.5\\40", b"1601\\80"),
        (b" 2000.5", b"+1601 "),
        (b"2.0005E+03", b"1.601e3"),
        (b"\\2000.5", b"\\1601"),
        (b"3\\2000.5", b"0\\1601"),
    ],
)
def test_windows_are_read_however_they_are_written(centre: bytes, width: bytes) -> None:
    assert windowed(centre, width).display_range == (1200.0, 2800.0)


@pytest.mark.parametrize(
    ("centre", "width"),
    [(-5000, 100), (9000, 100), (32768, 65536), (10, 0), (10, -5), (2000, 1), (3, 6)],
)
def test_a_window_that_shows_nothing_is_not_used(centre: int, width: int) -> None:
    scan = windowed(centre, width)

    assert scan.display_range == WHOLE
    assert is_noted(scan)


@pytest.mark.parametrize(("centre", "width"), [(b"abc", b"def"), (b"nan", b"1e999")])
def test_a_window_without_numbers_is_not_used(centre: bytes, width: bytes) -> None:
    assert windowed(centre, width).display_range == WHOLE


def test_half_a_window_is_none() -> None:
    scan = read_slice(as_dicom(BRAIN, WindowCenter=1000))

    assert (scan.display_range, scan.notes) == (WHOLE, ())


def test_the_exact_function_needs_no_correction() -> None:
    scan = windowed(2000, 1600, VOILUTFunction="LINEAR_EXACT")

    assert scan.display_range == (1200.0, 2800.0)


def test_the_exact_function_has_any_width() -> None:
    scan = windowed(
        "0.25",
        "0.4",
        VOILUTFunction="LINEAR_EXACT",
        RescaleSlope=1 / 4096,
        RescaleIntercept=0,
    )

    assert scan.display_range == pytest.approx((0.05, 0.45))


def test_a_sigmoid_is_shown_by_its_tangent() -> None:
    scan = windowed(2000, 1600, VOILUTFunction=b"sigmoid")
    step = 1e-6

    def sigmoid(value: float) -> float:  # PS3.3 C.11.2.1.3.1
        return float(1 / (1 + np.exp(-4 * (value - 2000) / 1600)))

    low, high = scan.display_range
    slope = (sigmoid(2000 + step) - sigmoid(2000 - step)) / (2 * step)
    assert 1 / (high - low) == pytest.approx(slope, rel=1e-5)
    assert (low + high) / 2 == 2000
    assert any("curved" in note for note in scan.notes)


def test_the_window_of_functional_groups_is_used() -> None:
    window = item_of(WindowCenter="2000.5", WindowWidth="1601")
    groups = functional_groups(FrameVOILUTSequence=window)

    scan = read_slice(as_dicom(BRAIN, PerFrameFunctionalGroupsSequence=groups))

    assert scan.display_range == (1200.0, 2800.0)


def test_the_window_of_an_inverted_image_is_inverted() -> None:
    plain = windowed(2000, 1601)
    inverted = windowed(
        4095 - 2000 + 1,
        1601,
        PixelData=(4095 - STORED).astype("<u2").tobytes(),
        PhotometricInterpretation="MONOCHROME1",
    )

    assert (inverted.as_grey() == plain.as_grey()).all()


def test_a_table_gives_the_range_in_which_it_rises() -> None:
    rising = np.clip((np.arange(4096) - 1000.0) / 1500.0, 0, 1) * 255
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [4096, 0, 8])
    item.add_new("LUTData", "OW", rising.astype("<u2").tobytes())

    scan = read_slice(as_dicom(BRAIN, VOILUTSequence=Sequence([item])))

    assert scan.display_range == pytest.approx((1000, 2500), abs=15)


def test_a_falling_table_is_not_used() -> None:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [4096, 0, 16])
    item.add_new("LUTData", "OW", np.arange(4096, dtype="<u2")[::-1].tobytes())

    scan = read_slice(as_dicom(BRAIN, VOILUTSequence=Sequence([item])))

    assert scan.display_range == WHOLE
