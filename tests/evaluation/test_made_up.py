"""Every kind of picture that no model should answer is what its name says."""

import numpy as np
import pytest

from alzer.errors import UnusableScan
from alzer.evaluation.made_up import MADE_UP
from alzer.scans.orientation import StandardView
from alzer.scans.outline import head_mask, locate
from alzer.scans.plausibility import examine
from phantoms import as_bytes, draw_brain

BRAIN = as_bytes(draw_brain())
HEAD = head_mask(BRAIN.astype(np.float32))


def made(kind: str, seed: int = 0) -> np.ndarray:
    return MADE_UP[kind](BRAIN, np.random.default_rng(seed))


def aspect_of(pixels: np.ndarray) -> float:
    return locate(StandardView(pixels.astype(np.float32))).outline.aspect


def passes(pixels: np.ndarray) -> bool:
    try:
        return not examine(StandardView(pixels.astype(np.float32))).doubts
    except UnusableScan:
        return False


@pytest.mark.parametrize("kind", MADE_UP)
def test_a_kind_is_always_the_same_and_leaves_the_slice_alone(kind: str) -> None:
    before = BRAIN.copy()

    one, other = made(kind), made(kind)

    assert one.dtype == np.uint8
    assert np.array_equal(one, other)
    assert np.array_equal(BRAIN, before)
    assert one.shape != BRAIN.shape or not np.array_equal(one, BRAIN)


@pytest.mark.parametrize(
    ("kind", "factor"),
    [("narrower by 20 %", 0.8), ("wider by 10 %", 1.1), ("wider by 20 %", 1.2)],
)
def test_stretching_changes_the_head_by_its_factor(kind: str, factor: float) -> None:
    assert aspect_of(made(kind)) == pytest.approx(factor * aspect_of(BRAIN), rel=0.02)


@pytest.mark.parametrize(
    "kind", ["black box", "white box", "three small black boxes", "grey ellipse"]
)
@pytest.mark.parametrize("seed", range(5))
def test_boxes_lie_over_the_head_and_have_one_level(kind: str, seed: int) -> None:
    changed = (made(kind, seed) != BRAIN) & HEAD

    assert 0.003 < changed.sum() / HEAD.sum() < 0.45
    assert len(np.unique(made(kind, seed)[changed])) == 1


@pytest.mark.parametrize("kind", [kind for kind in MADE_UP if "box" in kind])
@pytest.mark.parametrize("seed", range(8))
def test_no_box_passes_the_checks(kind: str, seed: int) -> None:
    assert not passes(made(kind, seed))
    assert passes(BRAIN)


def test_drawings_have_few_levels() -> None:
    assert len(np.unique(made("drawing with flat areas"))) <= 4
    assert set(np.unique(made("line drawing"))) == {0, 255}
