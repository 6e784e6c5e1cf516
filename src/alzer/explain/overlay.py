"""Heat as colours, over the scan, with a legend."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from alzer.explain.colormaps import JET

# The share of the heat's colours in the overlay that the interface promises.
DEFAULT_OPACITY = 0.4

# What the colours are called wherever a legend is shown, coldest first.
LEGEND = (
    ("blue", "low"),
    ("green", "moderate"),
    ("yellow", "high"),
    ("red", "critical"),
)

CAPTION = "Highlighted regions indicate model focus"


def heat_colours(heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Give heat as JET colours.

    Args:
        heat: shape (row, column), 0 (blue) to 1 (red).

    Returns:
        shape (row, column, channel = red, green, blue), 0 to 255.

    Raises:
        ValueError: If a value is outside 0 to 1 or not a number.
    """
    if not (heat.min() >= 0.0 and heat.max() <= 1.0):
        message = "Heat must lie between 0 and 1; NaN is refused."
        raise ValueError(message)
    return JET[(heat * 255.0 + 0.5).astype(np.uint8)]


def blend(
    grey: NDArray[np.uint8],
    heat: NDArray[np.float32],
    opacity: float = DEFAULT_OPACITY,
) -> NDArray[np.uint8]:
    """Lay heat over a scan.

    Args:
        grey: The scan, shape (row, column), 0 to 255.
        heat: shape (row, column), 0 to 1.
        opacity: Share of the heat's colours, 0 to 1.

    Returns:
        shape (row, column, channel = red, green, blue), 0 to 255.

    Raises:
        ValueError: If shapes differ, or heat or opacity lie outside 0 to 1.
    """
    if grey.shape != heat.shape:
        message = f"The scan has shape {grey.shape}, the heat {heat.shape}."
        raise ValueError(message)
    if not 0.0 <= opacity <= 1.0:
        message = f"Opacity must lie between 0 and 1, got {opacity}."
        raise ValueError(message)
    # In 1/256 steps of integers: a quarter of the time of floating point, and
    # at most one grey level away.
    share = round(opacity * 256)
    under = grey.astype(np.uint16) * (256 - share)
    over = heat_colours(heat).astype(np.uint16) * share
    return ((under[:, :, None] + over + 128) >> 8).astype(np.uint8)


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode a picture.

    Args:
        pixels: shape (row, column) for grey, or (row, column, channel = 3) for
            red, green, blue; 0 to 255.

    Returns:
        The PNG file's bytes, without metadata.
    """
    file = io.BytesIO()
    # Level 1: three times quicker than the default for a tenth more bytes.
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def draw_legend(width: int = 360) -> NDArray[np.uint8]:
    """Draw the colour bar with its names.

    Args:
        width: Columns of the picture, at least 240.

    Returns:
        shape (row, column, channel = red, green, blue), 0 to 255; dark text on
        white.
    """
    width = max(width, 240)
    bar_height, size = 18, max(11, width // 28)
    picture = Image.new("RGB", (width, bar_height + 3 * size + 12), "white")
    ramp = np.linspace(0.0, 1.0, width, dtype=np.float32)[None].repeat(bar_height, 0)
    picture.paste(Image.fromarray(heat_colours(ramp)))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size)
    for index, (colour, level) in enumerate(LEGEND):
        # Each name stands under the middle of its quarter, where its colour is.
        centre = width * (2 * index + 1) / (2 * len(LEGEND))
        place = (centre, bar_height + 4)
        draw.text(place, f"{colour}: {level}", "#222222", font, anchor="ma")
    place = (width / 2, bar_height + size + 12)
    draw.text(place, CAPTION, "#222222", font, anchor="ma")
    return np.asarray(picture)
