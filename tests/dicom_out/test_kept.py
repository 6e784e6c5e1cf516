"""Scenes of what is kept of an analysis."""

from dataclasses import replace

import numpy as np
import pytest
from pydicom.dataset import Dataset

from alzer.analysis import Analysis
from alzer.analysis_bundle import digests_of
from alzer.dicom_out.grid import evidence_on_scan
from alzer.dicom_out.kept import read_headers, require_same, scene_of_kept
from alzer.dicom_out.scene import edges_of
from alzer.errors import NotTheScan
from alzer.limits import Limits
from alzer.person_evidence import head_files
from alzer.reports.sources import source_of_analysis
from dicom_out.made import SERIES
from phantoms import save_dicom
from volume_files import as_zip, named


def test_the_kept_evidence_of_a_head_lies_where_it_did(
    head: Analysis, headers: list[Dataset]
) -> None:
    told = source_of_analysis(head)
    assert told.evidence is not None
    evidence = replace(told.evidence, files=head_files(head))
    found = scene_of_kept(replace(told, evidence=evidence), headers).evidence
    expected = evidence_on_scan(head)

    assert found is not None
    assert expected is not None
    assert np.array_equal(found.values, expected.values)
    assert np.allclose(found.grid.affine, expected.grid.affine, atol=1e-4)


def test_the_kept_evidence_of_a_slice_is_turned_back_by_its_header(
    one_slice: Analysis, slice_header: Dataset
) -> None:
    scene = scene_of_kept(source_of_analysis(one_slice), [slice_header])
    expected = evidence_on_scan(one_slice)

    assert scene.evidence is not None
    assert expected is not None
    assert np.allclose(scene.evidence.values, expected.values, atol=1e-5)
    assert np.allclose(scene.evidence.grid.affine, expected.grid.affine)
    assert scene.edges == edges_of(one_slice)


def test_headers_are_found_in_archives_and_other_files_passed_over(
    slice_header: Dataset,
) -> None:
    archive = as_zip(named([save_dicom(slice_header), b"a note"]))
    (found,) = read_headers([archive, b"no DICOM"], Limits())

    assert found.SeriesInstanceUID == SERIES
    assert "PixelData" not in found
    assert "InstitutionName" not in found  # nothing is read that is not asked for


def test_only_the_files_that_were_analysed_are_the_same(one_slice: Analysis) -> None:
    told = source_of_analysis(one_slice, digests_of([b"one", b"two"]))
    require_same(told, [b"two", b"one"])

    for others in ([b"one"], [b"one", b"three"]):
        with pytest.raises(NotTheScan, match="digests differ"):
            require_same(told, others)
