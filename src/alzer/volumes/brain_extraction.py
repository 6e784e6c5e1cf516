"""Where the brain is in a T1-weighted MRI of a head.

The networks and the way they are used are deepbet's: the first network finds the
brain's place in a coarse copy of the whole scan, the second its outline there.

Source: Fisch et al., deepbet, arXiv 2308.07003; NOTICE tells of the networks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import cc3d
import numpy as np
from numpy.typing import NDArray

from alzer.errors import NotBrainLike
from alzer.model.runtimes import usable_cores
from alzer.scans.volume import Volume
from alzer.settings import EngineName
from alzer.volumes.axes import nearest_order
from alzer.volumes.network import Cube, VolumeNetwork, load_network

Value = TypeVar("Value", bound=np.generic)
Mask = NDArray[np.bool_]
Box = tuple[slice, slice, slice]

_FOLDER: Final = Path(__file__).parent / "networks"

# As the networks were trained: the grey values between these quantiles of the coarse
# copy become 0 to 1, then get this mean and standard deviation.
_DARK, _BRIGHT = 0.005, 0.995
_MEAN, _DEVIATION = 0.449, 0.226

# The box around the brain: planes with at least this share of brain belong to it,
# and it is wider by this share at each side.
_PLANE_SHARE: Final = 0.02
_MARGIN: Final = 0.1

_NO_BRAIN: Final = (
    "No brain was found in this volume; send a T1-weighted MRI of the whole head."
)

# The first network's share of the time.
_PLACE_COST: Final = 0.15


@dataclass(frozen=True)
class BrainNetworks:
    """Both networks, made ready to run.

    Attributes:
        place: Finds the brain in the whole scan.
        outline: Draws its outline in a box around it.
    """

    place: VolumeNetwork
    outline: VolumeNetwork


def load_brain_networks(
    threads: int = 0, engine: EngineName = "openvino"
) -> BrainNetworks:
    """Load the networks that ship with alzer.

    Args:
        threads: Threads for one run; 0 means all cores that the process may use.
        engine: Which library computes; their masks differ in one of 10,000 voxels.

    Returns:
        The networks; any number of threads may share them.

    Raises:
        EngineUnavailable: If the engine is not installed or refuses a network.
    """
    place, outline = (
        load_network((_FOLDER / name).read_bytes(), engine, threads or usable_cores())
        for name in ("brain-place.onnx", "brain-outline.onnx")
    )
    return BrainNetworks(place, outline)


def extract_brain(
    volume: Volume,
    networks: BrainNetworks,
    on_progress: Callable[[float], None] | None = None,
) -> Mask:
    """Compute which voxels are brain, fluid around and inside it included.

    The mask depends neither on the order and direction of the voxels' axes, nor on
    the units of the grey values.

    Args:
        volume: A T1-weighted head, any orientation and spacing.
        networks: From `load_brain_networks`.
        on_progress: Called halfway with the share of the time that is gone; what it
            raises ends the work.

    Returns:
        shape (i, j, k) as the volume's; one piece without holes, never empty.

    Raises:
        NotBrainLike: If there is no brain.
    """
    order = nearest_order(volume.affine)
    head = order.apply(volume.voxels)
    mask = np.zeros(head.shape, np.bool_)
    box, greys = _find_place(head, networks.place)
    if on_progress:
        on_progress(_PLACE_COST)
    mask[box] = _draw_outline(head[box], greys, networks.outline)
    return np.ascontiguousarray(order.undo(mask))


def _find_place(
    head: NDArray[np.float32], network: VolumeNetwork
) -> tuple[Box, tuple[float, float]]:
    """Return the box around the brain, and which grey values are dark and bright.

    Raises:
        NotBrainLike: If there is no brain, or nothing at all.
    """
    coarse = _sample(head, (network.edge,) * 3)
    dark, bright = (float(grey) for grey in np.quantile(coarse, (_DARK, _BRIGHT)))
    if not bright > dark:
        raise NotBrainLike(_NO_BRAIN)
    place = network.run(_normalise(coarse, (dark, bright))) > 0.0
    return _find_box(_largest_piece(place), head.shape), (dark, bright)


def _draw_outline(
    head: NDArray[np.float32], greys: tuple[float, float], network: VolumeNetwork
) -> Mask:
    fine = _normalise(_sample(head, (network.edge,) * 3), greys)
    brain = _sample(network.run(fine) > 0.0, head.shape)
    return _fill_holes(_largest_piece(brain))


def _sample(voxels: NDArray[Value], shape: tuple[int, ...]) -> NDArray[Value]:
    """Return the nearest voxel at each place of another grid over the same box."""
    # In float32, as the networks' own resampling: it decides where two are as near.
    places = [
        (
            (np.arange(count, dtype=np.float32) + np.float32(0.5))
            * np.float32(old / count)
        )
        for count, old in zip(shape, voxels.shape, strict=True)
    ]
    nearest = [
        np.minimum(along.astype(np.intp), old - 1)
        for along, old in zip(places, voxels.shape, strict=True)
    ]
    return np.ascontiguousarray(voxels[np.ix_(*nearest)])


def _normalise(voxels: Cube, greys: tuple[float, float]) -> Cube:
    """Return grey values as the networks were trained on them.

    Raises:
        NotBrainLike: If all are alike.
    """
    dark, bright = greys
    values = (voxels - np.float32(dark)) / np.float32(bright - dark)
    np.clip(values, 0.0, 1.0, out=values)
    deviation = float(values.std(dtype=np.float64))
    if deviation == 0.0:
        raise NotBrainLike(_NO_BRAIN)
    values -= np.float32(values.mean(dtype=np.float64))
    values *= np.float32(_DEVIATION / deviation)
    values += np.float32(_MEAN)
    return values


def _find_box(place: Mask, shape: tuple[int, ...]) -> Box:
    """Return the box around the brain in the whole scan.

    Args:
        place: Brain in the coarse copy.
        shape: Of the whole scan.

    Raises:
        NotBrainLike: If no plane holds enough brain.
    """
    ranges = []
    for axis, count in enumerate(shape):
        others = tuple(other for other in range(3) if other != axis)
        planes = np.flatnonzero(place.mean(others) > _PLANE_SHARE)
        if planes.size == 0:
            raise NotBrainLike(_NO_BRAIN)
        scale = count / place.shape[axis]
        low, high = planes[0] * scale, (planes[-1] + 1) * scale
        middle = round((low + high) / 2.0)
        half = round((high - low) * (1.0 + 2.0 * _MARGIN)) / 2.0
        ranges.append(slice(max(0, int(middle - half)), min(count, int(middle + half))))
    first, second, third = ranges
    return first, second, third


def _largest_piece(mask: Mask) -> Mask:
    """Return the largest connected piece; voxels touch at corners too.

    Raises:
        NotBrainLike: If the mask is empty.
    """
    labels = cc3d.connected_components(mask, connectivity=26)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    if sizes.max() == 0:
        raise NotBrainLike(_NO_BRAIN)
    return np.asarray(labels == sizes.argmax())


def _fill_holes(mask: Mask) -> Mask:
    """Return the mask with everything that can't be reached from outside."""
    outside = np.pad(~mask, 1, constant_values=True)
    labels = cc3d.connected_components(outside, connectivity=6)
    return np.asarray(labels != labels[0, 0, 0])[1:-1, 1:-1, 1:-1]
