"""The closed form against Grad-CAM as everybody computes it, with hooks."""

from typing import cast

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from torch import Tensor

from alzer.explain.gradcam import grad_cam
from alzer.model.bundle import Bundle
from alzer.model.engine import load_model
from alzer.training.network import ResNet50, ResNet50WithMaps


def grad_cam_with_hooks(network: ResNet50, image: Tensor, label: int) -> Tensor:
    """Give ReLU(sum_k mean(dlogit/dA_k) A_k) over its maximum."""
    seen: dict[str, Tensor] = {}
    layer = network.get_submodule("layer4")
    forward = layer.register_forward_hook(
        lambda _module, _inputs, output: seen.update(activations=output)
    )
    backward = layer.register_full_backward_hook(
        lambda _module, _inputs, outputs: seen.update(
            gradients=cast("tuple[Tensor]", outputs)[0]
        )
    )
    network(image.requires_grad_())[0, label].backward()
    forward.remove()
    backward.remove()
    weights = seen["gradients"].mean(dim=(2, 3), keepdim=True)
    heat = (weights * seen["activations"]).sum(dim=1)[0].clamp(min=0.0).detach()
    return heat / heat.max()


@pytest.mark.parametrize("label", range(4))
def test_the_closed_form_equals_the_grad_cam_of_captum(
    network: ResNet50, label: int
) -> None:
    image = torch.randn(1, 1, 193, 161, generator=torch.Generator().manual_seed(label))
    with torch.no_grad():
        _, maps = ResNet50WithMaps(network)(image)

    closed = grad_cam(maps[0].numpy(), label)

    layer = LayerGradCam(network, network.get_submodule("layer4"))
    theirs = layer.attribute(image, label, relu_attributions=True)[0, 0].detach()
    assert closed is not None
    assert np.abs(closed - (theirs / theirs.max()).numpy()).max() <= 1e-5


@pytest.mark.parametrize("label", range(4))
def test_the_served_explanation_is_that_of_the_network(
    network: ResNet50, resnet_bundle: Bundle, label: int
) -> None:
    image = torch.randn(1, 1, 97, 65, generator=torch.Generator().manual_seed(label))
    model = load_model(resnet_bundle, "openvino", "fp32", 2)

    served = grad_cam(model.run(image.numpy()).maps[0], label)

    assert served is not None
    hooked = grad_cam_with_hooks(network, image, label).numpy()
    # Weights are stored in float16, which keeps three digits.
    assert np.abs(served - hooked).max() <= 1e-2


@pytest.mark.parametrize("label", range(4))
@pytest.mark.parametrize("shape", [(193, 161), (97, 129)])
def test_the_closed_form_equals_grad_cam_with_hooks(
    network: ResNet50, label: int, shape: tuple[int, int]
) -> None:
    image = torch.randn(1, 1, *shape, generator=torch.Generator().manual_seed(label))
    with torch.no_grad():
        _, maps = ResNet50WithMaps(network)(image)

    closed = grad_cam(maps[0].numpy(), label)

    assert closed is not None
    hooked = grad_cam_with_hooks(network, image, label).numpy()
    assert np.abs(closed - hooked).max() <= 1e-5


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
