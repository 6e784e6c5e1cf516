"""Analyses of drawn slices and heads, and the objects that are written of them."""

import pytest
from pydicom.dataset import Dataset

from alzer.analysis import Analysis, analyse
from alzer.dicom_out.objects import ResultObjects, result_objects
from alzer.model.engine import Model
from alzer.person_analysis import analyse_volume
from dicom_out.made import FRAME_OF_REFERENCE, PATIENT, SERIES, headers_of
from phantoms import dicom_dataset, draw_brain, save_dicom
from slabs import straight_head

# Rows lead to the back, columns to the left: the picture is turned on its way to the
# network.
TURNED = {
    "ImageOrientationPatient": [0.0, 1.0, 0.0, 1.0, 0.0, 0.0],
    "ImagePositionPatient": [-80.0, -90.0, 12.5],
    "PixelSpacing": [1.0, 1.02],
}


@pytest.fixture(scope="session")
def head(model: Model) -> Analysis:
    """Return the analysis of a whole head."""
    return analyse_volume(straight_head(), model)


@pytest.fixture(scope="session")
def headers(head: Analysis) -> list[Dataset]:
    """Return the headers of its series."""
    return headers_of(head)


@pytest.fixture(scope="session")
def slice_header() -> Dataset:
    """Return a DICOM file of one slice, which lies on its side."""
    dataset = dicom_dataset(draw_brain().T.copy(), **PATIENT, **TURNED)
    dataset.SeriesInstanceUID, dataset.SOPInstanceUID = SERIES, f"{SERIES}.1"
    dataset.FrameOfReferenceUID = FRAME_OF_REFERENCE
    return dataset


@pytest.fixture(scope="session")
def one_slice(slice_header: Dataset, model: Model) -> Analysis:
    """Return its analysis."""
    return analyse(save_dicom(slice_header), model)


@pytest.fixture(scope="session")
def of_head(head: Analysis, headers: list[Dataset]) -> ResultObjects:
    """Return the objects of the head."""
    return result_objects(head, headers)


@pytest.fixture(scope="session")
def of_slice(one_slice: Analysis, slice_header: Dataset) -> ResultObjects:
    """Return the objects of the slice."""
    return result_objects(one_slice, [slice_header])
