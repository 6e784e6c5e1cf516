"""One limit for what all images of a file declare, whatever its format."""

import io

import nibabel
import numpy as np
import pytest
from PIL import Image

from alzer.errors import NotOneSlice, TooManyPixels
from alzer.scans.formats import read_slice
from alzer.settings import Limits
from phantoms import as_dicom, as_nifti, draw_brain

BRAIN = draw_brain((20, 10))
VOXELS = 20 * 10 * 3


def as_mgh() -> bytes:
    image = nibabel.MGHImage(np.ones((20, 10, 3), np.float32), np.eye(4))  # type: ignore[no-untyped-call]  # nibabel
    content: bytes = image.to_bytes()
    return content


def as_tiff() -> bytes:
    file, page = io.BytesIO(), Image.new("L", (10, 20))
    page.save(file, "TIFF", save_all=True, append_images=[page, page])
    return file.getvalue()


VOLUMES = {
    "NIfTI": as_nifti(np.ones((20, 10, 3), np.int16)),
    "MGH": as_mgh(),
    "DICOM": as_dicom(BRAIN, NumberOfFrames=3),
    "TIFF": as_tiff(),
}


@pytest.mark.parametrize("name", VOLUMES)
def test_a_volume_over_the_limit_is_refused_by_what_it_declares(name: str) -> None:
    with pytest.raises(TooManyPixels, match="voxels, over the limit"):
        read_slice(VOLUMES[name], Limits(max_voxels=VOXELS - 1))
    # One within it is refused for another reason.
    with pytest.raises(NotOneSlice):
        read_slice(VOLUMES[name], Limits(max_voxels=VOXELS))


def test_one_image_counts_as_a_volume_too() -> None:
    content = as_dicom(BRAIN)

    assert read_slice(content, Limits(max_voxels=200)).shape == (20, 10)
    with pytest.raises(TooManyPixels):
        read_slice(content, Limits(max_voxels=199))
