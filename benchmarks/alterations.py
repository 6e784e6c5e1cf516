"""What spoils a slice, done by code; the same form as in `alzer.evaluation`."""

import numpy as np
from PIL import Image, ImageDraw

from alzer.evaluation.alterations import Alteration, Grey, resized


def to_square(grey: Grey, random: np.random.Generator) -> Grey:
    """Squash to a square, as many pipelines for networks do."""
    side = int(random.choice([128, 176, 224, 256]))
    return resized(grey, side, side)


def stretched(share: float) -> Alteration:
    """Make the picture wider by a factor, or narrower below 1."""

    def alter(grey: Grey, _random: np.random.Generator) -> Grey:
        return resized(grey, grey.shape[0], round(grey.shape[1] * share))

    return alter


def tiled(rows: int, columns: int, *, tight: bool = False) -> Alteration:
    """Show the slice several times in one picture, each a little different."""

    def alter(grey: Grey, random: np.random.Generator) -> Grey:
        part = cropped_to_head(grey) if tight else grey
        line = [
            [
                np.roll(part, int(random.integers(-3, 4)), axis=1)
                if not tight
                else part[:, :: int(random.choice([-1, 1]))]
                for _ in range(columns)
            ]
            for _ in range(rows)
        ]
        return np.block(line)

    return alter


def cropped_to_head(grey: Grey) -> Grey:
    """Cut away all rows and columns without bright pixels."""
    rows, columns = np.nonzero(grey > 60)
    return grey[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def inverted(grey: Grey, _random: np.random.Generator) -> Grey:
    """Exchange black and white."""
    return np.asarray(255 - grey, np.uint8)


def inverted_inside(grey: Grey, _random: np.random.Generator) -> Grey:
    """Exchange black and white inside the head only."""
    rows, columns = np.indices(grey.shape)
    bright = grey > 25
    first = np.where(bright.any(axis=1), bright.argmax(axis=1), grey.shape[1])
    last = grey.shape[1] - 1 - bright[:, ::-1].argmax(axis=1)
    inside = (columns >= first[rows]) & (columns <= last[rows])
    return np.where(inside, 255 - grey, grey).astype(np.uint8)


def framed(pixels: int, level: int = 255) -> Alteration:
    """Add a frame of one grey level around the picture."""

    def alter(grey: Grey, _random: np.random.Generator) -> Grey:
        return np.pad(grey, pixels, constant_values=level)

    return alter


def line_around(level: int) -> Alteration:
    """Draw a line of one pixel along the picture's border."""

    def alter(grey: Grey, _random: np.random.Generator) -> Grey:
        result = np.full_like(grey, level)
        result[1:-1, 1:-1] = grey[1:-1, 1:-1]
        return result

    return alter


def on_a_page(grey: Grey, random: np.random.Generator) -> Grey:
    """Put the picture on a white page with a caption below."""
    height, width = grey.shape
    page = Image.new("L", (width * 2, height * 2), 255)
    at = int(random.integers(20, width - 20)), int(random.integers(20, height - 40))
    page.paste(Image.fromarray(grey), at)
    ImageDraw.Draw(page).text(
        (at[0], at[1] + height + 8), "Figure 2. Axial slice", fill=0
    )
    return np.asarray(page)


def photographed(grey: Grey, random: np.random.Generator) -> Grey:
    """Photograph a screen: perspective, uneven light, moire, noise, a dark grey."""
    height, width = grey.shape
    screen = Image.new("L", (width + 120, height + 100), int(random.integers(4, 30)))
    screen.paste(Image.fromarray(grey), (60, 50))
    size = screen.size
    slant = random.uniform(-0.06, 0.06, 8) * np.tile(size, 4)
    corners = np.array([0, 0, 0, size[1], size[0], size[1], size[0], 0]) + slant
    turned = screen.transform(
        size,
        Image.Transform.QUAD,
        tuple(float(place) for place in corners),
        Image.Resampling.BILINEAR,
    )
    values = np.asarray(turned, float)
    rows, columns = np.indices(values.shape) / 200.0
    direction = random.uniform(-1.0, 1.0, 2)
    light = direction[0] * rows + direction[1] * columns
    waves = np.sin(
        2 * np.pi * (rows * random.uniform(20, 60) + columns * random.uniform(20, 60))
    )
    glow = random.uniform(8, 40) * (1.0 + 0.5 * (light - light.mean()))
    values = glow + 0.8 * values * (1.0 + 0.15 * light) + 4.0 * waves
    values = values + random.normal(0.0, 4.0, values.shape)
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def with_thumbnail(grey: Grey, _random: np.random.Generator) -> Grey:
    """Show a copy of a quarter of the height beside the slice."""
    small = resized(grey, grey.shape[0] // 4, grey.shape[1] // 4)
    rows = grey.shape[0] - small.shape[0]
    return np.hstack([grey, np.pad(small, ((rows, 0), (0, 0)))])


def on_a_light_box(grey: Grey, _random: np.random.Generator) -> Grey:
    """Show the slice as a grey film with light around it."""
    return np.pad(np.asarray(grey * 0.6 + 20, np.uint8), 40, constant_values=250)


def half_mirrored(grey: Grey, _random: np.random.Generator) -> Grey:
    """Replace the right half by the mirror image of the left one."""
    left = grey[:, : grey.shape[1] // 2]
    return np.hstack([left, left[:, ::-1]])


def cropped(share: float) -> Alteration:
    """Cut a share of the head away on one side."""

    def alter(grey: Grey, random: np.random.Generator) -> Grey:
        side = int(random.integers(0, 4))
        upright = np.rot90(grey, side)
        rows = np.flatnonzero((upright > 60).any(axis=1))
        first = rows[0] + round(share * (rows[-1] - rows[0]))
        return np.ascontiguousarray(np.rot90(upright[first:], -side))

    return alter
