"""The picture of a Secondary Capture: original and overlay, words and legend."""

import io
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from alzer.dicom_out.equipment import NOT_FOR_DIAGNOSIS
from alzer.dicom_out.scene import Scene
from alzer.explain.map_legend import TISSUE_GREY
from alzer.explain.overlay import blend
from alzer.reports.pictures import draw_pictures
from alzer.reports.report import HEATMAP_LIMIT, Picture

# Pixels: of the pictures' height, and around everything.
_PANEL: Final = 560
_MARGIN: Final = 24
_LEAST_WIDTH: Final = 900

_LARGE, _MEDIUM, _SMALL = 30, 26, 20
_STEP: Final = 8

_INK: Final = "#ffffff"
_WARNING: Final = "#ffd24a"

# 'Critical', the page's word for red, names a finding that needs a call in radiology.
_LEVELS: Final = ("low", "moderate", "high", "highest")

_NOTICE: Final = (
    f"{NOT_FOR_DIAGNOSIS}. Research and education software; not a medical device."
)
_SCALE: Final = "Heat in this picture, from none to its own maximum"

# Pillow's own font has these alone.
_PLAIN: Final = str.maketrans({"\N{MINUS SIGN}": "-", "\N{DEGREE SIGN}": " deg"})

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw_capture(scene: Scene) -> NDArray[np.uint8]:
    """Draw what a person sees of an analysis, without a word of who it is.

    Args:
        scene: What is known of it.

    Returns:
        shape (row, column, channel = red, green, blue), 0 to 255.
    """
    shown = draw_pictures(scene.told, scene.label, with_heatmap=not scene.is_withheld)
    panels = [_panel(scene, one) for one in shown]
    has_heat = any(one.is_heatmap for one in shown)
    below = [_legend()] if has_heat else []
    wide = sum(one.width for one in panels) + _MARGIN * max(0, len(panels) - 1)
    wide = max(wide, _LEAST_WIDTH)
    blocks = [
        _text([_NOTICE], _MEDIUM, wide, _WARNING),
        _text(_headline(scene), _LARGE, wide, _INK),
        _beside(panels, wide),
        *below,
        _text(_footer(scene, has_heat=has_heat), _SMALL, wide, _INK),
    ]
    return np.asarray(_under(blocks, wide))


def _headline(scene: Scene) -> Iterator[str]:
    answer = scene.told.answer
    about = "this person" if scene.told.is_head else "this slice"
    yield f"Result of the model for {about}: {answer.get('headline')}"
    if reason := answer.get("unreliable_reason"):
        yield str(reason)


def _footer(scene: Scene, *, has_heat: bool) -> Iterator[str]:
    if has_heat:
        yield f"Explains '{scene.prediction}'. {HEATMAP_LIMIT}"
    elif not scene.is_withheld:
        yield str(scene.told.answer.get("heatmap_missing_reason") or "No heatmap.")
    model = scene.told.model
    yield f"Model {model.get('name', '?')} {model.get('version', '?')}, alzer."


def _panel(scene: Scene, picture: Picture) -> Image.Image:
    """Return a picture at its size, with its title and the letters of its sides."""
    with Image.open(io.BytesIO(picture.png)) as opened:
        image = opened.convert("RGB")
    width = round(image.width * _PANEL / image.height)
    image = image.resize((width, _PANEL), Image.Resampling.BICUBIC)
    _write_edges(image, scene)
    font = _font(_SMALL)
    title = Image.new("RGB", (width, _PANEL + _SMALL + 2 * _STEP))
    title.paste(image, (0, _SMALL + 2 * _STEP))
    ImageDraw.Draw(title).text(
        (width / 2, _STEP), picture.title, _INK, font, anchor="ma"
    )
    return title


def _write_edges(image: Image.Image, scene: Scene) -> None:
    draw, font, edges = ImageDraw.Draw(image), _font(_LARGE), scene.known_edges
    wide, high = image.size
    for letter, place, anchor in (
        (edges["top"], (wide / 2, _STEP), "ma"),
        (edges["bottom"], (wide / 2, high - _STEP), "md"),
        (edges["left"], (_STEP, high / 2), "lm"),
        (edges["right"], (wide - _STEP, high / 2), "rm"),
    ):
        if letter is not None:
            draw.text(place, letter, _INK, font, anchor, stroke_width=2, stroke_fill=0)


def _legend() -> Image.Image:
    """Draw the colours as they look over grey tissue, with words below."""
    wide, high = 512, 22
    ramp = np.linspace(0.0, 1.0, wide, dtype=np.float32)[np.newaxis].repeat(high, 0)
    bar = blend(np.full(ramp.shape, TISSUE_GREY, np.uint8), ramp)
    font = _font(_SMALL)
    legend = Image.new("RGB", (wide, high + 2 * (_SMALL + _STEP)))
    draw = ImageDraw.Draw(legend)
    draw.text((wide / 2, 0), _SCALE, _INK, font, anchor="ma")
    legend.paste(Image.fromarray(bar), (0, _SMALL + _STEP))
    for index, word in enumerate(_LEVELS):
        place = (
            wide * (2 * index + 1) / (2 * len(_LEVELS)),
            high + _SMALL + 1.5 * _STEP,
        )
        draw.text(place, word, _INK, font, anchor="ma")
    return legend


def _beside(panels: Sequence[Image.Image], wide: int) -> Image.Image:
    high = max((one.height for one in panels), default=0)
    row = Image.new("RGB", (wide, high))
    used = sum(one.width for one in panels) + _MARGIN * max(0, len(panels) - 1)
    left = (wide - used) // 2
    for one in panels:
        row.paste(one, (left, 0))
        left += one.width + _MARGIN
    return row


def _under(blocks: Sequence[Image.Image], wide: int) -> Image.Image:
    high = sum(one.height + _STEP for one in blocks) + 2 * _MARGIN
    page = Image.new("RGB", (wide + 2 * _MARGIN, high))
    top = _MARGIN
    for one in blocks:
        page.paste(one, (_MARGIN + (wide - one.width) // 2, top))
        top += one.height + _STEP
    return page


def _text(
    paragraphs: Sequence[str] | Iterator[str], size: int, wide: int, ink: str
) -> Image.Image:
    font = _font(size)
    lines = [line for text in paragraphs for line in _wrap(text, font, wide)]
    block = Image.new("RGB", (wide, max(1, len(lines) * (size + _STEP))))
    draw = ImageDraw.Draw(block)
    for index, line in enumerate(lines):
        place = (wide / 2, index * (size + _STEP))
        draw.text(place, line, ink, font, anchor="ma")
    return block


def _font(size: int) -> _Font:
    return ImageFont.load_default(size)


def _wrap(text: str, font: _Font, wide: float) -> Iterator[str]:
    line = ""
    for word in text.translate(_PLAIN).split():
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > wide:
            yield line
            longer = word
        line = longer
    yield line
