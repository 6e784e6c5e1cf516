"""Whether a volume can be of a whole head."""

import numpy as np
import pytest

from alzer.errors import DamagedFile, NotBrainLike, UnsupportedVariant
from phantoms import as_nifti, with_fields
from volume_files import SPACING_MM, affine_of, read_volume, stored

AFFINE = affine_of((1, 2, 0), (1, -1, -1))


@pytest.mark.parametrize("scale", [0.1, 10.0])
def test_what_is_no_head_by_its_size_is_refused(scale: float) -> None:
    affine = AFFINE @ np.diag([scale, scale, scale, 1.0])
    with pytest.raises(NotBrainLike, match="not a whole head"):
        read_volume(as_nifti(stored(AFFINE), affine))


def test_nifti_without_orientation_is_read_with_a_warning() -> None:
    values = stored(affine_of())
    content = with_fields(
        as_nifti(values, affine_of()),
        sform_code=0,
        qform_code=0,
        pixdim=[1, *SPACING_MM, 1, 1, 1, 1],
    )
    volume = read_volume(content)

    assert volume.spacing_mm == pytest.approx(SPACING_MM)
    assert any("does not say how the head lies" in one for one in volume.warnings)
    assert not volume.tells_sides
    assert read_volume(as_nifti(values, affine_of())).tells_sides


def test_nifti_without_any_size_is_refused() -> None:
    content = with_fields(
        as_nifti(stored(AFFINE), AFFINE), sform_code=0, qform_code=0, pixdim=[0] * 8
    )
    with pytest.raises(DamagedFile, match="how large its voxels are"):
        read_volume(content)


@pytest.mark.parametrize("length", [0.0, float("nan"), float("inf")])
def test_a_size_that_is_missing_along_one_axis_is_not_invented(length: float) -> None:
    pixdim = [1, SPACING_MM[0], length, SPACING_MM[2], 1, 1, 1, 1]
    content = with_fields(
        as_nifti(stored(AFFINE), AFFINE), sform_code=0, qform_code=1, pixdim=pixdim
    )
    with pytest.raises(DamagedFile, match="for 1 of the three axes"):
        read_volume(content)


def test_a_direction_of_no_length_is_not_invented() -> None:
    content = with_fields(
        as_nifti(stored(AFFINE), AFFINE),
        srow_x=[0.0, *AFFINE[0, 1:]],
        srow_y=[0.0, *AFFINE[1, 1:]],
        srow_z=[0.0, *AFFINE[2, 1:]],
    )
    with pytest.raises(DamagedFile, match="for 1 of the three axes"):
        read_volume(content)


def test_an_absurd_size_is_said() -> None:
    content = with_fields(
        as_nifti(stored(affine_of()), affine_of()),
        sform_code=0,
        qform_code=0,
        pixdim=[1, 1e6, 1e6, 1e6, 1, 1, 1, 1],
    )
    with pytest.raises(NotBrainLike, match="more than"):
        read_volume(content)


def test_negative_sizes_are_warned_of() -> None:
    content = with_fields(
        as_nifti(stored(affine_of()), affine_of()),
        sform_code=0,
        qform_code=0,
        pixdim=[1, *(-size for size in SPACING_MM), 1, 1, 1, 1],
    )
    volume = read_volume(content)

    assert volume.spacing_mm == pytest.approx(SPACING_MM)
    assert any("negative length" in warning for warning in volume.warnings)


def test_a_unit_that_cannot_be_is_noted() -> None:
    content = with_fields(as_nifti(stored(AFFINE), AFFINE), xyzt_units=1)
    volume = read_volume(content)

    assert sorted(volume.spacing_mm) == pytest.approx(sorted(SPACING_MM))
    assert any("lengths in metres" in note for note in volume.notes)


def test_values_that_are_no_numbers_are_warned_of_with_their_share() -> None:
    values = stored(AFFINE).astype(np.float32)
    values[: len(values) // 4] = np.nan
    volume = read_volume(as_nifti(values, AFFINE))

    assert np.isfinite(volume.voxels).all()
    assert any("not finite numbers (25 %" in each for each in volume.warnings)
    assert not any("not finite" in note for note in volume.notes)


def test_a_coarse_grid_is_a_localisers() -> None:
    affine = affine_of() @ np.diag([1.0, 1.0, 2.5, 1.0])
    with pytest.raises(UnsupportedVariant, match="25 mm apart"):
        read_volume(as_nifti(stored(affine), affine))
