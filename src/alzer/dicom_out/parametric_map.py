"""Parametric Map: the evidence as numbers on the grid of the scan."""

from typing import Any, Final

import numpy as np
from highdicom import (
    PixelMeasuresSequence,
    PlaneOrientationSequence,
    PlanePositionSequence,
    VOILUTTransformation,
)
from highdicom.pm import ParametricMap, RealWorldValueMapping
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import MRImageStorage

from alzer.classes import CLASS_NAMES
from alzer.dicom_out.codes import EVIDENCE, LOGIT, NETWORK_EVIDENCE, own_scheme
from alzer.dicom_out.equipment import give_context, own_part
from alzer.dicom_out.grid import EvidenceOnScan, Grid
from alzer.dicom_out.references import refer_to_files, source_image
from alzer.dicom_out.scene import Scene
from alzer.dicom_out.series import NOBODY, ImageReference, SourceSeries, new_uid

# A window has some width even where there is no evidence.
_LEAST_WIDTH: Final = 1e-3


def write_map(scene: Scene, evidence: EvidenceOnScan) -> Dataset:
    """Write the map of a class: one frame for each of the scan that has evidence.

    Source: PS3.3 section A.75, Parametric Map.

    Args:
        scene: What is known of the analysis.
        evidence: On the scan's grid; frames outside what the network looked at are
            left out.

    Returns:
        The object, in float32 and logit units.
    """
    begin, end = evidence.looked_at()
    values = np.ascontiguousarray(evidence.values[begin:end])
    part = own_part("map", scene)
    image = ParametricMap(
        source_images=[_stand_in(scene.series, values)],
        pixel_array=values,
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[_mapping(values, evidence.label)],
        voi_lut_transformations=[_window(values)],
        content_label="EVIDENCE",
        content_description=_describe(evidence),
        coding_schemes=[own_scheme()],
        **_geometry(evidence, begin, end),
        **part,
    )
    _refer(image, scene.series, evidence.grid)
    give_context(image, scene.series)
    return image


def _describe(evidence: EvidenceOnScan) -> str:
    return f"Evidence for {CLASS_NAMES[evidence.label]}, logit"


def _stand_in(series: SourceSeries, values: NDArray[np.float32]) -> Dataset:
    """Return an image like those of the source, of nobody: the writer asks for one."""
    image = Dataset()
    for keyword in NOBODY:
        setattr(image, keyword, None)
    image.StudyInstanceUID = series.context.StudyInstanceUID
    image.SeriesInstanceUID = series.series or new_uid()
    image.SOPInstanceUID = new_uid()
    image.SOPClassUID = MRImageStorage
    image.FrameOfReferenceUID = series.frame_of_reference
    image.PositionReferenceIndicator = None
    _, image.Rows, image.Columns = values.shape
    image.PixelSpacing, image.SliceThickness = [1.0, 1.0], 1.0
    image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    image.ImagePositionPatient = [0, 0, 0]
    return image


def _mapping(values: NDArray[np.float32], label: int) -> RealWorldValueMapping:
    return RealWorldValueMapping(
        lut_label="LOGIT",
        lut_explanation=f"Evidence for {CLASS_NAMES[label]} in logit units",
        unit=LOGIT,
        value_range=(float(values.min()), float(values.max())),
        slope=1.0,
        intercept=0.0,
        quantity_definition=EVIDENCE,
    )


def _window(values: NDArray[np.float32]) -> VOILUTTransformation:
    """Return a window around 0: what speaks against the class is darker than that."""
    most = float(np.abs(values).max())
    return VOILUTTransformation(
        window_center=0.0, window_width=_rounded(max(2.0 * most, _LEAST_WIDTH))
    )


def _geometry(evidence: EvidenceOnScan, begin: int, end: int) -> dict[str, Any]:
    grid = evidence.grid
    measures = PixelMeasuresSequence(
        pixel_spacing=[_rounded(one) for one in grid.spacing_mm],
        slice_thickness=_rounded(grid.step_mm),
        spacing_between_slices=_rounded(abs(float(grid.affine[:3, 2] @ grid.normal))),
    )
    positions = [
        PlanePositionSequence(
            "PATIENT", [_rounded(one) for one in grid.position(frame)]
        )
        for frame in range(begin, end)
    ]
    return {
        "pixel_measures": measures,
        "plane_orientation": PlaneOrientationSequence(
            "PATIENT", [_rounded(one) for one in grid.orientation]
        ),
        "plane_positions": positions,
    }


def _rounded(value: float) -> float:
    """Return a number that a decimal string of 16 characters holds."""
    return float(f"{value:.8g}")


def _refer(image: Dataset, series: SourceSeries, grid: Grid) -> None:
    """Let each frame refer to the image at its place, and to nothing without a source.

    Source: PS3.3 section C.7.6.16.2.6, Derivation Image Macro.
    """
    for keyword in ("ReferencedSeriesSequence", "SourceImageSequence"):
        if keyword in image:  # they name the stand-in
            delattr(image, keyword)
    refer_to_files(image, series)
    places = np.array([grid.position(frame) for frame in range(grid.shape[0])])
    for group in image.PerFrameFunctionalGroupsSequence:
        if "DerivationImageSequence" in group:
            del group.DerivationImageSequence
        if series.images:
            # The writer sorts frames by their places.
            place = np.array(group.PlanePositionSequence[0].ImagePositionPatient, float)
            frame = int(np.argmin(np.linalg.norm(places - place, axis=1)))
            group.DerivationImageSequence = Sequence([_derived(series.images[frame])])


def _derived(one: ImageReference) -> Dataset:
    item = Dataset()
    frames = [] if one.frame is None else [one.frame]
    item.SourceImageSequence = Sequence([source_image(one, frames, preserved=True)])
    item.DerivationCodeSequence = Sequence([NETWORK_EVIDENCE])
    return item
