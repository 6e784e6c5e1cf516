"""Structures of real heads: time, memory, volumes, and agreement with PyTorch.

For each scan: seconds of `segment_structures`, the processor's seconds, and volumes.
With `--exact`, the same layers by PyTorch in fp32, in so much air that no edge has any
influence, and the share of the brain's voxels that get the same label; that takes 3
minutes of a processor for each scan, and 6 GB.

    .venv-test/bin/alzer models fetch structures
    .venv-test/bin/python benchmarks/structures.py ../shared/data/volumes/*.nii.gz
"""

import argparse
import os
import resource
import time
from collections.abc import Sequence
from pathlib import Path

import nibabel
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from alzer.scans.volume import Volume
from alzer.settings import Settings
from alzer.volumes.addon import STRUCTURES, read_addon
from alzer.volumes.brain_extraction import extract_brain, load_brain_networks
from alzer.volumes.meshnet import Cube, Labels, MeshNet
from alzer.volumes.structures import measure_structures, segment_structures
from alzer.volumes.tfjs import Convolution, read_convolutions

SHOWN = ("hippocampus", "lateral ventricles", "amygdala", "thalamus", "caudate")

# Planes that PyTorch computes at a time: a whole layer would take twice the memory.
PLANES = 24


class ExactNet:
    """The layers by PyTorch; what it is given has all that any layer looks at."""

    def __init__(self, layers: Sequence[Convolution]) -> None:
        self._layers = layers
        self.margin = sum(layer.reach for layer in layers)

    def run(self, greys: Cube) -> Labels:
        """Return the classes, without the margin."""
        values = torch.from_numpy(np.ascontiguousarray(greys))[None]
        with torch.no_grad():
            for layer in self._layers[:-1]:
                values = functional.elu(apply(layer, values))
            classes = apply(self._layers[-1], values, is_last=True)
        inner = slice(self.margin, -self.margin)
        found: Labels = classes.numpy()[inner, inner, inner]
        return found


def apply(
    layer: Convolution, values: torch.Tensor, *, is_last: bool = False
) -> torch.Tensor:
    """Return a layer's output, or its most probable classes, plane after plane."""
    kernel, bias = torch.tensor(layer.kernel), torch.tensor(layer.bias)
    reach, parts = layer.reach, []
    padded = functional.pad(values, (0, 0, 0, 0, reach, reach))
    for first in range(0, values.shape[1], PLANES):
        last = min(first + PLANES, values.shape[1])
        given = padded[None, :, first : last + 2 * reach]
        found = functional.conv3d(
            given, kernel, bias, padding=(0, reach, reach), dilation=layer.dilation
        )[0]
        parts.append(found.argmax(0).to(torch.uint8) if is_last else found)
    return torch.cat(parts, 0 if is_last else 1)


def read(path: Path) -> Volume:
    """Return the volume of a NIfTI file."""
    image = nibabel.Nifti1Image.from_filename(path)
    return Volume(image.get_fdata(dtype=np.float32), image.affine, "NIfTI")


def measure(
    volume: Volume, mask: NDArray[np.bool_], network: MeshNet
) -> tuple[Labels, float, float]:
    """Return the labels, the seconds that passed, and those of the processor."""
    begun, spent = time.perf_counter(), os.times()
    labels = segment_structures(volume, mask, network)
    passed, now = time.perf_counter() - begun, os.times()
    return labels, passed, now.user + now.system - spent.user - spent.system


def main() -> None:
    """Print a row for each scan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scans", nargs="+", type=Path)
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--arithmetic", choices=["fp32", "bf16"])
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    files = read_addon(STRUCTURES, Settings().data_dir)
    layers = read_convolutions(files["model.json"], files["model.bin"])
    brain = load_brain_networks(arguments.threads)
    network = MeshNet(layers, arguments.threads, arguments.arithmetic)
    print("scan | s | processor s | brain ml |", " | ".join(SHOWN), "| agree")
    for path in arguments.scans:
        volume = read(path)
        mask = extract_brain(volume, brain)
        labels, passed, spent = measure(volume, mask, network)
        found = measure_structures(labels, mask, volume.affine)
        agreement = ""
        if arguments.exact:
            exact = segment_structures(volume, mask, ExactNet(layers))  # type: ignore[arg-type]  # as much as is used
            agreement = f"{100.0 * (labels[mask] == exact[mask]).mean():.2f} %"
        brain_ml = mask.sum() * abs(np.linalg.det(volume.affine[:3, :3])) / 1000.0
        sizes = [f"{found[name].ml:.1f}" for name in SHOWN]
        row = [path.name[:8], f"{passed:.1f}", f"{spent:.1f}", f"{brain_ml:.0f}"]
        print(" | ".join([*row, *sizes, agreement]), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    print(f"peak memory: {peak:.0f} MB")


if __name__ == "__main__":
    main()
