"""Which slice explains an answer, and how."""

from dataclasses import replace

import numpy as np
import pytest

from alzer.analysed_slice import AnalysedSlice
from alzer.analysis import analyse
from alzer.explanation import choose_leading, explain
from alzer.model.engine import Model
from alzer.stopwatch import Stopwatch
from phantoms import as_png, draw_brain


@pytest.fixture
def plain(model: Model) -> AnalysedSlice:
    return analyse(as_png(draw_brain()), model).shown


def like(
    plain: AnalysedSlice, share: float, *, reliable: bool = True, speaks: bool = True
) -> AnalysedSlice:
    """Return the slice with another probability of the first class."""
    rest = [(1.0 - share) / 3.0] * 3
    reason = None if reliable else "The skull is still on."
    concluded = replace(
        plain.conclusion,
        probabilities=(share, *rest),
        reliable=reliable,
        unreliable_reason=reason,
    )
    level = np.float32(1.0 if speaks else -1.0)
    maps = np.full_like(plain.evidence.maps, level)
    return replace(
        plain, conclusion=concluded, evidence=replace(plain.evidence, maps=maps)
    )


def test_the_slice_with_the_highest_probability_leads(plain: AnalysedSlice) -> None:
    slices = [like(plain, share) for share in (0.3, 0.8, 0.5)]

    assert choose_leading(slices, 0) == 1
    assert choose_leading(slices, 1) == 0


def test_slices_that_can_be_relied_on_come_first(plain: AnalysedSlice) -> None:
    odd = like(plain, 0.9, reliable=False)

    assert choose_leading([odd, like(plain, 0.4), like(plain, 0.5)], 0) == 2
    assert choose_leading([like(plain, 0.2, reliable=False), odd], 0) == 1


def test_a_slice_with_a_heatmap_leads_if_there_is_one(plain: AnalysedSlice) -> None:
    silent = like(plain, 0.9, speaks=False)

    assert choose_leading([silent, like(plain, 0.4)], 0) == 1
    assert choose_leading([silent, silent], 0) == 0


def test_both_stages_are_timed_and_a_silent_class_has_a_reason(
    plain: AnalysedSlice,
) -> None:
    stopwatch = Stopwatch()

    explanation = explain(like(plain, 0.9, speaks=False), 0, stopwatch)

    assert explanation.heat is None
    assert explanation.overlay_png is None
    assert "'No Impairment'" in str(explanation.missing_reason)
    assert set(stopwatch.timings_ms) == {"explain", "encode"}


def test_heat_lies_on_the_pixels_of_the_file(plain: AnalysedSlice) -> None:
    explanation = explain(like(plain, 0.9), 0, Stopwatch())

    assert explanation.heat is not None
    assert explanation.heat.shape == plain.scan.shape
    assert explanation.heat.max() == 1.0
    assert explanation.missing_reason is None
