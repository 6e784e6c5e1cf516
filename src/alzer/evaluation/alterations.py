"""What happens to slices before they are sent, done by code.

Every alteration takes grey values, shape (row, column), 0 to 255, and a generator of
random numbers, and returns another picture of 0 to 255.
"""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy.ndimage import binary_dilation, binary_opening

from alzer.scans.outline import head_mask

Grey = NDArray[np.uint8]
Alteration = Callable[[Grey, np.random.Generator], Grey]

# Of the head's values, what counts as white: a few pixels (vessels, fat) may be
# brighter.
WHITE_PERCENTILE = 98.0

# On T1-weighted images, fluid and what it shares a pixel with stay below this share
# of white; the cortex lies above.
FLUID_SHARE = 0.4

# Of fluid alone.
PURE_FLUID_SHARE = 0.2

# How far fluid around the brain is taken off or added, as a share of the picture's
# rows: 6 mm of the fluid that a loose mask leaves, 3 mm added.
PEELED_SHARE = 0.03
ADDED_SHARE = 0.015


def unchanged(grey: Grey, _random: np.random.Generator) -> Grey:
    """Leave it as it is."""
    return grey


def resized(grey: Grey, rows: int, columns: int) -> Grey:
    """Resample without keeping the proportions."""
    picture = Image.fromarray(grey).resize((columns, rows), Image.Resampling.BILINEAR)
    return np.asarray(picture)


def squashed(side: int) -> Alteration:
    """Squash to a square, as many pipelines for networks do."""

    def alter(grey: Grey, _random: np.random.Generator) -> Grey:
        return resized(grey, side, side)

    return alter


def mirrored(grey: Grey, _random: np.random.Generator) -> Grey:
    """Exchange left and right."""
    return np.ascontiguousarray(grey[:, ::-1])


def turned(quarters: int) -> Alteration:
    """Turn by quarters of a full turn."""

    def alter(grey: Grey, _random: np.random.Generator) -> Grey:
        return np.ascontiguousarray(np.rot90(grey, quarters))

    return alter


def tilted(degrees: float) -> Alteration:
    """Turn by an angle."""

    def alter(grey: Grey, _random: np.random.Generator) -> Grey:
        picture = Image.fromarray(grey).rotate(
            degrees, Image.Resampling.BILINEAR, expand=True
        )
        return np.asarray(picture)

    return alter


def shifted(rows: int, columns: int) -> Alteration:
    """Move the picture down and to the right by whole pixels; 0 or more.

    What comes in repeats the border, what leaves the picture is lost.
    """

    def alter(grey: Grey, _random: np.random.Generator) -> Grey:
        height, width = grey.shape
        padded = np.pad(grey, ((rows, 0), (columns, 0)), mode="edge")
        return np.ascontiguousarray(padded[:height, :width])

    return alter


def gamma(power: float) -> Alteration:
    """Change the middle greys."""

    def alter(grey: Grey, _random: np.random.Generator) -> Grey:
        return np.rint(255.0 * (grey / 255.0) ** power).astype(np.uint8)

    return alter


def biased(strength: float) -> Alteration:
    """Make one side of the picture brighter and the other darker.

    The factor changes linearly along a direction drawn at random, from 1 - strength
    to 1 + strength across the picture. All of it is scaled so that nothing becomes
    brighter than it was: what is cut off at white would be another defect.
    """

    def alter(grey: Grey, random: np.random.Generator) -> Grey:
        angle = random.uniform(0.0, 2.0 * np.pi)
        rows, columns = (np.linspace(-1.0, 1.0, size) for size in grey.shape)
        ramp = np.add.outer(np.sin(angle) * rows, np.cos(angle) * columns)
        field = 1.0 + strength * ramp / np.abs(ramp).max()
        return np.asarray(np.rint(grey * field / (1.0 + strength)), np.uint8)

    return alter


def noisy(deviation: float, *, everywhere: bool = True) -> Alteration:
    """Add Rician noise, as magnitude images have; else before the head is cut out."""

    def alter(grey: Grey, random: np.random.Generator) -> Grey:
        real = grey + random.normal(0.0, deviation, grey.shape)
        imaginary = random.normal(0.0, deviation, grey.shape)
        result = np.clip(np.hypot(real, imaginary), 0, 255).astype(np.uint8)
        return result if everywhere else np.where(grey > 3, result, grey)

    return alter


def noisy_by(share: float) -> Alteration:
    """Add Rician noise inside the head, its deviation as a share of white."""

    def alter(grey: Grey, random: np.random.Generator) -> Grey:
        deviation = share * _white(grey, _inside(grey))
        return noisy(deviation, everywhere=False)(grey, random)

    return alter


def blurred(pixels: float) -> Alteration:
    """Blur with a Gaussian of this standard deviation."""

    def alter(grey: Grey, _random: np.random.Generator) -> Grey:
        return np.asarray(
            Image.fromarray(grey).filter(ImageFilter.GaussianBlur(pixels))
        )

    return alter


def as_jpeg(quality: int) -> Alteration:
    """Compress with loss."""

    def alter(grey: Grey, _random: np.random.Generator) -> Grey:
        file = io.BytesIO()
        Image.fromarray(grey).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file))

    return alter


def after(*steps: Alteration) -> Alteration:
    """Alter several times, the first one first."""

    def alter(grey: Grey, random: np.random.Generator) -> Grey:
        for step in steps:
            grey = step(grey, random)
        return grey

    return alter


def tightly_masked(grey: Grey, _random: np.random.Generator) -> Grey:
    """Take off the fluid around the brain, as tight brain masks do.

    Dark pixels go that can be reached from outside the head through dark pixels, up
    to a small depth; so fluid inside the brain stays.
    """
    inside = _inside(grey)
    fluid = inside & (grey < FLUID_SHARE * _white(grey, inside))
    peeled = binary_dilation(
        ~inside, mask=~inside | fluid, iterations=_steps(grey, PEELED_SHARE)
    )
    kept = binary_opening(inside & ~peeled)
    return np.where(kept, grey, 0).astype(np.uint8)


def loosely_masked(grey: Grey, random: np.random.Generator) -> Grey:
    """Add a rim of fluid around the brain, as loose brain masks leave it."""
    inside = _inside(grey)
    rim = binary_dilation(inside, iterations=_steps(grey, ADDED_SHARE)) & ~inside
    level = PURE_FLUID_SHARE * _white(grey, inside)
    values = random.normal(level, 0.1 * level, grey.shape)
    return np.where(rim, np.clip(values, grey, 255), grey).astype(np.uint8)


def _inside(grey: Grey) -> NDArray[np.bool_]:
    return head_mask(grey.astype(np.float32))


def _white(grey: Grey, inside: NDArray[np.bool_]) -> float:
    return float(np.percentile(grey[inside], WHITE_PERCENTILE))


def _steps(grey: Grey, share: float) -> int:
    rows, _ = grey.shape
    return max(1, round(share * int(rows)))
