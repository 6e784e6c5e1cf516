"""Compare alzer's brain masks with those of deepbet itself.

Run it where deepbet 1.0.2 is installed beside alzer with the extra `train`, not in the
environment of the tests; docs/decisions/0016-brain-extraction.md has the table::

    python tools/compare_brain_masks.py [--copies 3] [SCAN.nii.gz ...]

Every scan is compared as it is, and in copies: on another grid (rotated to 30 degrees,
spacings of 0.7 to 1.5 mm, moved), with voxels stored in another order and direction.
Without scans, the volumes of the data folder are taken.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nibabel
import numpy as np
from deepbet.bet import BrainExtraction
from numpy.typing import NDArray
from scipy.ndimage import affine_transform
from scipy.spatial.transform import Rotation

from alzer.scans.volume import Volume
from alzer.volumes.brain_extraction import extract_brain, load_brain_networks

Mask = NDArray[np.bool_]

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "volumes"


def main() -> None:
    """Print one row per scan and copy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scans", nargs="*", type=Path)
    parser.add_argument("--copies", type=int, default=3)
    parser.add_argument("--engine", default="openvino")
    arguments = parser.parse_args()
    networks = load_brain_networks(engine=arguments.engine)
    original = BrainExtraction(no_gpu=True)
    say("| scan | copy | Dice | voxels that differ | ml | deepbet, s | alzer, s |")
    say("|---|---|---|---|---|---|---|")
    for number, path in enumerate(arguments.scans or sorted(DATA.glob("*.nii.gz"))):
        volume = read(path)
        generator = np.random.default_rng(number)
        for name, copy in [
            ("as it is", volume),
            *copies(volume, generator, arguments.copies),
        ]:
            begun = time.perf_counter()
            expected = deepbet_mask(original, copy)
            between = time.perf_counter()
            mask = extract_brain(copy, networks)
            ended = time.perf_counter()
            voxel_ml = abs(np.linalg.det(copy.affine[:3, :3])) / 1000.0
            say(
                f"| {path.name[:8]} | {name} | {dice(mask, expected):.5f} "
                f"| {np.count_nonzero(mask != expected)} | {mask.sum() * voxel_ml:.0f} "
                f"| {between - begun:.1f} | {ended - between:.1f} |"
            )


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def read(path: Path) -> Volume:
    """Return the volume of a NIfTI file."""
    image = nibabel.Nifti1Image.from_filename(path)
    return Volume(image.get_fdata(dtype=np.float32), image.affine, "NIfTI")


def copies(
    volume: Volume, generator: np.random.Generator, count: int
) -> Iterator[tuple[str, Volume]]:
    """Return the scan on other grids, each with a name for people."""
    for _ in range(count):
        degrees = generator.uniform(5.0, 30.0)
        spacing = generator.uniform(0.7, 1.5, 3)
        turned = on_another_grid(volume, generator, degrees, spacing)
        order = generator.permutation(3)
        mirrored = generator.random(3) < 0.5
        across = " x ".join(f"{along:.2f}" for along in spacing)
        yield f"{degrees:.0f} degrees, {across} mm", stored(turned, order, mirrored)


def on_another_grid(
    volume: Volume,
    generator: np.random.Generator,
    degrees: float,
    spacing_mm: NDArray[np.float64],
) -> Volume:
    """Resample linearly to a grid that is turned against the head.

    The header says that the grid is straight: the head is what lies turned.
    """
    axis = generator.normal(size=3)
    rotation = Rotation.from_rotvec(
        np.deg2rad(degrees) * axis / np.linalg.norm(axis)
    ).as_matrix()
    extent = np.asarray(volume.voxels.shape) * volume.spacing_mm
    shape = tuple(np.round(extent / spacing_mm).astype(int))
    linear = rotation * spacing_mm / np.asarray(volume.spacing_mm)[:, None]
    middle = np.asarray(volume.voxels.shape) / 2.0 + generator.uniform(-8.0, 8.0, 3)
    offset = middle - linear @ (np.asarray(shape) / 2.0)
    voxels = affine_transform(volume.voxels, linear, offset, shape, order=1)
    affine = np.diag([*spacing_mm, 1.0])
    affine[:3, 3] = -extent / 2.0
    return Volume(voxels, affine, volume.source)


def stored(
    volume: Volume, order: NDArray[np.int64], mirrored: NDArray[np.bool_]
) -> Volume:
    """Return the same scan with its axes in another order, some of them reversed."""
    voxels = volume.voxels.transpose(order)
    affine = volume.affine.copy()
    affine[:3, :3] = affine[:3, order]
    for axis in np.flatnonzero(mirrored):
        voxels = np.flip(voxels, int(axis))
        affine[:3, 3] += affine[:3, axis] * (voxels.shape[axis] - 1)
        affine[:3, axis] *= -1.0
    return Volume(np.ascontiguousarray(voxels), affine, volume.source)


def deepbet_mask(original: BrainExtraction, volume: Volume) -> Mask:
    """Return the mask of deepbet itself, on the volume's own grid."""
    image = nibabel.Nifti1Image(  # type: ignore[no-untyped-call]
        volume.voxels, volume.affine
    )
    _, mask, _ = original.run(image)
    return np.asarray(mask.dataobj) > 0


def dice(mask: Mask, other: Mask) -> float:
    """Return the overlap of two masks, 0 to 1."""
    both = np.count_nonzero(mask & other)
    return 2.0 * both / (np.count_nonzero(mask) + np.count_nonzero(other))


if __name__ == "__main__":
    main()
