"""What the colours of a map stand for: the very colours, with numbers and a unit."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from alzer.explain.overlay import lay_over
from alzer.explain.slice_maps import MapStyle

# Columns of the bar; no table has more entries.
BAR_WIDTH: Final = 256
BAR_HEIGHT: Final = 16

# The grey of the tissue on which the colours are shown.
TISSUE_GREY: Final = 110

# Pillow's own font has no minus sign.
_PLAIN: Final = str.maketrans({"\N{MINUS SIGN}": "-"})

_INK: Final = "#222222"
_MARGIN: Final = 28
_FONT_SIZE: Final = 13


def legend_bar(
    style: MapStyle, width: int = BAR_WIDTH, height: int = BAR_HEIGHT
) -> NDArray[np.uint8]:
    """Paint the whole scale from its low to its high end, as the map is painted.

    Args:
        style: Of the map.
        width: Columns.
        height: Rows, all alike but for dashed lines.

    Returns:
        shape (row, column, channel = red, green, blue, alpha), 0 to 255.
    """
    ramp = np.linspace(0.0, 1.0, width, dtype=np.float32)[None].repeat(height, axis=0)
    return style.palette.paint(ramp, is_signed=style.scale.is_signed)


def draw_map_legend(style: MapStyle, *notes: str) -> NDArray[np.uint8]:
    """Draw the legend of a map: the bar on grey tissue, numbers, unit, notes.

    Args:
        style: Of the map.
        notes: Sentences that stand below.

    Returns:
        shape (row, column, channel = red, green, blue), 0 to 255; dark text on white.
    """
    bar = legend_bar(style, 2 * BAR_WIDTH, 20)
    tissue = np.full(bar.shape[:2], TISSUE_GREY, np.uint8)
    shown = lay_over(tissue, bar, style.palette.opacity)
    font = ImageFont.load_default(_FONT_SIZE)
    width = bar.shape[1] + 2 * _MARGIN
    lines = [line for note in notes for line in _wrap(note, font, width - _MARGIN)]
    step = _FONT_SIZE + 5
    top = 8 + len(shown) + 8 + 2 * step + 4
    picture = Image.new("RGB", (width, top + step * len(lines) + 6), "white")
    picture.paste(Image.fromarray(shown), (_MARGIN, 8))
    draw = ImageDraw.Draw(picture)
    for at, number in style.scale.ticks:
        column = _MARGIN + at * (bar.shape[1] - 1)
        draw.line([(column, 8 + len(shown)), (column, 12 + len(shown))], _INK)
        place = (column, 14 + len(shown))
        draw.text(place, number.translate(_PLAIN), _INK, font, anchor="ma")
    low, high = style.scale.ends
    for column, text, anchor in (
        (_MARGIN, low, "la"),
        (width / 2, style.scale.unit, "ma"),
        (width - _MARGIN, high, "ra"),
    ):
        draw.text((column, top - step - 4), text, _INK, font, anchor=anchor)
    for index, line in enumerate(lines):
        draw.text((width / 2, top + step * index), line, _INK, font, anchor="ma")
    return np.asarray(picture)


def _wrap(
    text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float
) -> Iterator[str]:
    """Break a text into lines of at most this width."""
    line = ""
    for word in text.translate(_PLAIN).split():
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > width:
            yield line
            longer = word
        line = longer
    yield line
