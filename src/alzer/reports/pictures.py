"""The pictures of a report, with words for those who can't see them."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from alzer.explain.methods import METHODS
from alzer.explain.overlay import blended_scan, encode_png, heat_colours, is_whole
from alzer.explain.place_words import describe_place
from alzer.reports.report import Picture
from alzer.reports.sources import Source

Grey = NDArray[np.uint8]

_ORIGINAL: Final = "Original MRI"
_SEEN: Final = "What the network saw of the scan"
_OVERLAY: Final = "Heatmap Overlay"


@dataclass(frozen=True)
class _Words:
    """What pictures show, for those who can't see them."""

    original: str
    seen: str
    overlay: str


_OF_SLICE: Final = _Words(
    "The slice, in greys, as it was read.",
    "The part of the slice that the network saw.",
    "The slice with the heatmap over it.",
)
_OF_HEAD: Final = _Words(
    "The slice of the head that says most of the most probable class, in greys, as it "
    "was read.",
    "The part of the slice that the network saw, of the one that says most of the most "
    "probable class.",
    "The slice of the head that says most of the most probable class, with the heatmap "
    "over it.",
)

# Columns of the legend's bar: as many as the table of colours has.
_BAR: Final = 256


def draw_pictures(source: Source, label: int, *, with_heatmap: bool) -> list[Picture]:
    """Draw the scan, and the heatmap over it.

    Args:
        source: Of the report.
        label: Index of the class that the heatmap is about.
        with_heatmap: Whether people may see it: not beside what can't be relied on.

    Returns:
        As many as there is something to show of, the scan first.
    """
    overlay = _read_overlay(source.overlay_png)
    pictures = list(_scan(source, overlay, label))
    if with_heatmap and overlay is not None and source.overlay_png is not None:
        words = _words(source, label)
        pictures.append(Picture(_OVERLAY, source.overlay_png, words, is_heatmap=True))
    return pictures


def legend_bar() -> bytes:
    """Draw all colours of the heatmap, from low to high, as a PNG."""
    ramp = np.linspace(0.0, 1.0, _BAR, dtype=np.float32)[np.newaxis, :]
    return encode_png(heat_colours(ramp))


def _scan(source: Source, overlay: Grey | None, label: int) -> Iterator[Picture]:
    """Draw the slice: as it was read where that can be told, else as it was seen."""
    evidence, leading = source.evidence, source.leading
    if evidence is None or leading is None or leading >= len(evidence.slices):
        return
    original = _original(overlay, evidence.heat(label, leading))
    if original is not None:
        yield Picture(_ORIGINAL, encode_png(original), _words_of(source).original)
        return
    seen = encode_png(evidence.maps(leading).seen)
    yield Picture(_SEEN, seen, _words_of(source).seen)


def _original(overlay: Grey | None, heat: NDArray[np.float32] | None) -> Grey | None:
    """Return the scan below the heat; None where that can't be told."""
    if overlay is None or heat is None:
        return None
    try:
        return blended_scan(overlay, heat)
    except ValueError:  # of another size, or of another class
        return None


def _words(source: Source, label: int) -> str:
    evidence, leading = source.evidence, source.leading
    beginning = _words_of(source).overlay
    if evidence is None or leading is None or leading >= len(evidence.slices):
        return beginning
    place = describe_place(evidence.maps(leading), METHODS[0], label)
    return f"{beginning} {place}" if place else beginning


def _words_of(source: Source) -> _Words:
    return _OF_HEAD if source.is_head else _OF_SLICE


def _read_overlay(png: bytes | None) -> Grey | None:
    """Return the overlay, shape (row, column, colour); None if it is not whole."""
    if png is None or not is_whole(png):
        return None
    try:
        with Image.open(io.BytesIO(png)) as picture:
            return np.asarray(picture.convert("RGB"), np.uint8)
    except (UnidentifiedImageError, OSError, ValueError):
        return None
