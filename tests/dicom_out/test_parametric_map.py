"""The evidence as numbers, where it lies in the patient."""

import io

import numpy as np
import pytest
from highdicom.pm import ParametricMap
from pydicom import dcmread
from pydicom.dataset import Dataset

from alzer.analysis import Analysis
from alzer.dicom_out.objects import ResultObjects, as_file
from alzer.person_evidence import evidence_volume


def position(frame: Dataset) -> tuple[float, ...]:
    return tuple(map(float, frame.PlanePositionSequence[0].ImagePositionPatient))


def test_values_of_a_head_lie_where_its_evidence_does(
    of_head: ResultObjects, head: Analysis
) -> None:
    image, expected = of_head.by_kind["map"], evidence_volume(head)
    shape, affine = expected.values.shape, np.diag([-1, -1, 1, 1]) @ expected.affine
    frames = {
        tuple(np.round(affine[:3, 3] + k * affine[:3, 2], 4)): k
        for k in range(shape[2])
    }
    found = np.zeros_like(expected.values)
    for values, group in zip(
        image.pixel_array, image.PerFrameFunctionalGroupsSequence, strict=True
    ):
        found[:, :, frames[tuple(np.round(position(group), 4))]] = values.T

    assert image.pixel_array.dtype == np.float32
    assert np.array_equal(found, expected.values)


def test_each_frame_refers_to_the_image_at_its_place(
    of_head: ResultObjects, headers: list[Dataset]
) -> None:
    places = {
        one.SOPInstanceUID: tuple(map(float, one.ImagePositionPatient))
        for one in headers
    }
    for group in of_head.by_kind["map"].PerFrameFunctionalGroupsSequence:
        (derived,) = group.DerivationImageSequence
        (source,) = derived.SourceImageSequence

        assert places[source.ReferencedSOPInstanceUID] == pytest.approx(position(group))
        assert source.SpatialLocationsPreserved == "YES"


def test_the_map_of_a_slice_lies_on_its_own_pixels(
    of_slice: ResultObjects, one_slice: Analysis, slice_header: Dataset
) -> None:
    image = of_slice.by_kind["map"]
    expected = one_slice.shown.evidence_on_scan(one_slice.label)
    (group,) = image.PerFrameFunctionalGroupsSequence
    shared = {**group, **image.SharedFunctionalGroupsSequence[0]}
    orientation = Dataset(shared).PlaneOrientationSequence[0].ImageOrientationPatient
    spacing = Dataset(shared).PixelMeasuresSequence[0].PixelSpacing

    assert np.array_equal(np.squeeze(image.pixel_array), expected)
    assert (image.Rows, image.Columns) == (slice_header.Rows, slice_header.Columns)
    assert position(group) == pytest.approx(slice_header.ImagePositionPatient)
    assert list(orientation) == pytest.approx(slice_header.ImageOrientationPatient)
    assert list(spacing) == pytest.approx(slice_header.PixelSpacing)


def test_values_are_in_logit_units(of_head: ResultObjects) -> None:
    image = ParametricMap.from_dataset(
        dcmread(io.BytesIO(as_file(of_head.by_kind["map"])))
    )
    shared = image.SharedFunctionalGroupsSequence[0]
    (mapping,) = shared.RealWorldValueMappingSequence

    assert mapping.MeasurementUnitsCodeSequence[0].CodeMeaning == "logit"
    assert mapping.RealWorldValueSlope == 1.0
    assert image.ContentQualification == "RESEARCH"
