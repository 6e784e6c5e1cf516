"""The ResNet-50."""

import torch
from torch import nn

from alzer.model.geometry import CELL_STRIDE
from alzer.training.network import (
    STAGES,
    Bottleneck,
    ResNet50,
    ResNet50WithMaps,
    count_parameters,
    seeded_network,
)
from networks import settled_network


def expected_parameters() -> int:
    """Count from the table of the paper: convolutions, norms and the last layer."""
    total, channels = 7 * 7 * 64 + 2 * 64, 64
    for blocks, width, _ in STAGES:
        out = 4 * width
        total += channels * out + 2 * out  # the shortcut of the first block
        for block in range(blocks):
            into = channels if block == 0 else out
            total += into * width + 9 * width * width + width * out
            total += 2 * (2 * width + out)
        channels = out
    return total + channels * 4 + 4


def test_it_has_the_parameters_of_a_resnet_50() -> None:
    assert count_parameters(ResNet50()) == expected_parameters()
    # With three channels and 1000 classes it would be the paper's 25.6 million.
    assert expected_parameters() + 2 * 49 * 64 + 996 * 2049 == 25_557_032


def test_the_stride_is_on_the_middle_convolution() -> None:
    blocks = [each for each in ResNet50().modules() if isinstance(each, Bottleneck)]

    assert len(blocks) == 16
    assert all(each.conv1.stride == (1, 1) for each in blocks)
    # The first block of the stages after the first, and no other.
    assert [each.conv2.stride == (2, 2) for each in blocks] == [
        index in {3, 7, 13} for index in range(16)
    ]


def test_a_fresh_block_passes_on_what_it_gets() -> None:
    block = seeded_network(0).eval().get_submodule("layer2.1")
    features = torch.rand(1, 512, 3, 3, generator=torch.Generator().manual_seed(0))

    with torch.no_grad():
        assert torch.equal(block(features), features)


def test_only_training_drops_features() -> None:
    network = seeded_network(0, dropout=0.5)
    images = torch.randn(2, 1, 33, 33, generator=torch.Generator().manual_seed(0))

    with torch.no_grad():
        network.eval()
        alike = [network(images) for _ in range(2)]
        network.train()
        different = [network(images) for _ in range(2)]

    assert torch.equal(*alike)
    assert not torch.allclose(*different)


def test_parameters_that_are_frozen_are_not_counted() -> None:
    layer = nn.Linear(3, 2)
    layer.bias.requires_grad = False

    assert count_parameters(layer) == 6


def test_the_map_has_a_cell_for_every_32_pixels() -> None:
    network = seeded_network(0).eval()

    with torch.no_grad():
        features = network.features(torch.zeros(1, 1, 193, 161))

    assert features.shape == (1, 2048, 7, 6)


def test_both_forms_give_the_same_logits() -> None:
    network = seeded_network(0, dropout=0.5).eval()
    images = torch.randn(2, 1, 65, 97, generator=torch.Generator().manual_seed(0))

    with torch.no_grad():
        logits, maps = ResNet50WithMaps(network)(images)
        expected = network(images)

    assert torch.allclose(logits, expected, atol=1e-4 * float(maps.abs().max()))
    assert maps.shape == (2, 4, 3, 4)


def test_the_seed_decides_the_weights_and_nothing_else_is_touched() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)

    one, two, other = seeded_network(1), seeded_network(1), seeded_network(2)

    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(one.conv1.weight, two.conv1.weight)
    assert not torch.equal(one.conv1.weight, other.conv1.weight)


def test_a_cell_looks_at_the_pixel_that_the_geometry_says() -> None:
    # Positive weights without normalisation: the gradient is the receptive field.
    network = ResNet50().eval()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 1.0 / module.weight[0].numel())
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
    size = 32 * 24 + 1
    # Not constant: among equals, max pooling always takes the first.
    generator = torch.Generator().manual_seed(0)
    image = 1.0 + 0.1 * torch.rand(1, 1, size, size, generator=generator)
    image.requires_grad_()

    network.features(image)[0, :, 11, 13].sum().backward()  # type: ignore[no-untyped-call]  # torch

    assert image.grad is not None
    field = image.grad[0, 0]
    places = torch.arange(size, dtype=torch.float32)
    row = float((field.sum(dim=1) * places).sum() / field.sum())
    column = float((field.sum(dim=0) * places).sum() / field.sum())
    assert abs(row - 11 * CELL_STRIDE) < 1.5
    assert abs(column - 13 * CELL_STRIDE) < 1.5


def test_a_dense_last_stage_has_the_same_values_and_more_between_them() -> None:
    plain, dense = settled_network(), ResNet50(dense=True).eval()
    dense.load_state_dict(plain.state_dict())
    images = torch.randn(2, 1, 97, 81, generator=torch.Generator().manual_seed(0))

    with torch.no_grad():
        one, two = plain.features(images), dense.features(images)

    assert one.shape[2:] == (4, 3)
    assert two.shape[2:] == (7, 6)
    assert torch.allclose(two[:, :, ::2, ::2], one, atol=1e-4 * float(one.abs().max()))
