"""Size and place of a slice, from wherever its file gives them."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from alzer.scans.formats import read_slice
from alzer.scans.orientation import directions
from alzer.scans.slice import Slice
from dicom_parts import functional_groups, item_of
from phantoms import as_dicom, draw_brain

BRAIN = draw_brain((104, 88))
CORONAL = [1, 0, 0, 0, 0, -1]
GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")


def enhanced(group: str, **macros: Dataset) -> Slice:
    """Return an image whose functional groups hold some macros."""
    return read_slice(as_dicom(BRAIN, **{group: functional_groups(**macros)}))


@pytest.mark.parametrize(
    ("cosines", "letters"),
    [
        ([1, 0, 0, 0, 1, 0], ("P", "L")),
        ([-1, 0, 0, 0, -1, 0], ("A", "R")),
        ([0, 1, 0, 0, 0, -1], ("I", "P")),
        ([0.9, 0.1, 0, 0, 0.2, -0.9], ("I", "L")),
        (b"1,0\\0,0\\0,0\\0,0\\1,0\\0,0", ("P", "L")),
    ],
)
def test_orientation_is_told_in_letters(
    cosines: object, letters: tuple[str, str]
) -> None:
    scan = read_slice(as_dicom(BRAIN, ImageOrientationPatient=cosines))

    assert scan.affine is not None
    assert directions(scan.affine) == letters


@pytest.mark.parametrize(
    "cosines", [[0, 0, 0, 0, 1, 0], [1, 0, 0], b"a\\b\\c\\d\\e\\f"]
)
def test_an_orientation_that_makes_no_sense_is_left_out(cosines: object) -> None:
    assert read_slice(as_dicom(BRAIN, ImageOrientationPatient=cosines)).affine is None


def test_the_position_of_the_first_pixel_is_kept() -> None:
    scan = read_slice(
        as_dicom(
            BRAIN,
            ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
            ImagePositionPatient=[10, 20, 30],
            PixelSpacing=[2, 1],
        )
    )

    assert scan.affine is not None
    assert np.allclose(scan.affine @ (0, 0, 0, 1), (-10, -20, 30, 1))
    assert np.allclose(scan.affine @ (1, 0, 0, 1), (-10, -22, 30, 1))
    assert np.allclose(scan.affine @ (0, 1, 0, 1), (-11, -20, 30, 1))


@pytest.mark.parametrize("group", GROUPS)
def test_functional_groups_give_all_of_it(group: str) -> None:
    scan = enhanced(
        group,
        PixelMeasuresSequence=item_of(PixelSpacing=[2, 1]),
        PlaneOrientationSequence=item_of(ImageOrientationPatient=CORONAL),
        PlanePositionSequence=item_of(ImagePositionPatient=[10, 20, 30]),
    )

    assert scan.spacing_mm == (2.0, 1.0)
    assert scan.affine is not None
    assert directions(scan.affine) == ("I", "L")
    assert np.allclose(scan.affine[:3, 3], (-10, -20, 30))


def test_macros_of_a_frame_are_read_at_the_top_too() -> None:
    measures = item_of(PixelSpacing=[2, 1])
    orientation = item_of(ImageOrientationPatient=CORONAL)
    scan = read_slice(
        as_dicom(
            BRAIN,
            PixelMeasuresSequence=Sequence([measures]),
            PlaneOrientationSequence=Sequence([orientation]),
        )
    )

    assert scan.spacing_mm == (2.0, 1.0)
    assert scan.affine is not None
    assert directions(scan.affine) == ("I", "L")


def test_what_is_said_of_the_frame_counts_more_than_what_all_share() -> None:
    groups = [
        functional_groups(PixelMeasuresSequence=item_of(PixelSpacing=[side, side]))
        for side in (3, 2)
    ]
    content = as_dicom(
        BRAIN, **dict(zip(GROUPS, groups, strict=True)), PixelSpacing=[1, 1]
    )

    assert read_slice(content).spacing_mm == (2.0, 2.0)


def test_vendors_own_groups_are_not_asked() -> None:
    group = functional_groups()
    block = group[0].private_block(0x2005, "VENDOR", create=True)
    block.add_new(0x0F, "SQ", [item_of(PixelSpacing=[7, 7])])

    scan = read_slice(as_dicom(BRAIN, PerFrameFunctionalGroupsSequence=group))

    assert scan.spacing_mm is None


@pytest.mark.parametrize("spacing", [[0.0, 1.0], [-1.0, 1.0], [1.0], b"x\\y"])
def test_a_spacing_that_makes_no_sense_is_left_out(spacing: object) -> None:
    scan = read_slice(as_dicom(BRAIN, PixelSpacing=spacing, SliceThickness="5"))

    assert scan.spacing_mm is None


@pytest.mark.parametrize(
    "keyword", ["ImagerPixelSpacing", "NominalScannedPixelSpacing"]
)
def test_other_spacings_stand_in(keyword: str) -> None:
    scan = read_slice(as_dicom(BRAIN, PixelSpacing=b"0\\0", **{keyword: [2, 1]}))

    assert scan.spacing_mm == (2.0, 1.0)


def test_decimal_commas_in_spacings_are_read() -> None:
    scan = read_slice(as_dicom(BRAIN, PixelSpacing=b"0,9375\\0,5"))

    assert scan.spacing_mm == (0.9375, 0.5)


def test_a_ratio_alone_gives_the_proportions() -> None:
    scan = read_slice(as_dicom(BRAIN, PixelAspectRatio=[3, 2]))

    assert scan.spacing_mm == (1.5, 1.0)
    assert any("not in millimetres" in note for note in scan.notes)
    assert read_slice(as_dicom(BRAIN, PixelAspectRatio=[1, 1])).spacing_mm is None
