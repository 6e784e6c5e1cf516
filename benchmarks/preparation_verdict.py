"""Does the verdict on the preparation tell healthy heads from spoiled ones?

    python benchmarks/preparation_verdict.py [--healthy | --spoiled | --subtle]
        [--output FILE]

Healthy are the volumes of the data folder, each as it is and in copies that are turned,
resampled, noisier, shaded or without neck, and the series t1-384. Spoiled are the ways
of `spoiling.py`, on one head after the other, and things that are no heads; subtle, the
ways of `subtle_spoiling.py`. At the end the range of every number is printed by kind.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

import nibabel
import numpy as np
from scipy.ndimage import affine_transform
from scipy.spatial.transform import Rotation
from spoiling import (
    ANTERIOR,
    RIGHT,
    SPOILED,
    SUPERIOR,
    Spoil,
    add_noise,
    ball,
    blur,
    clouds,
    cylinder,
    keep,
    shade,
    stack,
    static,
)
from subjects import data_folder
from subtle_spoiling import SUBTLE

from alzer.errors import NotBrainLike
from alzer.scans.paths import read_scans
from alzer.scans.volume import Volume
from alzer.volumes.axes import nearest_order
from alzer.volumes.brain_extraction import (
    BrainNetworks,
    extract_brain,
    load_brain_networks,
)
from alzer.volumes.quality import judge
from alzer.volumes.quality_limits import LIMITS
from alzer.volumes.registration import register


def main() -> None:
    """Print one line per head, and how many got which verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--healthy", action="store_true")
    parser.add_argument("--spoiled", action="store_true")
    parser.add_argument("--subtle", action="store_true")
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    folder = data_folder()
    volumes = [
        canonical(path) for path in sorted((folder / "volumes").glob("*.nii.gz"))
    ][: arguments.heads]
    networks = load_brain_networks()
    counts: dict[tuple[str, str], int] = {}
    kinds = {
        "healthy": healthy(volumes, folder),
        "spoiled": spoiled(volumes, folder),
        "subtle": subtle(volumes),
    }
    asked = {kind for kind in kinds if getattr(arguments, kind)} or set(kinds)
    rows: list[dict[str, object]] = []
    for kind, heads in kinds.items():
        if kind not in asked:
            continue
        for name, volume in heads:
            row = {"kind": kind, "name": name, **examine(volume, networks)}
            counts[kind, str(row["verdict"])] = (
                counts.get((kind, str(row["verdict"])), 0) + 1
            )
            rows.append(row)
            print(describe(row), flush=True)
            if arguments.output:
                with arguments.output.open("a") as file:
                    file.write(json.dumps(row) + "\n")
    print(counts)
    for kind in sorted(asked):
        print_ranges(kind, [row for row in rows if row["kind"] == kind])


def print_ranges(kind: str, rows: list[dict[str, object]]) -> None:
    """Print the least and the largest of every number."""
    for limits in LIMITS:
        numbers = [
            value for row in rows if isinstance(value := row.get(limits.name), float)
        ]
        if numbers:
            print(f"{kind} {limits.name}: {min(numbers):.4g} to {max(numbers):.4g}")


def examine(volume: Volume, networks: BrainNetworks) -> dict[str, object]:
    """Return the verdict and its numbers."""
    begun = time.perf_counter()
    try:
        mask = extract_brain(volume, networks)
    except NotBrainLike as refusal:
        return {"verdict": "no brain", "reasons": [refusal.message]}
    between = time.perf_counter()
    registration = register(volume, mask)
    ended = time.perf_counter()
    quality = judge(volume, mask, registration)
    seconds = between - begun, ended - between, time.perf_counter() - ended
    return {**asdict(quality), "seconds": [round(each, 2) for each in seconds]}


def describe(row: dict[str, object]) -> str:
    """Return a row for people."""
    numbers = " ".join(
        f"{name} {value:.3f}" for name, value in row.items() if isinstance(value, float)
    )
    return f"{row['name']}: {row['verdict']} {numbers} {row.get('seconds', '')}"


