"""Three planes through a brain, to see whether it was found well."""

import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alzer.analysis import Analysis, analyse
from alzer.cli.planes_picture import draw_planes
from alzer.errors import InvalidRequest
from alzer.model.engine import Model
from heads import draw_average_head
from phantoms import as_png, draw_brain


@pytest.fixture(scope="module")
def analysis(model: Model) -> Analysis:
    return analyse(draw_average_head().volume, model)


def pixels_of(png: bytes) -> NDArray[np.int64]:
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB"), np.int64)


def test_the_brain_is_drawn_in_grey_with_its_border(analysis: Analysis) -> None:
    pixels = pixels_of(draw_planes(analysis))
    red, green, blue = np.moveaxis(pixels, -1, 0)
    is_coloured = (red != green) | (green != blue)

    assert 0.005 < is_coloured.mean() < 0.1
    assert pixels.max() == 255
    assert pixels.shape[1] > 2 * pixels.shape[0]


def test_a_mark_on_the_right_of_the_person_is_on_the_left(analysis: Analysis) -> None:
    prepared = analysis.preparation
    assert prepared
    volume = prepared.volume
    right = volume.affine[0, 0] > 0
    voxels = volume.voxels.copy()
    half = voxels.shape[0] // 2
    voxels[half:] *= 0.3 if right else 1.0
    voxels[:half] *= 1.0 if right else 0.3
    marked = replace(prepared, volume=replace(volume, voxels=voxels))
    pixels = pixels_of(draw_planes(replace(analysis, preparation=marked))).mean(axis=-1)
    # The first plane is the axial one; about a third of the width.
    plane = pixels[12:-12, 8 : pixels.shape[1] // 4]
    middle = plane.shape[1] // 2

    assert plane[:, :middle].mean() < 0.7 * plane[:, middle:].mean()


def test_a_file_that_tells_no_sides_is_drawn_with_a_doubt(analysis: Analysis) -> None:
    prepared = analysis.preparation
    assert prepared
    doubted = replace(prepared, volume=replace(prepared.volume, tells_sides=False))

    assert draw_planes(analysis) != draw_planes(replace(analysis, preparation=doubted))


def test_a_slice_has_no_planes(model: Model) -> None:
    with pytest.raises(InvalidRequest):
        draw_planes(analyse(as_png(draw_brain()), model))
