"""Orientation and spacing of NIfTI headers, good and bad."""

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.scans.formats import read_slice
from alzer.scans.orientation import directions
from alzer.scans.placement import usable
from alzer.scans.slice import Slice
from phantoms import as_nifti, draw_brain, with_fields

VOXELS = (draw_brain((52, 44)) * 1000.0).astype(np.int16).T[:, :, None]
FILE = as_nifti(VOXELS)

# x to the left, y to the back: an axial picture as it should be seen.
AXIAL = np.array([[-2.0, 0.0, 0.0, 4.0], [0.0, -3.0, 0.0, 5.0], [0.0, 0.0, 4.0, 6.0]])
UNUSABLE = {
    "zeros": np.zeros((3, 4)),
    "NaN": np.full((3, 4), np.nan),
    "infinite": np.full((3, 4), np.inf),
    "parallel": np.array([[1.0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]),
    "flat": np.array([[1.0, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]),
}


def placed(
    sform: NDArray[np.float64] | None = None,
    quaternion: tuple[float, float, float] | None = None,
    **fields: object,
) -> Slice:
    """Read a file with an sform, a qform or both."""
    if sform is not None:
        rows = dict(zip(("srow_x", "srow_y", "srow_z"), sform, strict=True))
        fields = {"sform_code": 1, **rows, **fields}
    if quaternion is not None:
        parts = dict(
            zip(("quatern_b", "quatern_c", "quatern_d"), quaternion, strict=True)
        )
        fields = {"qform_code": 1, **parts, **fields}
    return read_slice(with_fields(FILE, **fields))


def letters(scan: Slice) -> tuple[str, str] | None:
    return None if scan.affine is None else directions(scan.affine)


# Half a turn about z: x to the left, y to the back. A quarter about x: coronal.
HALF_TURN = (0.0, 0.0, 1.0)
CORONAL = (0.5**0.5, 0.0, 0.0)


def test_the_sform_tells_directions_spacing_and_place() -> None:
    scan = placed(AXIAL, pixdim=[1.0, 2.0, 3.0, 4.0, 1, 1, 1, 1])

    assert letters(scan) == ("P", "L")
    assert scan.spacing_mm == (3.0, 2.0)
    assert scan.affine is not None
    assert scan.affine[:3, 3].tolist() == [4.0, 5.0, 6.0]
    assert not scan.warnings


@pytest.mark.parametrize("longer", [0.0, 1e-7, 3.6e-7, 3e-6, 1e-4])
def test_a_quaternion_that_is_rounded_up_is_shortened(longer: float) -> None:
    scan = placed(quaternion=(0.0, 0.0, 1.0 + longer))

    assert letters(scan) == ("P", "L")
    assert not scan.warnings


@pytest.mark.parametrize("part", [2.0, 1.1, np.nan, np.inf])
def test_an_absurd_quaternion_is_ignored_with_a_warning(part: float) -> None:
    scan = placed(quaternion=(part, 0.0, 0.0))

    assert scan.affine is None
    assert (scan.pixels == read_slice(FILE).pixels).all()
    assert "qform is not usable" in scan.warnings[0]


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_sform_gives_way_to_the_qform(name: str) -> None:
    scan = placed(UNUSABLE[name], CORONAL)

    assert letters(scan) == ("S", "R")
    assert "sform is not usable" in scan.warnings[0]


@pytest.mark.parametrize("name", UNUSABLE)
def test_without_any_usable_form_there_is_no_orientation(name: str) -> None:
    scan = placed(UNUSABLE[name])

    assert scan.affine is None
    assert scan.spacing_mm == (1.0, 1.0)
    assert len(scan.warnings) == 1


@pytest.mark.parametrize("quaternion", [CORONAL, (0.0, 0.0, 0.0), (0.0, 0.0, 0.99)])
def test_forms_that_disagree_are_said_to(
    quaternion: tuple[float, float, float],
) -> None:
    scan = placed(AXIAL, quaternion, pixdim=[1.0, 2.0, 3.0, 4.0, 1, 1, 1, 1])

    assert letters(scan) == ("P", "L")
    assert "disagree" in scan.warnings[0]


def test_forms_that_differ_by_a_rounding_agree() -> None:
    rounded = AXIAL + 1e-4
    scan = placed(rounded, (1e-4, 0.0, 1.0), pixdim=[1.0, 2.0, 3.0, 4.0, 1, 1, 1, 1])

    assert not scan.warnings


def test_spacings_that_disagree_are_said_to() -> None:
    scan = placed(AXIAL, pixdim=[1.0, 1.0, 1.0, 1.0, 1, 1, 1, 1])

    assert scan.spacing_mm == (3.0, 2.0)
    assert "spacing" in scan.warnings[0]


@pytest.mark.parametrize("sign", [0.0, 1.0, np.nan])
def test_a_sign_of_zero_means_one(sign: float) -> None:
    scan = placed(quaternion=HALF_TURN, pixdim=[sign, 1.0, 1.0, 1.0, 1, 1, 1, 1])

    assert scan.affine is not None
    assert scan.affine[2, 2] == 1.0


def test_a_negative_sign_turns_the_third_axis() -> None:
    scan = placed(quaternion=HALF_TURN, pixdim=[-1.0, 1.0, 1.0, 1.0, 1, 1, 1, 1])

    assert scan.affine is not None
    assert scan.affine[2, 2] == -1.0


@pytest.mark.parametrize(
    ("lengths", "spacing"),
    [
        ([-2.0, 1.0], (1.0, 2.0)),
        ([0.0, 1.0], None),
        ([np.nan, 1.0], None),
        ([np.inf, 1.0], None),
    ],
)
def test_spacing_is_positive_or_unknown(
    lengths: list[float], spacing: tuple[float, float] | None
) -> None:
    pixdim = [1.0, *lengths, 1.0, 1, 1, 1, 1]

    assert placed(pixdim=pixdim).spacing_mm == spacing
    turned = placed(quaternion=HALF_TURN, pixdim=pixdim)
    assert turned.spacing_mm == spacing
    assert letters(turned) == ("P", "L")


@pytest.mark.parametrize(
    ("code", "length", "spacing"),
    [
        (0, 0.9, 0.9),
        (1, 0.0009, 0.9),
        (2, 0.9, 0.9),
        (3, 900.0, 0.9),
        (5, 0.9, 0.9),
        (10, 0.9, 0.9),
        (1, 0.9, 0.9),
        (3, 0.9, 0.9),
    ],
    ids=[
        "unknown",
        "metre",
        "mm",
        "micron",
        "odd",
        "mm and s",
        "no metre",
        "no micron",
    ],
)
def test_every_unit_becomes_millimetres(
    code: int, length: float, spacing: float
) -> None:
    scan = placed(pixdim=[1.0, length, length, length, 1, 1, 1, 1], xyzt_units=code)

    assert scan.spacing_mm == pytest.approx((spacing, spacing))


def test_the_affine_is_in_millimetres_too() -> None:
    pixdim = [1.0, 0.002, 0.003, 0.004, 1, 1, 1, 1]
    scan = placed(AXIAL / 1000.0, pixdim=pixdim, xyzt_units=1)

    assert scan.affine is not None
    assert scan.affine[:3, [1, 0, 2, 3]] == pytest.approx(AXIAL, abs=1e-4)
    assert scan.spacing_mm == pytest.approx((3.0, 2.0))


@pytest.mark.parametrize("code", [-1, 6, 91 * 256])
def test_what_is_no_code_of_a_form_sets_none(code: int) -> None:
    scan = placed(AXIAL, sform_code=code)

    assert scan.affine is None
    assert not scan.warnings


def test_a_missing_direction_across_the_slice_is_completed() -> None:
    affine = np.eye(4)
    affine[2, 2] = 0.0

    completed = usable(affine)
    assert completed is not None
    assert (completed == np.eye(4)).all()
