"""FreeSurfer's format, good and odd."""

import gzip
import struct
from typing import Any

import nibabel
import numpy as np
import pytest

from alzer.errors import DamagedFile, NotOneSlice, UnsupportedVariant
from alzer.scans.formats import read_slice
from alzer.scans.orientation import directions
from phantoms import as_nifti, draw_brain

BRAIN = (draw_brain((52, 44)) * 1000.0).astype(np.int16)
VOXELS = BRAIN.T[:, :, None]
AXIAL = np.diag([-1.0, -2.0, 3.0, 1.0])

# Where fields begin.
TYPE, IS_PLACED, SPACING, DIRECTIONS = 20, 28, 30, 42


def as_mgh(values: np.ndarray[Any, Any], affine: np.ndarray[Any, Any]) -> bytes:
    image = nibabel.MGHImage(values, affine)  # type: ignore[no-untyped-call]  # nibabel
    return bytes(image.to_bytes())


FILE = as_mgh(VOXELS, AXIAL)


def changed(place: int, kind: str, *values: float) -> bytes:
    content = bytearray(FILE)
    struct.pack_into(f">{kind}", content, place, *values)
    return bytes(content)


def test_it_lies_as_the_same_slice_in_nifti() -> None:
    affine = AXIAL + 0.0
    affine[:3, 3] = 7.0, 8.0, 9.0
    scan, twin = (read_slice(write(VOXELS, affine)) for write in (as_mgh, as_nifti))

    assert (scan.pixels == twin.pixels).all()
    assert scan.spacing_mm == twin.spacing_mm == (2.0, 1.0)
    assert scan.affine == pytest.approx(twin.affine)


@pytest.mark.parametrize("kind", ["u1", "i4", "f4", "i2"])
def test_every_type_of_number_is_read(kind: str) -> None:
    values = (VOXELS // 4).astype(kind)

    assert (read_slice(as_mgh(values, AXIAL)).pixels == BRAIN // 4).all()


def test_unsigned_shorts_are_read() -> None:
    assert (read_slice(changed(TYPE, "i", 10)).pixels == BRAIN).all()


@pytest.mark.parametrize("kind", [2, 5, 6])
def test_other_types_are_named(kind: int) -> None:
    with pytest.raises(UnsupportedVariant, match="mri_convert"):
        read_slice(changed(TYPE, "i", kind))


def test_without_its_flag_nothing_is_placed() -> None:
    scan = read_slice(changed(IS_PLACED, "h", 0))

    assert scan.affine is None
    assert scan.spacing_mm is None
    assert not scan.warnings


@pytest.mark.parametrize("value", [0.0, float("nan")])
def test_unusable_directions_are_ignored_with_a_warning(value: float) -> None:
    scan = read_slice(changed(DIRECTIONS, "9f", *[value] * 9))

    assert scan.affine is None
    assert scan.spacing_mm == (2.0, 1.0)
    assert "not usable" in scan.warnings[0]


def test_a_spacing_of_zero_is_unknown() -> None:
    scan = read_slice(changed(SPACING, "3f", 0.0, 1.0, 1.0))

    assert scan.spacing_mm is None
    assert scan.affine is not None
    assert directions(scan.affine) == ("P", "L")


def test_members_of_gzip_are_read_together() -> None:
    middle = len(FILE) // 2
    content = gzip.compress(FILE[:middle]) + gzip.compress(FILE[middle:])

    assert (read_slice(content).pixels == BRAIN).all()


def test_a_volume_is_refused_with_its_dimensions() -> None:
    with pytest.raises(NotOneSlice, match="4 x 5 x 6"):
        read_slice(as_mgh(np.zeros((4, 5, 6), np.float32), AXIAL))
    with pytest.raises(NotOneSlice, match="4 x 5 x 1 x 6"):
        read_slice(as_mgh(np.zeros((4, 5, 1, 6), np.float32), AXIAL))


def test_too_few_values_are_damage() -> None:
    with pytest.raises(DamagedFile, match="promises"):
        read_slice(FILE[: 284 + BRAIN.size])
