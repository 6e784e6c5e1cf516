"""The closed form against Grad-CAM as everybody computes it, by gradients."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from numpy.typing import NDArray
from torch import Tensor

from alzer.explain.gradcam import grad_cam
from alzer.model.engine import Model
from alzer.training.network import ResNet50, ResNet50WithMaps

LABELS: Final = range(4)


@dataclass(frozen=True)
class Explained:
    """Images, one for each class, with what the network makes of them.

    Attributes:
        images: shape (class, 1, row, column); the image of a class is to be
            explained for that class.
        maps: Of the network, shape (class, class, row, column).
        heat: Grad-CAM by gradients, shape (class, row, column), 0 to 1.
    """

    images: Tensor
    maps: NDArray[np.float32]
    heat: NDArray[np.float32]


def draw_images(height: int, width: int) -> Tensor:
    """Draw one image of noise for each class."""
    return torch.stack(
        [
            torch.randn(1, height, width, generator=torch.Generator().manual_seed(seed))
            for seed in LABELS
        ]
    )


@torch.no_grad()
def evidence_maps(network: ResNet50, images: Tensor) -> NDArray[np.float32]:
    """Compute the maps of the network in one pass for all images."""
    _, maps = ResNet50WithMaps(network)(images)
    return np.asarray(maps.numpy())


def weighted_activations(network: ResNet50, images: Tensor) -> Tensor:
    """Compute sum_k mean(dlogit/dA_k) A_k of each image for its own class.

    Images do not influence one another, so that the gradient of the sum of their
    logits holds the gradient of each.

    Source: Selvaraju et al. 2017, doi:10.1109/ICCV.2017.74, equations 1 and 2.
    """
    seen: list[Tensor] = []

    def keep(_module: object, _inputs: object, output: Tensor) -> Tensor:
        # A leaf: what lies below the last stage needs no gradients.
        seen.append(output.detach().requires_grad_())
        return seen[-1]

    hook = network.get_submodule("layer4").register_forward_hook(keep)
    logits = network(images)
    hook.remove()
    (activations,) = seen
    own = logits[torch.arange(len(images)), torch.tensor(LABELS)].sum()
    (gradients,) = torch.autograd.grad(own, activations)
    weights = gradients.mean(dim=(2, 3), keepdim=True)
    return (weights * activations).sum(dim=1)


def as_heat(weighted: Tensor) -> NDArray[np.float32]:
    """Keep what speaks for the class, as a share of its maximum."""
    heat = weighted.detach().clamp(min=0.0)
    return np.asarray((heat / heat.amax(dim=(1, 2), keepdim=True)).numpy())


@pytest.fixture(scope="module", params=[(193, 161), (97, 129)], ids=str)
def explained(network: ResNet50, request: pytest.FixtureRequest) -> Explained:
    images = draw_images(*request.param)
    heat = as_heat(weighted_activations(network, images))
    return Explained(images, evidence_maps(network, images), heat)


@pytest.mark.parametrize("label", LABELS)
def test_the_closed_form_equals_grad_cam_by_gradients(
    explained: Explained, label: int
) -> None:
    closed = grad_cam(explained.maps[label], label)

    assert closed is not None
    assert np.abs(closed - explained.heat[label]).max() <= 1e-5


@pytest.fixture(scope="module")
def of_captum(network: ResNet50) -> Explained:
    images = draw_images(97, 129)
    layer = LayerGradCam(network, network.get_submodule("layer4"))
    heat = layer.attribute(images, list(LABELS), relu_attributions=True)
    return Explained(images, evidence_maps(network, images), as_heat(heat[:, 0]))


@pytest.mark.parametrize("label", LABELS)
def test_the_closed_form_equals_the_grad_cam_of_captum(
    of_captum: Explained, label: int
) -> None:
    closed = grad_cam(of_captum.maps[label], label)

    assert closed is not None
    assert np.abs(closed - of_captum.heat[label]).max() <= 1e-5


@pytest.fixture(scope="module")
def served(network: ResNet50, resnet_model: Model) -> Explained:
    """Return the maps that are served, with the heat of an image and its mirror."""
    images = draw_images(97, 65)
    own = weighted_activations(network, images)
    mirrored = weighted_activations(network, images.flip(-1)).flip(-1)
    maps = resnet_model.run(images.numpy()).maps
    return Explained(images, maps, as_heat(own + mirrored))


@pytest.mark.parametrize("label", LABELS)
def test_the_served_explanation_is_that_of_the_network(
    served: Explained, label: int
) -> None:
    closed = grad_cam(served.maps[label], label)

    assert closed is not None
    # Weights are stored in float16, which keeps three digits.
    assert np.abs(closed - served.heat[label]).max() <= 1e-2


def test_the_mean_of_a_map_and_the_bias_are_the_logit(network: ResNet50) -> None:
    images = torch.randn(3, 1, 97, 97, generator=torch.Generator().manual_seed(1))

    with torch.no_grad():
        logits, maps = ResNet50WithMaps(network)(images)
        expected = network(images)
        parts = maps.mean(dim=(2, 3)) + network.fc.bias

    rounding = 1e-6 * float(maps.abs().max())
    assert torch.allclose(logits, expected, atol=rounding)
    assert torch.allclose(logits, parts, atol=rounding)


def test_the_hottest_cell_is_one_and_none_is_negative() -> None:
    maps = np.array([[[-3.0, 1.0], [0.5, 2.0]]], np.float32)

    heat = grad_cam(maps, 0)

    assert heat is not None
    assert heat.tolist() == [[0.0, 0.5], [0.25, 1.0]]


@pytest.mark.parametrize("value", [0.0, -0.1])
def test_a_map_that_is_nowhere_positive_gives_no_heat(value: float) -> None:
    assert grad_cam(np.full((4, 7, 6), value, np.float32), 2) is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_map_that_is_not_finite_is_refused(value: float) -> None:
    maps = np.ones((4, 7, 6), np.float32)
    maps[1, 2, 3] = value

    with pytest.raises(ValueError, match="not finite"):
        grad_cam(maps, 1)
