"""What a person's answer rests on, in three dimensions and slice by slice."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.answer import Analysis
from alzer.classes import CLASS_NAMES
from alzer.errors import InvalidRequest
from alzer.explain.overlay import encode_png, tint
from alzer.explain.volume_evidence import cell_size_mm, encode_nifti, to_scan_grid
from alzer.volumes.pipeline import PreparedVolume
from alzer.volumes.skull_stripping import MARGIN_MM, strip_skull

EVIDENCE_FILE: Final = "evidence.nii.gz"
BRAIN_MASK_FILE: Final = "brain_mask.nii.gz"
BRAIN_FILE: Final = "brain.nii.gz"


@dataclass(frozen=True)
class EvidenceVolume:
    """The maps of all slices for one class, on the scan's own grid.

    Attributes:
        values: In logit units, shape (i, j, k); 0 where nothing was looked at, and in
            slices that don't count for the person's answer.
        affine: shape (4, 4), from voxels to millimetres, RAS+.
        label: Index of the class.
        cell_mm: Size of a cell of the maps along a slice's rows, along its columns and
            from slice to slice; nothing finer than that can be read from the values.
    """

    values: NDArray[np.float32]
    affine: NDArray[np.float64]
    label: int
    cell_mm: tuple[float, float, float]

    def as_nifti(self) -> bytes:
        """Return the values as a gzipped NIfTI file that says what they are."""
        height, width, thickness = self.cell_mm
        description = (
            f"Evidence for {CLASS_NAMES[self.label]}, logit units; cell "
            f"{height:.0f} x {width:.0f} x {thickness:.1f} mm"
        )
        return encode_nifti(self.values, self.affine, description)


def evidence_volume(analysis: Analysis, label: int | None = None) -> EvidenceVolume:
    """Carry the maps of a class back onto the grid of the scan.

    Args:
        analysis: Of a whole head.
        label: Index of the class; the predicted one if it is not given.

    Returns:
        The maps on the scan's grid.

    Raises:
        InvalidRequest: If the analysis is of one slice.
    """
    prepared = prepared_of(analysis)
    label = analysis.label if label is None else label
    maps = [one.evidence_on_scan(label) * one.counted for one in analysis.slices]
    stack = np.stack(maps)
    volume, to_voxels = prepared.volume, prepared.slab.to_scan_voxels
    i, j, k = volume.voxels.shape
    return EvidenceVolume(
        to_scan_grid(stack, to_voxels, (i, j, k)),
        volume.affine,
        label,
        evidence_cell_mm(analysis),
    )


def evidence_cell_mm(analysis: Analysis) -> tuple[float, float, float]:
    """Return how large the cells of the maps are on the person, in millimetres.

    Args:
        analysis: Of a whole head.

    Returns:
        Along a slice's rows, along its columns (both the median of the slices) and
        from slice to slice.

    Raises:
        InvalidRequest: If the analysis is of one slice.
    """
    prepared = prepared_of(analysis)
    geometries = [one.evidence.geometry for one in analysis.slices]
    scales = np.median([each.scales for each in geometries], axis=0)
    rows, columns = scales * geometries[0].cell_stride
    to_voxels, affine = prepared.slab.to_scan_voxels, prepared.volume.affine
    return cell_size_mm((float(rows), float(columns)), to_voxels, affine)


def brain_mask_nifti(analysis: Analysis) -> bytes:
    """Return the brain mask on the scan's grid as a gzipped NIfTI file.

    Args:
        analysis: Of a whole head.

    Returns:
        The file: 1 inside the brain, else 0.

    Raises:
        InvalidRequest: If the analysis is of one slice.
    """
    prepared = prepared_of(analysis)
    mask = prepared.mask.astype(np.uint8)
    return encode_nifti(mask, prepared.volume.affine, "Brain mask: 1 inside")


def brain_nifti(analysis: Analysis) -> bytes:
    """Return the scan without skull and face as a gzipped NIfTI file.

    Args:
        analysis: Of a whole head.

    Returns:
        The file, on the scan's own grid: the brain and `MARGIN_MM` around it in 256
        greys, else 0. The header scales them to the scan's units (`scl_slope`,
        `scl_inter`) and says what is drawn in black and white (`cal_min`, `cal_max`).

    Raises:
        InvalidRequest: If the analysis is of one slice.
    """
    prepared = prepared_of(analysis)
    stripped = strip_skull(prepared.volume, prepared.mask)
    description = f"Skull-stripped scan: brain mask and {MARGIN_MM:g} mm around it"
    window = stripped.low, stripped.high
    return encode_nifti(stripped.values, prepared.volume.affine, description, window)


def head_files(analysis: Analysis) -> dict[str, bytes]:
    """Return all files that an answer for a whole head refers to.

    Args:
        analysis: Of a whole head.

    Returns:
        By name: `evidence.nii.gz` for the predicted class, `brain_mask.nii.gz`,
        `brain.nii.gz`, the scan without the face, and `slice_00.png` and so on, one
        for each slice, from below upwards.

    Raises:
        InvalidRequest: If the analysis is of one slice.
    """
    return {
        EVIDENCE_FILE: evidence_volume(analysis).as_nifti(),
        BRAIN_MASK_FILE: brain_mask_nifti(analysis),
        BRAIN_FILE: brain_nifti(analysis),
        **{
            slice_file(one.index): slice_overlay(analysis, one.index)
            for one in analysis.slices
        },
    }


def slice_file(index: int) -> str:
    """Return the name of a slice's picture among `head_files`."""
    return f"slice_{index:02}.png"


def slice_overlay(analysis: Analysis, index: int) -> bytes:
    """Draw one slice in the colours of its evidence for the predicted class.

    All slices of a person share one scale, and each pixel keeps its brightness: the
    mean of red, green and blue is the grey of the scan.

    Args:
        analysis: Of a whole head, or of one slice.
        index: Of the slice.

    Returns:
        A PNG file; grey where nothing speaks for the class.
    """
    label, one = analysis.label, analysis.slices[index]
    highest = max(each.strongest(label) for each in analysis.slices)
    picture = one.picture
    heat = one.heat(label, highest) if highest > 0.0 else None
    if heat is None:
        return encode_png(picture)
    return encode_png(tint(picture, np.clip(one.view.for_display(heat), 0.0, 1.0)))


def prepared_of(analysis: Analysis) -> PreparedVolume:
    """Return how the slices of a whole head came to be.

    Raises:
        InvalidRequest: If the analysis is of one slice.
    """
    if analysis.preparation is None:
        message = (
            "The analysis is of one slice; send the scan of a whole head to get "
            "evidence in three dimensions."
        )
        raise InvalidRequest(message)
    return analysis.preparation
