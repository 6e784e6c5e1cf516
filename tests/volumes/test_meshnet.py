"""The network on boxes: what PyTorch makes of the same layers."""

from collections.abc import Sequence
from pathlib import Path

import nibabel
import numpy as np
import torch
from torch.nn import functional

from alzer.volumes.addon import STRUCTURES, read_files
from alzer.volumes.meshnet import FARTHEST_MARGIN, Cube, Labels, MeshNet
from alzer.volumes.tfjs import Convolution, read_convolutions
from tfjs_models import random_chain


def noise(*shape: int) -> Cube:
    return np.random.default_rng(1).random(shape, np.float32)


def by_torch(layers: Sequence[Convolution], greys: Cube) -> Labels:
    """Return the classes, as large as the box: air around it at every layer."""
    values = torch.from_numpy(greys)[None, None]
    for number, layer in enumerate(layers):
        values = functional.conv3d(
            values,
            torch.tensor(layer.kernel),
            torch.tensor(layer.bias),
            padding=layer.reach,
            dilation=layer.dilation,
        )
        if number < len(layers) - 1:
            values = functional.elu(values)
    return values[0].argmax(0).numpy().astype(np.uint8)


def test_with_its_margin_the_result_is_that_of_the_whole_scan() -> None:
    layers = random_chain([1, 2, 4, 2])
    network = MeshNet(layers, threads=1, arithmetic="fp32")
    scan = noise(40, 36, 38)
    box = (slice(9, 28), slice(10, 20), slice(9, 29))
    found = network.run(scan[0:37, 1:29, 0:38])

    assert network.margin == 9
    np.testing.assert_array_equal(found, by_torch(layers, scan)[box])


def test_past_the_margin_layers_see_air() -> None:
    layers = random_chain([2, 32, 1])
    network = MeshNet(layers, threads=1, arithmetic="fp32")
    greys = noise(66, 68, 70)
    found = network.run(greys)
    inner = (slice(FARTHEST_MARGIN, -FARTHEST_MARGIN),) * 3

    assert network.margin == FARTHEST_MARGIN
    np.testing.assert_array_equal(found, by_torch(layers, greys)[inner])


def test_boxes_of_any_size_follow_one_another() -> None:
    network = MeshNet(random_chain([1]), threads=1, arithmetic="fp32")

    assert [network.run(noise(side, 9, 5)).shape for side in (4, 7, 4)] == [
        (2, 7, 3),
        (5, 7, 3),
        (2, 7, 3),
    ]


def test_the_add_on_draws_in_a_real_head_what_it_draws_in_pytorch(
    data_dir: Path,
) -> None:
    files = read_files(STRUCTURES, data_dir / "models" / "brainchop-18")
    layers = read_convolutions(files["model.json"], files["model.bin"])
    path = data_dir / "volumes" / "sub-0096_T1w_jdac.nii.gz"
    head = np.asarray(nibabel.Nifti1Image.from_filename(path).dataobj, np.float32)
    # Its axes lead left, anterior, superior; the network's left, inferior, anterior.
    turned = head[58:134, 66:142, 46:122][:, :, ::-1].transpose(0, 2, 1)
    box = np.clip(np.ascontiguousarray(turned) / 0.7, 0.0, 1.0)
    inner = (slice(FARTHEST_MARGIN, -FARTHEST_MARGIN),) * 3
    expected = by_torch(layers, box)[inner]
    exact = MeshNet(layers, threads=2, arithmetic="fp32").run(box)
    quick = MeshNet(layers, threads=2).run(box)  # bf16 where there is any

    assert np.unique(expected).size >= 4
    assert (exact == expected).mean() >= 0.999
    assert (quick == expected).mean() >= 0.98
