"""What people draw over slices, done by code; the form of `alzer.evaluation`'s."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from alzer.evaluation.alterations import Alteration, Grey

Spot = tuple[int, int, int, int]


def boxed(level: int, share: float = 1.0) -> Alteration:
    """Cover the ventricles with a box of one grey level."""

    def alter(grey: Grey, random: np.random.Generator) -> Grey:
        rows, columns = np.nonzero(grey > 60)
        middle = rows.mean() + random.integers(-4, 5), columns.mean()
        down = share * random.uniform(0.16, 0.30) * np.ptp(rows)
        across = share * random.uniform(0.14, 0.28) * np.ptp(columns)
        result = np.array(grey)
        result[
            round(middle[0] - down) : round(middle[0] + down),
            round(middle[1] - across) : round(middle[1] + across),
        ] = level
        return result

    return alter


def written(places: str, size: int = 11, level: int = 255) -> Alteration:
    """Write text in white: in the corners, in one corner, or over the brain."""

    def alter(grey: Grey, random: np.random.Generator) -> Grey:
        picture = Image.fromarray(grey)
        pen = ImageDraw.Draw(picture)
        font = ImageFont.load_default(size)
        words = ["DOE JANE", "1947-03-02", "F 076Y", "R", "SE 3 IM 44"]
        width, height = picture.size
        spots = {
            "corners": [(2, 1), (width - 62, 1), (2, height - 15)],
            "corner": [(2, 1)],
            "brain": [(width // 2 - 35, int(random.integers(60, height - 70)))],
        }[places]
        for spot in spots:
            word = words[int(random.integers(0, 3))]
            pen.text(spot, word, fill=level, font=font)
        return np.asarray(picture)

    return alter


def spot_of(grey: Grey, share: float, random: np.random.Generator) -> Spot:
    """Return left, top, right and bottom of a part of the head about its middle."""
    rows, columns = np.nonzero(grey > 60)
    row, column = rows.mean() + random.integers(-6, 7), columns.mean()
    down, across = share * np.ptp(rows) / 2.0, share * np.ptp(columns) / 2.0
    return (
        round(column - across),
        round(row - down),
        round(column + across),
        round(row + down),
    )


def drawn(
    stroke: Callable[[ImageDraw.ImageDraw, Spot], None], share: float
) -> Alteration:
    """Draw something about the middle of the head."""

    def alter(grey: Grey, random: np.random.Generator) -> Grey:
        picture = Image.fromarray(grey)
        stroke(ImageDraw.Draw(picture), spot_of(grey, share, random))
        return np.asarray(picture)

    return alter


def disc(level: int, share: float = 0.3) -> Alteration:
    """Cover a part with an ellipse of one grey level."""
    return drawn(lambda pen, spot: pen.ellipse(spot, fill=level), share)


def circle(level: int, share: float = 0.35) -> Alteration:
    """Mark a part with a line around it."""
    return drawn(lambda pen, spot: pen.ellipse(spot, outline=level, width=2), share)


def cross(level: int, share: float = 0.6) -> Alteration:
    """Cross out the middle."""

    def stroke(pen: ImageDraw.ImageDraw, spot: Spot) -> None:
        left, top, right, bottom = spot
        pen.line((left, top, right, bottom), fill=level, width=3)
        pen.line((left, bottom, right, top), fill=level, width=3)

    return drawn(stroke, share)


def small_boxes(grey: Grey, random: np.random.Generator) -> Grey:
    """Cover three small parts with black boxes."""
    result = grey
    for number in range(3):
        left, top, right, bottom = spot_of(grey, 0.1, random)
        shift = (number - 1) * int(random.integers(18, 26))
        result = np.array(result)
        result[top:bottom, left + shift : right + shift] = 0
    return result


def replaced(
    make: Callable[[Image.Image, np.random.Generator], Image.Image], share: float
) -> Alteration:
    """Replace a box about the middle by something made of what it shows."""

    def alter(grey: Grey, random: np.random.Generator) -> Grey:
        picture, spot = Image.fromarray(grey), spot_of(grey, share, random)
        picture.paste(make(picture.crop(spot), random), spot)
        return np.asarray(picture)

    return alter


def coarse(part: Image.Image, _random: np.random.Generator) -> Image.Image:
    """Show a part in 3 x 3 large pixels."""
    return part.resize((3, 3)).resize(part.size, Image.Resampling.NEAREST)


def smooth(part: Image.Image, _random: np.random.Generator) -> Image.Image:
    """Blur a part until nothing is seen."""
    return part.filter(ImageFilter.GaussianBlur(8))


def random_pixels(part: Image.Image, random: np.random.Generator) -> Image.Image:
    """Replace a part by noise."""
    values: Grey = random.integers(0, 256, part.size[::-1], np.uint8)
    return Image.fromarray(values)
