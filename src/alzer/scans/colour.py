"""Whether channels of red, green and blue hold a grey image, and its grey."""

import numpy as np
from numpy.typing import NDArray

from alzer.errors import ColourImage

Channels = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]

# Grey that went through a colour JPEG comes back with channels a few levels
# apart; a picture counts as grey while at most this share of its pixels is
# further apart than this many of 256 levels.
_CHANNEL_TOLERANCE_LEVELS = 12
_MAX_COLOURED_SHARE = 0.001

# Pillow's names of colours other than red, green and blue.
_UNUSUAL = frozenset({"CMYK", "YCbCr", "LAB", "HSV"})

EQUAL_CHANNELS = "Three equal channels were merged into one."


def merge_channels(
    stored: Channels, full: float = 255.0
) -> tuple[NDArray[np.float32], bool]:
    """Merge channels into grey, transparent parts laid over black.

    Args:
        stored: shape (row, column, channel); one, three, or either and alpha.
        full: The alpha of what is not transparent at all.

    Returns:
        Grey in the levels of the channels, shape (row, column); and whether a part
        is transparent.
    """
    channels = stored.shape[2]
    grey: NDArray[np.float32] = stored[:, :, 0].astype(np.float32)
    if channels > 2:
        for other in (1, 2):
            grey += stored[:, :, other]
        grey /= np.float32(3.0)
    is_clear = channels in {2, 4} and bool(stored[:, :, -1].min() < full)
    if is_clear:
        grey *= stored[:, :, -1] / np.float32(full)
    return grey, is_clear


def count_coloured(stored: Channels, white: float = 255.0) -> int:
    """Count the pixels whose red, green and blue differ by more than JPEG does.

    Args:
        stored: shape (row, column, channel), as for `merge_channels`.
        white: The level that counts as 255.

    Returns:
        How many there are; none where there are no colours to differ.
    """
    if stored.shape[2] < 3:
        return 0
    red, green, blue = (stored[:, :, channel] for channel in range(3))
    spread = np.maximum(np.maximum(red, green), blue)
    spread -= np.minimum(np.minimum(red, green), blue)
    return int((spread > _CHANNEL_TOLERANCE_LEVELS * white / 255.0).sum())


def require_grey(coloured: int, pixels: int, stored_as: str = "") -> None:
    """Refuse an image with colours.

    Args:
        coloured: How many of its pixels are coloured.
        pixels: How many it has.
        stored_as: The name of its colours, such as CMYK, if it is unusual.

    Raises:
        ColourImage: More than JPEG makes of grey.
    """
    share = coloured / pixels
    if share > _MAX_COLOURED_SHARE:
        form = f", stored as {stored_as}" if stored_as in _UNUSUAL else ""
        message = (
            f"The image has colours ({share:.0%} of its pixels{form}); an MRI slice "
            "is grey. Send the original slice, without annotations or colour maps."
        )
        raise ColourImage(message)
