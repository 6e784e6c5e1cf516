"""From what is kept of an analysis, and the files of its scan, to a scene."""

import gzip
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import nibabel as nib
import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from alzer.analysis_bundle import digests_of
from alzer.dicom_out.grid import EvidenceOnScan, grid_of_slice, grid_of_volume
from alzer.dicom_out.scene import Scene, label_of
from alzer.dicom_out.series import (
    TAGS,
    SourceSeries,
    places_of,
    read_series,
    series_of_files,
)
from alzer.errors import NotTheScan
from alzer.explain.kept_evidence import KeptEvidence
from alzer.limits import Limits
from alzer.person_evidence import EVIDENCE_FILE
from alzer.picture_facts import edges_of_view
from alzer.reports.sources import Source
from alzer.scans.archive import is_archive, unpack_archive
from alzer.scans.orientation import affine_of, to_standard_view
from alzer.scans.slice import Slice

_OTHERS: Final = (
    "These are not the files that were analysed: their digests differ. Name the files, "
    "folder or archive as they were when the analysis was made."
)

# Anything that goes wrong in a header is met with 'no header'.
_DAMAGED: Final = (
    InvalidDicomError,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
)

_LPS_TO_RAS: Final = np.array([-1.0, -1.0, 1.0])


def require_same(told: Source, contents: Iterable[bytes]) -> None:
    """Check that files are those that were analysed.

    Args:
        told: Of the analysis, with the digests of its files.
        contents: Of the files, in any order.

    Raises:
        NotTheScan: They are not, or it isn't known which were.
    """
    known = (told.manifest.get("input") or {}).get("sha256")
    if not known or list(digests_of(contents)) != sorted(known):
        raise NotTheScan(_OTHERS)


def read_headers(contents: Iterable[bytes], limits: Limits) -> list[Dataset]:
    """Read the headers of DICOM files, as far as results take anything from them.

    Args:
        contents: Of files and zip archives of files.
        limits: How large an archive may be.

    Returns:
        Those of files that are DICOM; pixels are not read.
    """
    found = (_header(one) for one in _unpacked(contents, limits))
    return [one for one in found if one is not None and "SOPInstanceUID" in one]


def scene_of_kept(told: Source, headers: Sequence[Dataset] = ()) -> Scene:
    """Return the scene of an analysis of which the evidence is kept.

    Args:
        told: What is kept of it.
        headers: Of its source's files; none if they are not at hand.

    Returns:
        The scene. Where the evidence lies is known of a whole head if the files of its
        answer are kept, and of a slice if its header is given.

    Raises:
        NotTheScan: The headers are of another scan.
    """
    # Records of the service round probabilities; the bundle's manifest does not.
    exact = told.manifest.get("answer") or {}
    told = replace(told, answer={**told.answer, **exact})
    label = label_of(told)
    if told.is_head:
        evidence = _head_on_scan(told.evidence, label)
        grid, edges = None if evidence is None else evidence.grid, None
    else:
        lying = _lying(headers)
        evidence = _slice_on_scan(told.evidence, lying, label)
        grid = None if lying is None else grid_of_slice(lying)
        edges = None if lying is None else edges_of_view(to_standard_view(lying))
    series = read_series(headers, grid) if grid else _whole_series(headers)
    return Scene(told, series, evidence, edges)


def _whole_series(headers: Sequence[Dataset]) -> SourceSeries:
    """Return the one series of files of which nobody knows where they were read.

    Raises:
        NotTheScan: There are several.
    """
    if len({one.get("SeriesInstanceUID") for one in headers}) > 1:
        message = "The files hold several series; name those of the one analysed."
        raise NotTheScan(message)
    return series_of_files(headers)


def _unpacked(contents: Iterable[bytes], limits: Limits) -> Iterator[bytes]:
    for content in contents:
        if is_archive(content):
            for _, inside in unpack_archive(content, limits):
                yield inside
        else:
            yield content


def _header(content: bytes) -> Dataset | None:
    try:
        return dcmread(
            io.BytesIO(content), stop_before_pixels=True, specific_tags=[*TAGS]
        )
    except _DAMAGED:
        return None


def _head_on_scan(evidence: KeptEvidence | None, label: int) -> EvidenceOnScan | None:
    """Return the evidence of a whole head, from the file of its answer."""
    content = None if evidence is None else evidence.files.get(EVIDENCE_FILE)
    if content is None:
        return None
    image: Any = nib.Nifti1Image.from_bytes(gzip.decompress(content))
    values = np.asarray(image.dataobj, np.float32)
    grid = grid_of_volume(np.asarray(image.affine, np.float64), values.shape)
    return EvidenceOnScan(values.T, grid, label)


def _slice_on_scan(
    evidence: KeptEvidence | None, lying: Slice | None, label: int
) -> EvidenceOnScan | None:
    """Return the evidence of a slice, turned back to how its file has it."""
    grid = None if lying is None else grid_of_slice(lying)
    if evidence is None or lying is None or grid is None:
        return None
    one, view = evidence.slices[0], to_standard_view(lying)
    if one.geometry.view_shape != view.pixels.shape:  # its pixels were put together
        return None
    values = view.to_file(one.geometry.paint(one.maps[label].astype(np.float32)))
    return EvidenceOnScan(values[np.newaxis], grid, label)


def _lying(headers: Sequence[Dataset]) -> Slice | None:
    """Return a slice that lies as its file says; what it shows is not read."""
    if len(headers) != 1:
        return None
    (found,) = headers
    place = places_of(found)
    if len(place) != 1:
        return None
    (one,) = place
    if one.spacing_mm is None:
        return None
    across, down = one.orientation[:3] * _LPS_TO_RAS, one.orientation[3:] * _LPS_TO_RAS
    spacing_mm = float(one.spacing_mm[0]), float(one.spacing_mm[1])
    affine = affine_of(down, across, spacing_mm, one.position * _LPS_TO_RAS)
    empty = np.zeros((int(found.Rows), int(found.Columns)), np.float32)
    return Slice(empty, "DICOM", (0.0, 1.0), spacing_mm, affine)
