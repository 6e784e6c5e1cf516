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


def test_a_coarse_grid_is_a_localisers() -> None:
    affine = affine_of() @ np.diag([1.0, 1.0, 2.5, 1.0])
    with pytest.raises(UnsupportedVariant, match="25 mm apart"):
        read_volume(as_nifti(stored(affine), affine))
