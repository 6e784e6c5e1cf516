"""Random changes that leave the label as it is, drawn per image in a batch."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Augmentation:
    """How far images may be changed.

    Attributes:
        rotation_degrees: Largest rotation to either side.
        scale: Largest relative change of size.
        shift: Largest shift, as a share of the field of view.
        mirror: Probability of a mirror image (the side is not known anyway).
        gamma: Largest change of log gamma of the brightness.
        contrast: Largest relative change of contrast.
        noise: Largest standard deviation of added noise, in input units.
    """

    rotation_degrees: float = 8.0
    scale: float = 0.06
    shift: float = 0.03
    mirror: float = 0.5
    gamma: float = 0.15
    contrast: float = 0.1
    noise: float = 0.05


def augment(images: Tensor, limits: Augmentation, generator: torch.Generator) -> Tensor:
    """Change every image of a batch at random.

    Args:
        images: shape (n, 1, row, column), standardised.
        limits: How far to go.
        generator: The only source of randomness.

    Returns:
        The same shape.
    """
    moved = _move(images, limits, generator)
    return _relight(moved, limits, generator)


def _uniform(count: int, limit: float, generator: torch.Generator) -> Tensor:
    return (torch.rand(count, generator=generator) * 2.0 - 1.0) * limit


def _signs(count: int, probability: float, generator: torch.Generator) -> Tensor:
    flipped = torch.rand(count, generator=generator) < probability
    return 1.0 - 2.0 * flipped.float()


def _move(images: Tensor, limits: Augmentation, generator: torch.Generator) -> Tensor:
    count, _, height, width = images.shape
    angle = _uniform(count, math.radians(limits.rotation_degrees), generator)
    size = 1.0 + _uniform(count, limits.scale, generator)
    mirror = _signs(count, limits.mirror, generator)
    cosine, sine = angle.cos() * size, angle.sin() * size
    # grid_sample's coordinates run from -1 to 1 on both axes, so a rotation
    # of a field that is not square needs its proportions.
    ratio = height / width
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = cosine * mirror, -sine * ratio
    theta[:, 1, 0], theta[:, 1, 1] = sine / ratio * mirror, cosine
    theta[:, 0, 2] = _uniform(count, 2.0 * limits.shift, generator)
    theta[:, 1, 2] = _uniform(count, 2.0 * limits.shift, generator)
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    return functional.grid_sample(
        images, grid.to(images.device), padding_mode="border", align_corners=False
    )


def _relight(
    images: Tensor, limits: Augmentation, generator: torch.Generator
) -> Tensor:
    count = len(images)

    def per_image(values: Tensor) -> Tensor:
        return values.to(images.device)[:, None, None, None]

    floor = images.amin(dim=(1, 2, 3), keepdim=True)
    span = images.amax(dim=(1, 2, 3), keepdim=True) - floor + 1e-6
    gamma = per_image(_uniform(count, limits.gamma, generator).exp())
    contrast = per_image(1.0 + _uniform(count, limits.contrast, generator))
    deviation = per_image(_uniform(count, limits.noise, generator).abs())
    bent = ((images - floor) / span).clamp(0.0, 1.0) ** gamma
    noise = torch.randn(images.shape, generator=generator).to(images.device)
    return bent * span * contrast + floor + deviation * noise
