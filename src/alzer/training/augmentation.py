"""Random changes that leave the label as it is, drawn per image in a batch."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Augmentation:
    """How far fields of view may be changed.

    Attributes:
        rotation_degrees: Largest rotation to either side.
        scale: Largest relative change of size.
        aspect: Largest relative change of the height against the width.
        shift: Largest shift, as a share of the field of view.
        mirror: Probability of a mirror image (the side is not known anyway).
        bias: Largest relative change of brightness from one place to another.
        gamma: Largest change of log gamma of the brightness.
        contrast: Largest relative change of contrast.
        blur: Largest standard deviation of the blur, in pixels.
        noise: Largest standard deviation of added noise, as a share of white.
        peeled: Probability that dark rims of the head are made background, as tighter
            brain masks do.
        peel_depth: Largest depth to which they are, in pixels.
    """

    rotation_degrees: float = 12.0
    scale: float = 0.1
    aspect: float = 0.04
    shift: float = 0.03
    mirror: float = 0.5
    bias: float = 0.25
    gamma: float = 0.4
    contrast: float = 0.1
    blur: float = 0.8
    noise: float = 0.025
    peeled: float = 0.5
    peel_depth: int = 6


# Relative to white: darker is fluid or background, and surely background.
DARK_RIM = 0.45
BACKGROUND = 0.08

# Radius of the kernel that blurs, in pixels.
_BLUR_RADIUS = 2


def augment(images: Tensor, limits: Augmentation, generator: torch.Generator) -> Tensor:
    """Change every field of view of a batch at random.

    Args:
        images: shape (n, 1, row, column), from 0 (black) to about 1 (white).
        limits: How far to go.
        generator: The only source of randomness.

    Returns:
        The same shape.
    """
    changed = _move(images, limits, generator)
    changed = _peel(changed, limits, generator)
    changed = _relight(changed, limits, generator)
    changed = _blur(changed, limits, generator)
    return _add_noise(changed, limits, generator)


def _uniform(count: int, limit: float, generator: torch.Generator) -> Tensor:
    return (torch.rand(count, generator=generator) * 2.0 - 1.0) * limit


def _signs(count: int, probability: float, generator: torch.Generator) -> Tensor:
    flipped = torch.rand(count, generator=generator) < probability
    return 1.0 - 2.0 * flipped.float()


def _per_image(values: Tensor, images: Tensor) -> Tensor:
    return values.to(images.device)[:, None, None, None]


def _move(images: Tensor, limits: Augmentation, generator: torch.Generator) -> Tensor:
    count, _, height, width = images.shape
    angle = _uniform(count, math.radians(limits.rotation_degrees), generator)
    size = 1.0 + _uniform(count, limits.scale, generator)
    taller = (_uniform(count, limits.aspect, generator) / 2.0).exp()
    mirror = _signs(count, limits.mirror, generator)
    cosine, sine = angle.cos() * size, angle.sin() * size
    # grid_sample's coordinates run from -1 to 1 on both axes, so a rotation
    # of a field that is not square needs its proportions.
    ratio = height / width
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = cosine * mirror * taller
    theta[:, 0, 1] = -sine * ratio * taller
    theta[:, 1, 0], theta[:, 1, 1] = sine / ratio * mirror / taller, cosine / taller
    theta[:, 0, 2] = _uniform(count, 2.0 * limits.shift, generator)
    theta[:, 1, 2] = _uniform(count, 2.0 * limits.shift, generator)
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    return functional.grid_sample(
        images, grid.to(images.device), padding_mode="border", align_corners=False
    )


def _peel(images: Tensor, limits: Augmentation, generator: torch.Generator) -> Tensor:
    """Make dark pixels that are reached from outside background, to some depth."""
    count = len(images)
    chosen = torch.rand(count, generator=generator) < limits.peeled
    depth = torch.randint(1, limits.peel_depth + 1, (count,), generator=generator)
    depth = torch.where(chosen, depth, 0)
    dark = (images < DARK_RIM).float()
    outside = torch.zeros_like(images)
    outside[..., 0, :] = outside[..., -1, :] = 1.0
    outside[..., 0] = outside[..., -1] = 1.0
    background = (images < BACKGROUND).float()
    for _ in range(max(images.shape[2:]) // 2):
        outside = functional.max_pool2d(outside, 3, 1, 1) * background
    for step in range(int(depth.max())):
        grown = functional.max_pool2d(outside, 3, 1, 1) * dark
        goes_on = _per_image((depth > step).float(), images)
        outside = torch.maximum(outside, grown * goes_on)
    peeled = (outside > 0.0) & (dark > 0.0) & _per_image(depth > 0, images)
    return torch.where(peeled, 0.0, images)


def _relight(
    images: Tensor, limits: Augmentation, generator: torch.Generator
) -> Tensor:
    count = len(images)
    floor = images.amin(dim=(1, 2, 3), keepdim=True)
    span = images.amax(dim=(1, 2, 3), keepdim=True) - floor + 1e-6
    gamma = _per_image(_uniform(count, limits.gamma, generator).exp(), images)
    contrast = 1.0 + _uniform(count, limits.contrast, generator)
    contrast = _per_image(contrast, images)
    light = _bias_field(images, limits.bias, generator)
    bent = ((images - floor) / span).clamp(0.0, 1.0) ** gamma
    return bent * light * span * contrast + floor


def _bias_field(images: Tensor, limit: float, generator: torch.Generator) -> Tensor:
    """Draw brightness that changes smoothly, between 1 - limit and 1 + limit."""
    count, _, height, width = images.shape
    coarse = torch.rand(count, 1, 3, 3, generator=generator) * 2.0 - 1.0
    strength = torch.rand(count, generator=generator)[:, None, None, None] * limit
    field = functional.interpolate(
        coarse * strength, (height, width), mode="bilinear", align_corners=True
    )
    return 1.0 + field.to(images.device)


def _blur(images: Tensor, limits: Augmentation, generator: torch.Generator) -> Tensor:
    count, _, height, width = images.shape
    deviation = torch.rand(count, generator=generator) * limits.blur
    places = torch.arange(-_BLUR_RADIUS, _BLUR_RADIUS + 1).float()
    kernel = (-0.5 * (places / deviation.clamp(min=1e-3)[:, None]).square()).exp()
    kernel = (kernel / kernel.sum(dim=1, keepdim=True)).to(images.device)
    # One group per image: each has a kernel of its own.
    rows = functional.conv2d(
        images.reshape(1, count, height, width),
        kernel[:, None, :, None],
        padding=(_BLUR_RADIUS, 0),
        groups=count,
    )
    both = functional.conv2d(
        rows, kernel[:, None, None, :], padding=(0, _BLUR_RADIUS), groups=count
    )
    return both.reshape(count, 1, height, width)


def _add_noise(
    images: Tensor, limits: Augmentation, generator: torch.Generator
) -> Tensor:
    deviation = _per_image(_uniform(len(images), limits.noise, generator).abs(), images)
    noise = torch.randn(images.shape, generator=generator).to(images.device)
    return images + deviation * noise
