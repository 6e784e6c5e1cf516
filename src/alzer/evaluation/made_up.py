"""What is made of slices to get pictures that no model should answer for.

The same form as `alzer.evaluation.alterations`: grey values, shape (row, column), 0 to
255, and a generator of random numbers give another picture of 0 to 255.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from alzer.evaluation.alterations import (
    Alteration,
    Grey,
    after,
    as_jpeg,
    resized,
    squashed,
    turned,
)
from alzer.scans.outline import head_mask

Shape = Literal["box", "ellipse"]

# Height and width of what covers a part, as shares of the head's.
_COVERED = 0.15, 0.6
_SMALL = 0.08, 0.2

# What is written on a bar over the head.
_WORDS = ("DOE JANE 1947-03-02", "PATIENT 0042", "SE 3 IM 44", "ANONYMISED")

# Grey levels of a drawing with flat areas, and below what a line drawing is white.
_DRAWN_LEVELS = 4
_LINE_STEP = 24


def inverted(grey: Grey, _random: np.random.Generator) -> Grey:
    """Exchange black and white."""
    return np.asarray(255 - grey, np.uint8)


def inverted_inside(grey: Grey, _random: np.random.Generator) -> Grey:
    """Exchange black and white inside the head, and leave the background dark."""
    inside = head_mask(grey.astype(np.float32))
    top, bottom = grey[inside].max(), grey[inside].min()
    return np.where(inside, top - grey + bottom, 0).astype(np.uint8)


def widened(factor: float) -> Alteration:
    """Make the picture wider by a factor, or narrower below 1."""

    def alter(grey: Grey, _random: np.random.Generator) -> Grey:
        return resized(grey, grey.shape[0], round(grey.shape[1] * factor))

    return alter


def covered(
    shape: Shape,
    level: int | None,
    size: tuple[float, float] = _COVERED,
    count: int = 1,
) -> Alteration:
    """Cover parts of the head, also across its edge, by shapes of one grey level.

    Args:
        shape: Their shape.
        level: 0 to 255; None for any middle grey.
        size: Least and greatest height and width, as shares of the head's.
        count: How many.
    """

    def alter(grey: Grey, random: np.random.Generator) -> Grey:
        picture = Image.fromarray(grey)
        pen = ImageDraw.Draw(picture)
        fill = int(random.integers(40, 200)) if level is None else level
        for _ in range(count):
            row, column = _place(grey, random)
            down, across = random.uniform(*size, 2) * _extent(grey) / 2.0
            spot = (column - across, row - down, column + across, row + down)
            draw = pen.rectangle if shape == "box" else pen.ellipse
            draw([round(edge) for edge in spot], fill=fill)
        return np.asarray(picture)

    return alter


def barred(background: int, ink: int, size: int = 12) -> Alteration:
    """Write a line of text over the head, on a bar of one grey level."""

    def alter(grey: Grey, random: np.random.Generator) -> Grey:
        picture = Image.fromarray(grey)
        pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size)
        words = _WORDS[int(random.integers(len(_WORDS)))]
        row, _ = _place(grey, random)
        left = int(random.integers(0, max(grey.shape[1] // 4, 1)))
        box = pen.textbbox((left, row), words, font=font)
        pen.rectangle([box[0] - 3, box[1] - 3, box[2] + 3, box[3] + 3], background)
        pen.text((left, row), words, ink, font)
        return np.asarray(picture)

    return alter


def flat_drawing(grey: Grey, _random: np.random.Generator) -> Grey:
    """Show the slice as a drawing with flat areas of few greys."""
    smooth = np.asarray(Image.fromarray(grey).filter(ImageFilter.GaussianBlur(2)))
    step = 256 // _DRAWN_LEVELS
    return np.asarray(smooth // step * step, np.uint8)


def line_drawing(grey: Grey, _random: np.random.Generator) -> Grey:
    """Show the slice as white lines on black, where its smoothed levels change."""
    smooth = Image.fromarray(grey).filter(ImageFilter.GaussianBlur(1.5))
    values = np.asarray(smooth, np.float32)
    step = np.hypot(*np.gradient(values))
    return np.where(step > _LINE_STEP / 2.0, 255, 0).astype(np.uint8)


# What every model should refuse, doubt or find out of distribution.
MADE_UP: Mapping[str, Alteration] = {
    "turned by 90 degrees": turned(1),
    "contrast inverted": inverted,
    "contrast of the head inverted": inverted_inside,
    "squashed to a square": squashed(192),
    "narrower by 20 %": widened(0.8),
    "narrower by 10 %": widened(0.9),
    "wider by 10 %": widened(1.1),
    "wider by 20 %": widened(1.2),
    "wider by 40 %": widened(1.4),
    "black box": covered("box", 0),
    "black box, JPEG": after(covered("box", 0), as_jpeg(75)),
    "small black box": covered("box", 0, _SMALL),
    "three small black boxes": covered("box", 0, _SMALL, count=3),
    "grey box": covered("box", None),
    "white box": covered("box", 255),
    "black ellipse": covered("ellipse", 0),
    "grey ellipse": covered("ellipse", None),
    "white ellipse": covered("ellipse", 255),
    "black bar with text": barred(0, 255),
    "white bar with text": barred(255, 0),
    "drawing with flat areas": flat_drawing,
    "line drawing": line_drawing,
}


def _place(grey: Grey, random: np.random.Generator) -> tuple[int, int]:
    """Return the row and column of any pixel of the head."""
    rows, columns = np.nonzero(head_mask(grey.astype(np.float32)))
    place = int(random.integers(len(rows)))
    return int(rows[place]), int(columns[place])


def _extent(grey: Grey) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return height and width of the head in pixels."""
    rows, columns = np.nonzero(head_mask(grey.astype(np.float32)))
    return np.array([np.ptp(rows) + 1.0, np.ptp(columns) + 1.0])
