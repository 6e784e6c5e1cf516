"""How large an image may be, by its header: before any pixel is decoded."""

import math

from alzer.errors import TooManyPixels
from alzer.settings import Limits


def check_pixels(shape: tuple[int, ...], limits: Limits) -> None:
    """Refuse one image that is too large.

    Args:
        shape: Its size as the file declares it, such as (row, column).
        limits: How large it may be.

    Raises:
        TooManyPixels: It is larger.
    """
    if math.prod(shape) > limits.max_pixels:
        message = (
            f"The image has {times(shape)} pixels, over the limit of "
            f"{limits.max_pixels / 1e6:g} million; send a smaller one."
        )
        raise TooManyPixels(message)


def check_voxels(shape: tuple[int, ...], limits: Limits) -> None:
    """Refuse a file whose images together are too large.

    Args:
        shape: Their size as the file declares it, in any order of axes.
        limits: How large they may be.

    Raises:
        TooManyPixels: They are larger.
    """
    if math.prod(shape) > limits.max_voxels:
        message = (
            f"The file declares {times(shape)} voxels, over the limit of "
            f"{limits.max_voxels / 1e6:g} million; send one slice."
        )
        raise TooManyPixels(message)


def times(shape: tuple[int, ...]) -> str:
    """Write a size as people do, such as 104 x 88."""
    return " x ".join(map(str, shape))
