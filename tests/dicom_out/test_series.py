"""What objects take from the headers of their source."""

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from alzer.dicom_out.grid import Grid
from alzer.dicom_out.series import places_of, read_series
from alzer.errors import NotTheScan
from dicom_out.made import SERIES
from phantoms import dicom_dataset
from volume_files import SIZES, affine_of, enhanced_dataset, slice_elements

LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def grid(affine: Any) -> Grid:  # noqa: ANN401 - an array
    columns, rows, frames = SIZES
    return Grid(LPS @ affine, (frames, rows, columns))


def test_frames_of_an_enhanced_file_are_told_apart_by_their_places() -> None:
    affine = affine_of((1, 2, 0), (1, -1, 1), 20.0)
    order = [3, 1, 0, 2, *range(4, SIZES[2])]
    header = enhanced_dataset(affine, order, SOPInstanceUID=f"{SERIES}.1")
    series = read_series([header], grid(affine))

    # Frames are counted from 1 in the file; here they stand in the grid's order.
    assert [one.frame for one in series.images][:5] == [3, 2, 4, 1, 5]
    assert len(series.files) == 1
    assert len(places_of(header)) == SIZES[2]


def test_headers_that_lie_otherwise_are_refused() -> None:
    header = enhanced_dataset(affine_of(), SOPInstanceUID=f"{SERIES}.1")

    with pytest.raises(NotTheScan):
        read_series([header], grid(affine_of(turn_degrees=5.0)))


def stack(series: str, **own: object) -> list[Dataset]:
    """Return headers of a series of single images that lie in the same places."""
    return [
        dicom_dataset(
            np.zeros(SIZES[:2][::-1]),
            SeriesInstanceUID=series,
            SOPInstanceUID=f"{series}.{own.get('EchoTime', '1')}.{number}",
            PatientID=f"of {series}",
            **slice_elements(affine_of(), number),
            **own,
        )
        for number in range(SIZES[2])
    ]


@pytest.mark.parametrize("step", [1, -1])
def test_of_two_series_in_one_place_none_is_taken_for_the_other(step: int) -> None:
    headers = [*stack("1.2.1"), *stack("1.2.2")][::step]

    with pytest.raises(NotTheScan, match="more than one series"):
        read_series(headers, grid(affine_of()))


@pytest.mark.parametrize("own", ["EchoTime", "ImageType"])
def test_images_are_all_of_one_stack_of_a_series(own: str) -> None:
    values = {
        "EchoTime": ("3", "5"),
        "ImageType": (["ORIGINAL", "M"], ["ORIGINAL", "P"]),
    }
    one, two = (stack("1.2.1", **{own: value}) for value in values[own])
    mixed = [each for pair in zip(two, one, strict=True) for each in pair]
    series = read_series([*mixed[::3], *mixed[1::3], *mixed[2::3]], grid(affine_of()))

    assert len(series.images) == SIZES[2]
    assert len({str(image.header.get(own)) for image in series.images}) == 1


def test_values_in_a_form_of_their_own_are_left_out(slice_header: Dataset) -> None:
    header = deepcopy(slice_header)
    header.add_new("PatientAge", "LO", "42")  # as some write it
    header.add_new("StudyDate", "LO", "11.06.2025")
    context = read_series([header], None).context

    assert "PatientAge" not in context
    assert context.StudyDate is None
    assert context.PatientID == "MRN-4711"
