"""How much of what influenced the model lies in, and next to, which structure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.meshnet import Labels
from alzer.volumes.structures import STRUCTURE_NAMES, StructureVolume

Mask = NDArray[np.bool_]
Box = tuple[slice, slice, slice]
Sign = Literal["positive", "absolute"]


@dataclass(frozen=True)
class StructureEvidence:
    """Where evidence lies with respect to a structure; shares are 0 to 1.

    What speaks for nothing but chance is a share of evidence about as large as the
    share of what was looked at.

    Attributes:
        inside: Share of the evidence within the structure.
        near: Share within it or within one cell of it.
        looked_at_inside: Share of what was looked at that is within the structure.
        looked_at_near: Share of it within the structure or within one cell.
    """

    inside: float
    near: float
    looked_at_inside: float
    looked_at_near: float


@dataclass(frozen=True)
class HeadStructures:
    """What the add-on tells of the structures of a brain.

    Attributes:
        volumes: By name, how large each is.
        evidence: By name, how much of what spoke for the predicted class lies in and
            next to it.
    """

    volumes: Mapping[str, StructureVolume]
    evidence: Mapping[str, StructureEvidence]


def evidence_caveat(cell_mm: float) -> str:
    """Return what to say beside evidence by structure.

    Args:
        cell_mm: Edge of a cell of the evidence, in millimetres.
    """
    return (
        f"One cell of the evidence is about {cell_mm:.0f} mm wide, wider than a "
        "hippocampus is thick: it can't tell neighbouring structures apart. It shows "
        "what influenced the model, not where disease is."
    )


def evidence_by_structure(
    labels: Labels, evidence: Volume, cell_mm: float, sign: Sign = "positive"
) -> dict[str, StructureEvidence]:
    """Compute how much of the evidence lies in and next to each structure.

    A place belongs to every structure that it is near, so that the shares add up to
    more than 1.

    Args:
        labels: From `segment_structures`.
        evidence: In logit units on the labels' grid; 0 where nothing was looked at.
        cell_mm: Edge of a cell of the evidence, in millimetres.
        sign: Whether evidence against the class counts: not at all, or as much.

    Returns:
        By name, all structures that are in what was looked at or within one cell of
        it; without any evidence all shares of it are 0.
    """
    reach = np.floor(cell_mm / np.asarray(evidence.spacing_mm) + 1e-6).astype(int)
    looked_at = evidence.voxels != 0.0
    if not looked_at.any():
        return {}
    box = _widen(_bounds(looked_at), reach, labels.shape)
    labels, looked_at, values = labels[box], looked_at[box], evidence.voxels[box]
    weights = np.abs(values) if sign == "absolute" else np.maximum(values, 0.0)
    return {
        STRUCTURE_NAMES[label]: _share(labels == label, weights, looked_at, reach)
        for label in np.unique(labels)
        if label
    }


def _share(
    structure: Mask,
    weights: NDArray[np.float32],
    looked_at: Mask,
    reach: NDArray[np.int_],
) -> StructureEvidence:
    """Return the shares for one structure; all arrays lie on one grid."""
    box = _widen(_bounds(structure), reach, structure.shape)
    inside = structure[box]
    near = _dilate(inside, reach)
    parts = [
        float(values[box][where].sum(dtype=np.float64)) / (total or 1.0)
        for values in (weights, looked_at)
        for total in [float(values.sum(dtype=np.float64))]
        for where in (inside, near)
    ]
    return StructureEvidence(*parts)


def _bounds(mask: Mask) -> Box:
    """Return the smallest box around a mask that is not empty."""
    ranges = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        planes = np.flatnonzero(mask.any(others))
        ranges.append(slice(int(planes[0]), int(planes[-1]) + 1))
    first, second, third = ranges
    return first, second, third


def _widen(box: Box, reach: NDArray[np.int_], shape: tuple[int, ...]) -> Box:
    """Return a box that is wider at each side, within a grid."""
    first, second, third = (
        slice(max(0, along.start - by), min(count, along.stop + by))
        for along, by, count in zip(box, reach.tolist(), shape, strict=True)
    )
    return first, second, third


def _dilate(mask: Mask, reach: NDArray[np.int_]) -> Mask:
    """Return what lies within so many voxels of a mask, along each axis."""
    for axis, by in enumerate(reach.tolist()):
        pad = [(0, 0)] * 3
        pad[axis] = (by + 1, by)
        sums = np.cumsum(np.pad(mask, pad), axis, dtype=np.int32)
        count = mask.shape[axis]
        high = sums.take(range(2 * by + 1, 2 * by + 1 + count), axis)
        mask = high > sums.take(range(count), axis)
    return mask