def healthy(volumes: list[Volume], folder: Path) -> Iterator[tuple[str, Volume]]:
    """Return heads that deserve a prediction."""
    for scan in read_scans(folder / "series" / "t1-384"):
        if isinstance(scan, Volume):
            yield "t1-384", scan
    for number, volume in enumerate(volumes):
        generator = np.random.default_rng(number)
        yield f"{number} as it is", volume
        yield f"{number} on another grid", on_another_grid(volume, generator)
        name, change = list(HEALTHY.items())[number % len(HEALTHY)]
        yield f"{number} {name}", change(volume)


HEALTHY: dict[str, Spoil] = {
    "noise of 4 %": partial(add_noise, share=0.04),
    "shaded 1.6 to 1": partial(shade, axis=ANTERIOR, factor=1.6),
    "without neck": partial(keep, axis=SUPERIOR, low=0.07, high=1.0),
    "blurred by 0.7 mm": partial(blur, voxels=0.7),
    "without ears": partial(keep, axis=RIGHT, low=0.06, high=0.94),
}


def spoiled(volumes: list[Volume], folder: Path) -> Iterator[tuple[str, Volume]]:
    """Return heads, and things that are no heads, that deserve none."""
    for number, (name, spoil) in enumerate(SPOILED.items()):
        yield name, spoil(volumes[number % len(volumes)])
    pictures = folder / "ood"
    tumours = sorted((pictures / "tumour-mri").iterdir())
    yield "slices of many people", stack(tumours[:40])
    yield "one slice repeated", stack(tumours[:1])
    yield "a cat", stack([pictures / "natural" / "chelsea.png"])
    yield "x-rays of a chest", stack(sorted((pictures / "xray").iterdir())[:8])
    yield "a bottle of water", ball()
    yield "a cylinder", cylinder(inserts=False)
    yield "a cylinder with inserts", cylinder(inserts=True)
    yield "clouds of a brain's size", clouds()
    yield "noise alone", static()


def subtle(volumes: list[Volume]) -> Iterator[tuple[str, Volume]]:
    """Return heads that still look like heads, and change the answer."""
    for number, (name, spoil) in enumerate(SUBTLE.items()):
        yield name, spoil(volumes[number % len(volumes)])


def canonical(path: Path) -> Volume:
    """Return a NIfTI file's volume, axes right, anterior, superior."""
    image = nibabel.Nifti1Image.from_filename(path)
    order = nearest_order(image.affine)
    voxels = np.ascontiguousarray(order.apply(image.get_fdata(dtype=np.float32)))
    affine = image.affine[:, [*order.order, 3]].copy()
    for axis in np.flatnonzero(order.is_reversed):
        affine[:3, 3] += affine[:3, axis] * (voxels.shape[axis] - 1)
        affine[:3, axis] *= -1.0
    return Volume(voxels, affine, "NIfTI")


def on_another_grid(volume: Volume, generator: np.random.Generator) -> Volume:
    """Resample linearly to a grid that is turned, moved and of another spacing."""
    axis = generator.normal(size=3)
    turn = np.deg2rad(generator.uniform(0.0, 30.0)) * axis / np.linalg.norm(axis)
    spacing = generator.uniform(0.7, 1.5, 3)
    linear = Rotation.from_rotvec(turn).as_matrix() * spacing
    extent = np.asarray(volume.voxels.shape) + 20.0
    shape = tuple(np.round(extent / spacing).astype(int))
    middle = np.asarray(volume.voxels.shape) / 2.0 + generator.uniform(-8.0, 8.0, 3)
    offset = middle - linear @ (np.asarray(shape) / 2.0)
    voxels = affine_transform(volume.voxels, linear, offset, shape, order=1)
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -extent / 2.0
    return Volume(voxels, affine, volume.source)


if __name__ == "__main__":
    main()
