"""Evidence is in the head: what the network makes of the dark is left out."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from alzer.model.preparation import InputSpec
from alzer.training.background import (
    AXES,
    background_axes,
    leave_out,
    project_out,
)
from alzer.training.network import ResNet50, ResNet50WithMaps
from networks import settled_network
from phantoms import draw_brain

SPEC = InputSpec(height=97, width=65)


@pytest.fixture
def network() -> ResNet50:
    """Give a network that may be changed."""
    return settled_network()


@pytest.fixture(scope="module")
def images() -> NDArray[np.float16]:
    """Draw heads as the network sees them, with some dark around."""
    heads = np.stack([draw_brain((97, 65), 0.06, seed) for seed in range(24)])
    return ((heads - SPEC.mean) / SPEC.deviation).astype(np.float16)


def heads(images: NDArray[np.float16]) -> NDArray[np.float16]:
    """Return the fields of view that standardised images come from."""
    return (images * SPEC.deviation + SPEC.mean).astype(np.float16)


def evidence_around(network: ResNet50, images: NDArray[np.float16]) -> float:
    """Give the mean size of the evidence in the maps' corners, in logits."""
    batch = torch.from_numpy(images).float()[:, None]
    with torch.inference_mode():
        maps = ResNet50WithMaps(network)(batch)[1]
    corners = maps[:, :, :: maps.shape[2] - 1, :: maps.shape[3] - 1]
    return float(corners.abs().mean())


def test_maps_say_nothing_around_the_head(
    network: ResNet50, images: NDArray[np.float16]
) -> None:
    axes = background_axes(network, images, heads(images), SPEC)
    before = evidence_around(network, images)

    leave_out(network, axes)

    assert axes.shape == (2048, AXES)
    assert axes.T @ axes == pytest.approx(np.eye(AXES), abs=1e-9)
    assert evidence_around(network, images) < 0.1 * before


def test_features_are_left_at_right_angles() -> None:
    generator = np.random.default_rng(0)
    axes = np.linalg.qr(generator.standard_normal((12, 3)))[0]
    features = generator.standard_normal((5, 12)).astype(np.float32)

    left = project_out(features, axes)

    assert left @ axes == pytest.approx(np.zeros((5, 3)), abs=1e-6)
    assert project_out(left, axes) == pytest.approx(left)


def test_where_heads_fill_the_image_nothing_is_left_out(network: ResNet50) -> None:
    bright = np.ones((3, 97, 65), np.float16)

    axes = background_axes(network, bright, heads(bright), SPEC)

    weight = network.fc.weight.clone()
    leave_out(network, axes)
    assert axes.shape == (2048, 0)
    assert torch.equal(network.fc.weight, weight)


def test_what_is_black_inside_the_head_is_not_left_out(
    network: ResNet50, images: NDArray[np.float16]
) -> None:
    """Fluid may be as black as the background in what the network sees."""
    fields = heads(images)
    black = images.copy()
    black[:, 20:77, 15:50] = images.min()

    axes = background_axes(network, black, fields, SPEC)

    with torch.inference_mode():
        batch = torch.from_numpy(black).float()[:, None]
        cells = network.features(batch).double().mean(dim=0)
    middle, corner = cells[:, 1, 1].numpy(), cells[:, 0, 0].numpy()
    left = [np.linalg.norm(each - axes @ (axes.T @ each)) for each in (middle, corner)]
    assert left[1] < 0.05 * np.linalg.norm(corner)
    assert left[0] > left[1]
