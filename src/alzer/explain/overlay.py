"""Heat as colours, over the scan, with a legend."""

import struct
import zlib

import numpy as np
from isal import isal_zlib
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


# By the number of channels: grey, red with green and blue, the same with alpha.
# Source: as `encode_png`, section 11.2.1.
_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}


def heat_colours(heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Give heat as JET colours.

    Args:
        heat: shape (row, column), 0 (blue) to 1 (red).

    Returns:
        shape (row, column, channel = red, green, blue), 0 to 255.

    Raises:
        ValueError: If a value is outside 0 to 1 or not a number.
    """
    _require_unit_range(heat)
    return np.asarray(JET.take(_table_index(heat), axis=0), np.uint8)


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
    _require_equal_shapes(grey.shape, heat.shape)
    _require_share(opacity)
    _require_unit_range(heat)
    # In 1/256 steps of integers: a quarter of the time of floating point, and
    # at most one level away. Adding 128 rounds.
    share = round(opacity * 256)
    colours = JET.astype(np.uint16) * np.uint16(share) + np.uint16(128)
    mixed = colours.take(_table_index(heat), axis=0)
    mixed += (grey.astype(np.uint16) * np.uint16(256 - share))[:, :, None]
    mixed >>= np.uint16(8)
    return mixed.astype(np.uint8)


def blended_scan(
    overlay: NDArray[np.uint8],
    heat: NDArray[np.float32],
    opacity: float = DEFAULT_OPACITY,
) -> NDArray[np.uint8]:
    """Return the scan that heat was laid over: the reverse of `blend`.

    Args:
        overlay: shape (row, column, channel = red, green, blue), 0 to 255.
        heat: shape (row, column), 0 to 1, as it was laid over.
        opacity: As it was laid over, 0 to less than 1.

    Returns:
        shape (row, column), 0 to 255; at most one level from what it was.

    Raises:
        ValueError: If shapes differ, heat or opacity lie outside 0 to 1, or it is not
            this heat that was laid over: red, green and blue tell of other greys.
    """
    _require_equal_shapes(overlay.shape[:2], heat.shape)
    _require_share(opacity)
    _require_unit_range(heat)
    share = round(opacity * 256)
    colours = JET.take(_table_index(heat), axis=0).astype(np.float32)
    # `blend` adds a half before it cuts off: on average nothing is lost.
    greys = (256.0 * overlay - share * colours) / (256.0 - share)
    # Rounding, and heat that is off by one entry of the table, five levels at most.
    if np.ptp(greys, axis=2).max() > (256.0 + 5.0 * share) / (256.0 - share):
        message = "The overlay was made with other heat."
        raise ValueError(message)
    return np.asarray(np.clip(np.rint(greys.mean(axis=2)), 0, 255), np.uint8)


def lay_over(
    grey: NDArray[np.uint8], layer: NDArray[np.uint8], opacity: float
) -> NDArray[np.uint8]:
    """Lay a layer of colours over a scan.

    Args:
        grey: The scan, shape (row, column), 0 to 255.
        layer: shape (row, column, channel = red, green, blue, alpha), 0 to 255.
        opacity: Share of the layer where it is not transparent, 0 to 1.

    Returns:
        shape (row, column, channel = red, green, blue), 0 to 255.

    Raises:
        ValueError: If shapes differ, or the opacity lies outside 0 to 1.
    """
    _require_equal_shapes(grey.shape, layer.shape[:2])
    _require_share(opacity)
    share = layer[..., 3:].astype(np.float32) * np.float32(opacity / 255.0)
    below = grey.astype(np.float32)[..., None]
    return np.asarray(np.rint(below + share * (layer[..., :3] - below)), np.uint8)


def tint(grey: NDArray[np.uint8], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Colour a scan by heat without changing how bright it is.

    The hue is JET's, the more of it the hotter; where there is no heat, or the scan is
    black or white, it stays grey.

    Args:
        grey: The scan, shape (row, column), 0 to 255.
        heat: shape (row, column), 0 to 1.

    Returns:
        shape (row, column, channel = red, green, blue), 0 to 255; the mean of the
        three is the grey value, to within rounding.

    Raises:
        ValueError: If shapes differ, or heat lies outside 0 to 1.
    """
    _require_equal_shapes(grey.shape, heat.shape)
    colours = heat_colours(heat).astype(np.float32)
    colours -= colours.mean(axis=2, keepdims=True)
    level = grey.astype(np.float32)[:, :, None]
    room = np.where(colours > 0.0, 255.0 - level, level)
    needed = np.abs(colours)
    most = np.divide(room, needed, out=np.ones_like(room), where=needed > 0.0)
    strength = np.minimum(heat[:, :, None], most.min(axis=2, keepdims=True))
    return np.asarray(np.rint(level + strength * colours), np.uint8)


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode a picture.

    Source: W3C, Portable Network Graphics (Third Edition), sections 5, 9 and 11.

    Args:
        pixels: shape (row, column) for grey, or (row, column, channel) for red, green,
            blue and, if there is a fourth one, alpha; 0 to 255.

    Returns:
        The PNG file's bytes, without metadata.
    """
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    values = pixels.reshape(height, width * channels)
    # Filter 1 (difference to the pixel on the left), named by each row's first
    # byte, packed by ISA-L: a tenth of Pillow's time (it tries every filter on
    # every row) for about the same size.
    rows = np.empty((height, 1 + width * channels), np.uint8)
    rows[:, 0] = 1
    rows[:, 1 : 1 + channels] = values[:, :channels]
    np.subtract(
        values[:, channels:], values[:, :-channels], out=rows[:, 1 + channels :]
    )
    data = isal_zlib.compress(rows.data, 1)
    colour_type = _COLOUR_TYPES[channels]
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", data)
    return b"\x89PNG\r\n\x1a\n" + chunks + _END


def is_whole(png: bytes) -> bool:
    """Say whether the end of a picture is there, as `encode_png` wrote it.

    Args:
        png: The file's bytes.

    Returns:
        Whether it is.
    """
    return png.endswith(_END)


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


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(content, zlib.crc32(kind)))
    return struct.pack(">I", len(content)) + kind + content + checksum


_END = _chunk(b"IEND", b"")


def _table_index(heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    return (heat * np.float32(255.0) + np.float32(0.5)).astype(np.uint8)


def _require_equal_shapes(scan: tuple[int, ...], heat: tuple[int, ...]) -> None:
    if scan != heat:
        message = f"The scan has shape {scan}, the heat {heat}."
        raise ValueError(message)


def _require_share(opacity: float) -> None:
    if not 0.0 <= opacity <= 1.0:
        message = f"Opacity must lie between 0 and 1, got {opacity}."
        raise ValueError(message)


def _require_unit_range(heat: NDArray[np.float32]) -> None:
    # Written so that NaN, for which every comparison fails, is refused too.
    if not (heat.min() >= 0.0 and heat.max() <= 1.0):
        message = "Heat must lie between 0 and 1; NaN is refused."
        raise ValueError(message)
