"""Which structure of the brain each voxel belongs to, and how large they are.

The network is an add-on, brainchop's MeshNet with 30 channels and 18 classes; NOTICE
tells of it. It was trained on what FreeSurfer says of T1-weighted scans. There is no
norm here: a volume by itself is neither large nor small.

Source: Masoud et al., Brainchop, J. Open Source Software 8(83), 5098 (2023).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import NotBrainLike
from alzer.model.runtimes import usable_cores
from alzer.scans.volume import Volume
from alzer.volumes.addon import STRUCTURES, read_addon
from alzer.volumes.axes import AxisOrder, nearest_order
from alzer.volumes.meshnet import Cube, Labels, MeshNet
from alzer.volumes.tfjs import read_convolutions

Mask = NDArray[np.bool_]

# By label; 0 is whatever the network does not name, such as fluid around the brain.
STRUCTURE_NAMES: Final = (
    "not named",
    "cerebral white matter",
    "cerebral cortex",
    "lateral ventricles",
    "inferior lateral ventricles",
    "cerebellar white matter",
    "cerebellar cortex",
    "thalamus",
    "caudate",
    "putamen",
    "pallidum",
    "third ventricle",
    "fourth ventricle",
    "brain stem",
    "hippocampus",
    "amygdala",
    "accumbens",
    "ventral diencephalon",
)

STRUCTURES_CAVEAT: Final = (
    "A network drew the structures, left and right together; nobody checked them in "
    "this scan, and there is no norm to compare their volumes with."
)

# The network's axes lead left, inferior, anterior, a millimetre per voxel.
_NETWORK_AXES: Final = AxisOrder((0, 2, 1), (True, True, False))

# Its greys: the values between these quantiles of a cube of this edge, which holds the
# head in air, become 0 to 1. So it does not matter how much air the scan shows.
_DARK, _BRIGHT = 0.02, 0.98
_CUBE_MM: Final = 256.0

_NO_STRUCTURES: Final = (
    "No structures can be told apart in this volume: its grey values are nearly all "
    "alike; send a T1-weighted MRI of the whole head."
)


@dataclass(frozen=True)
class StructureVolume:
    """How large a structure is, left and right together.

    Attributes:
        ml: In millilitres.
        share_of_brain: Of the brain mask, 0 to 1.
    """

    ml: float
    share_of_brain: float


def load_structure_network(data_dir: Path, threads: int = 0) -> MeshNet:
    """Load the add-on `structures`.

    Args:
        data_dir: The data folder of the settings.
        threads: Threads for one run; 0 means all cores that the process may use.

    Returns:
        The network; any number of threads may share it.

    Raises:
        AddonUnavailable: If it is not installed.
        DamagedBundle: If it was altered.
        EngineUnavailable: If OpenVINO is not installed.
    """
    files = read_addon(STRUCTURES, data_dir)
    layers = read_convolutions(files["model.json"], files["model.bin"])
    return MeshNet(layers, threads or usable_cores())


def segment_structures(volume: Volume, mask: Mask, network: MeshNet) -> Labels:
    """Compute which structure each voxel of the brain belongs to.

    Args:
        volume: A T1-weighted head, any orientation and spacing.
        mask: Its brain, shape (i, j, k) as the volume's, not empty.
        network: From `load_structure_network`.

    Returns:
        shape (i, j, k) as the volume's: indices of `STRUCTURE_NAMES`, 0 outside the
        mask.

    Raises:
        NotBrainLike: If the grey values are nearly all alike.
        EngineUnavailable: If OpenVINO can't run the network.
    """
    order = nearest_order(volume.affine)
    brain = order.apply(mask)
    spacing_mm = np.asarray(volume.spacing_mm)[list(order.order)]
    axes = [_Axis.around(*_ends(brain, axis), spacing_mm[axis]) for axis in range(3)]
    greys = _normalise(order.apply(volume.voxels), float(spacing_mm.prod()))
    for number, axis in enumerate(axes):
        greys = axis.sample(greys, number, network.margin)
    found = _NETWORK_AXES.undo(network.run(_NETWORK_AXES.apply(greys)))
    labels = np.zeros(brain.shape, np.uint8)
    box = tuple(slice(axis.first, axis.last + 1) for axis in axes)
    labels[box] = found[np.ix_(*(axis.nearest() for axis in axes))] * brain[box]
    return np.ascontiguousarray(order.undo(labels))


def measure_structures(
    labels: Labels, mask: Mask, affine: NDArray[np.float64]
) -> dict[str, StructureVolume]:
    """Compute the volume of each structure.

    Args:
        labels: From `segment_structures`.
        mask: The brain, shape (i, j, k) as the labels'.
        affine: shape (4, 4), from voxel indices to millimetres.

    Returns:
        All structures by name, also those of which there is nothing.

    Examples:
        >>> import numpy as np
        >>> labels = np.full((10, 10, 20), 14, np.uint8)
        >>> found = measure_structures(labels, labels > 0, np.eye(4))
        >>> found["hippocampus"]
        StructureVolume(ml=2.0, share_of_brain=1.0)
    """
    voxel_ml = abs(float(np.linalg.det(affine[:3, :3]))) / 1000.0
    counts = np.bincount(labels[mask], minlength=len(STRUCTURE_NAMES))
    voxels = max(1, int(np.count_nonzero(mask)))
    return {
        name: StructureVolume(float(count) * voxel_ml, float(count) / voxels)
        for name, count in list(zip(STRUCTURE_NAMES, counts, strict=True))[1:]
    }


@dataclass(frozen=True)
class _Axis:
    """One axis of the box around the brain, on both grids.

    Attributes:
        first: Index of the volume's first voxel in the box.
        last: Of the last one.
        spacing_mm: Of the volume's voxels.
        count: Millimetres that the box is long, rounded up.
    """

    first: int
    last: int
    spacing_mm: float
    count: int

    @classmethod
    def around(cls, first: int, last: int, spacing_mm: float) -> "_Axis":
        """Return the axis from one voxel to another."""
        # A hair less: 1.0000001 mm per voxel make no further millimetre.
        count = int(np.ceil((last - first + 1) * spacing_mm - 0.01))
        return cls(first, last, spacing_mm, count)

    def sample(self, values: Cube, number: int, margin: int) -> Cube:
        """Return values a millimetre apart, interpolated along one axis; 0 is air.

        Args:
            values: On the volume's grid along this axis.
            number: Of the axis, 0 to 2.
            margin: Millimetres to add at each side.
        """
        steps = np.arange(-margin, self.count + margin) - (self.count - 1) / 2.0
        places = (self.first + self.last) / 2.0 + steps / self.spacing_mm
        below = np.floor(places).astype(np.intp)
        above_share = (places - below).astype(np.float32)
        if not above_share.any():
            return _take(values, below, np.ones_like(above_share), number)
        lower = _take(values, below, 1.0 - above_share, number)
        return lower + _take(values, below + 1, above_share, number)

    def nearest(self) -> NDArray[np.intp]:
        """Return, for each voxel of the volume in the box, the nearest millimetre."""
        voxels = np.arange(self.first, self.last + 1) - (self.first + self.last) / 2.0
        places = voxels * self.spacing_mm + (self.count - 1) / 2.0
        nearest = np.clip(np.rint(places), 0, self.count - 1)
        return np.asarray(nearest, np.intp)


def _take(
    values: Cube, places: NDArray[np.intp], weights: NDArray[np.float32], number: int
) -> Cube:
    """Return weighted values at places along an axis; beyond the scan they are 0."""
    length = values.shape[number]
    inside = (places >= 0) & (places < length)
    shape = [1, 1, 1]
    shape[number] = -1
    taken = values.take(np.clip(places, 0, length - 1), number)
    return np.asarray(taken * (weights * inside).reshape(shape), np.float32)


def _ends(brain: Mask, axis: int) -> tuple[int, int]:
    """Return the first and last plane that hold brain."""
    others = tuple(other for other in range(3) if other != axis)
    planes = np.flatnonzero(brain.any(others))
    return int(planes[0]), int(planes[-1])


def _normalise(head: Cube, voxel_mm3: float) -> Cube:
    """Return grey values as the network was trained on them, 0 to 1.

    Raises:
        NotBrainLike: If they are nearly all alike.
    """
    cube = max(head.size, round(_CUBE_MM**3 / voxel_mm3))
    air = cube - head.size
    dark_rank = max(0, int(_DARK * cube) - air)
    bright_rank = max(0, head.size - 1 - int((1.0 - _BRIGHT) * cube))
    ranked = np.partition(head, (dark_rank, bright_rank), axis=None)
    dark, bright = ranked[dark_rank], ranked[bright_rank]
    if not bright > dark:
        raise NotBrainLike(_NO_STRUCTURES)
    return np.asarray(np.clip((head - dark) / (bright - dark), 0.0, 1.0), np.float32)
