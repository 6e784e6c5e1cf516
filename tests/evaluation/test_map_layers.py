"""How alike maps stay is told per stage, with intervals over people."""

from dataclasses import replace

import numpy as np
import pytest

from alzer.evaluation.audit import Candidate
from alzer.evaluation.layout import as_markdown
from alzer.evaluation.map_check_sections import describe_map_layers
from alzer.evaluation.map_layers import likeness, summarise_layers
from alzer.evaluation.map_plots import draw_map_layers
from alzer.model.evidence import SliceEvidence
from alzer.model.geometry import Geometry
from planted import CELLS, STRIDE, MarkReader, brain, places_in, with_marks

READER = MarkReader()


def slice_of(seed: int) -> Candidate:
    plain = brain(seed)
    pixels = with_marks(plain, places_in(plain, 3, seed))
    found = READER(pixels[None, None])
    whole = Geometry(0.0, 0.0, (1.0, 1.0), (97, 81), (97, 81), cell_stride=STRIDE)
    evidence = SliceEvidence(found.logits[0], found.maps[0], pixels, whole)
    return Candidate(f"p{seed}", 0, seed % 2, "reader", evidence)


@pytest.fixture(scope="module")
def slices() -> list[Candidate]:
    return [slice_of(seed) for seed in range(8)]


def test_likeness_is_of_ranks(slices: list[Candidate]) -> None:
    same = np.stack([one.evidence.maps for one in slices]) ** 3
    noise = np.random.default_rng(0).normal(size=same.shape).astype(np.float32)

    assert likeness(slices, same) == pytest.approx(1.0)
    assert np.abs(likeness(slices, noise)).mean() < 0.4
    assert likeness(slices, -same) == pytest.approx(-1.0)


def test_a_map_that_is_the_same_everywhere_is_like_none(
    slices: list[Candidate],
) -> None:
    flat = np.ones((len(slices), 4, *CELLS), np.float32)

    alike = likeness(slices, flat)
    assert np.isnan(alike).all()
    assert summarise_layers(slices, {"fc": alike}, 20)["stages"]["fc"] == {
        "value": None, "low": None, "high": None
    }  # fmt: skip


def test_each_person_weighs_the_same(slices: list[Candidate]) -> None:
    first, second = slices[0], replace(slices[1], subject="b")
    rows = [first, second, second, second]

    told = summarise_layers(rows, {"fc": np.array([1.0, 0.0, 0.0, 0.0])}, 20)

    assert told["people"] == 2
    assert told["slices"] == 4
    assert told["stages"]["fc"]["value"] == 0.5


def test_the_stages_are_told_and_drawn_with_intervals(
    slices: list[Candidate],
) -> None:
    alike = np.linspace(0.2, 0.6, len(slices))

    figures = summarise_layers(slices, {"fc": alike, "layer4": alike - 0.2}, 200)

    first = figures["stages"]["fc"]
    assert 0.2 < first["low"] < first["value"] < first["high"] < 0.6
    words = as_markdown("", [describe_map_layers(figures)])
    assert f"| the last layer | 0.40 ({first['low']:.2f} to {first['high']:.2f}) |" in (
        words
    )
    assert "8 slices of 8 people" in words
    assert draw_map_layers(figures)["map-layers"][0].startswith("<svg")


def test_a_card_without_figures_says_how_to_get_them() -> None:
    words = as_markdown("", [describe_map_layers(None)])

    assert "--randomise-layers" in words
    assert draw_map_layers(None) == {}
