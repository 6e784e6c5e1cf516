"""The heatmap of an answer: which slice shows it, and how it is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.analysed_slice import AnalysedSlice
from alzer.classes import CLASS_NAMES
from alzer.explain.overlay import blend, encode_png
from alzer.stopwatch import Stopwatch


@dataclass(frozen=True)
class Explanation:
    """What shows on what an answer rests.

    Attributes:
        heat: Grad-CAM of a class on the slice's own pixels, shape (row, column),
            0 to 1; None if no region speaks for the class.
        overlay_png: The heat over the slice; None likewise.
        missing_reason: Why there is none; None if there is one.
    """

    heat: NDArray[np.float32] | None
    overlay_png: bytes | None
    missing_reason: str | None


def explain(shown: AnalysedSlice, label: int, stopwatch: Stopwatch) -> Explanation:
    """Draw the heat of a class over a slice.

    Args:
        shown: The slice.
        label: Index of the class.
        stopwatch: Is told the stages explain and encode.

    Returns:
        The heatmap, or why there is none.
    """
    stopwatch.restart()
    heat = shown.heat(label)
    stopwatch.lap("explain")
    overlay = None if heat is None else _draw(shown, heat)
    stopwatch.lap("encode")
    if heat is None:
        return Explanation(None, None, _no_heat(label))
    return Explanation(shown.view.to_file(heat), overlay, None)


def choose_leading(slices: Sequence[AnalysedSlice], label: int) -> int:
    """Choose the slice that says most of a class.

    Args:
        slices: At least one.
        label: Index of the class.

    Returns:
        Index of the slice with the highest probability of the class, among those that
        count, can be relied on and have a region that speaks for it, as far as there
        are such slices.
    """

    def rank(index: int) -> tuple[bool, bool, bool, float]:
        one = slices[index]
        return (
            one.counted,
            one.strongest(label) > 0.0,
            one.conclusion.reliable is not False,
            one.conclusion.probabilities[label],
        )

    return max(range(len(slices)), key=rank)


def _draw(shown: AnalysedSlice, heat: NDArray[np.float32]) -> bytes:
    seen = np.clip(shown.view.for_display(heat), 0.0, 1.0)
    return encode_png(blend(shown.picture, seen))


def _no_heat(label: int) -> str:
    return (
        f"No region of the image spoke for '{CLASS_NAMES[label]}': "
        "it was the least unlikely class, so there is no heat to show."
    )
