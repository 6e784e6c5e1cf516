"""The picture of a Secondary Capture."""

import numpy as np
from pydicom.dataset import Dataset

from alzer.analysis import Analysis
from alzer.dicom_out.objects import Choice, ResultObjects, result_objects
from served import doubt

ONLY = Choice(kinds=("capture",))


def coloured(pixels: np.ndarray) -> int:
    """Return how many pixels are blue, as heat is."""
    red, _, blue = np.moveaxis(pixels.astype(int), -1, 0)
    return int((blue - red > 40).sum())


def test_it_is_the_same_whoever_it_is_of(
    of_slice: ResultObjects, one_slice: Analysis
) -> None:
    nobody = result_objects(one_slice, (), ONLY).by_kind["capture"]

    assert np.array_equal(nobody.pixel_array, of_slice.by_kind["capture"].pixel_array)


def test_the_overlay_is_beside_the_scan_and_has_a_legend(
    of_head: ResultObjects,
) -> None:
    pixels = of_head.by_kind["capture"].pixel_array
    middle = pixels.shape[1] // 2
    pictures = pixels[250:700]

    assert coloured(pictures[:, :middle]) == 0
    assert coloured(pictures[:, middle:]) > 10_000
    assert coloured(pixels[750:850]) > 500


def test_without_a_reliable_answer_there_is_no_heat(
    one_slice: Analysis, slice_header: Dataset
) -> None:
    doubtful = doubt(one_slice, "The skull is still on.")
    image = result_objects(doubtful, [slice_header], ONLY).by_kind["capture"]

    assert coloured(image.pixel_array) == 0
