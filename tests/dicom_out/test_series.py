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
from volume_files import SIZES, affine_of, enhanced_dataset

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


def test_values_in_a_form_of_their_own_are_left_out(slice_header: Dataset) -> None:
    header = deepcopy(slice_header)
    header.add_new("PatientAge", "LO", "42")  # as some write it
    header.add_new("StudyDate", "LO", "11.06.2025")
    context = read_series([header], None).context

    assert "PatientAge" not in context
    assert context.StudyDate is None
    assert context.PatientID == "MRN-4711"
