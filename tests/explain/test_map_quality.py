"""A verdict on a map says where in the picture its evidence lies."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.analysis import analyse
from alzer.explain.map_quality import (
    FOR_NO_IMPAIRMENT,
    LEAST_INSIDE,
    MOST_OUTSIDE,
    MapQuality,
    judge_map,
)
from alzer.model.engine import Model
from alzer.model.evidence import SliceEvidence
from alzer.model.geometry import Geometry
from phantoms import as_png, draw_brain, draw_phantom

Cells = Sequence[tuple[int, int]]

CENTRE: Cells = [(3, 2), (3, 3), (4, 2), (4, 3)]
CORNERS: Cells = [(0, 0), (0, 5), (6, 0), (6, 5)]
LEFT_EDGE: Cells = [(2, 1), (3, 1), (4, 1)]


def evidence(cells: Cells, level: float = 1.0) -> SliceEvidence:
    """Return a drawn brain whose first class is spoken for in these cells alone."""
    maps = np.full((4, 7, 6), -1.0, np.float32)
    for cell in cells:
        maps[(0, *cell)] = level
    pixels = draw_phantom((97, 81)).pixels.astype(np.float32)
    whole = Geometry(0.0, 0.0, (1.0, 1.0), (97, 81), (97, 81), cell_stride=16)
    return SliceEvidence(np.zeros(4, np.float32), maps, pixels, whole)


def judged(cells: Cells) -> MapQuality:
    found = judge_map([evidence(cells)], 0)
    assert found is not None
    return found


def test_evidence_in_the_middle_lies_inside_the_brain() -> None:
    found = judged(CENTRE)

    assert found.verdict == "inside the brain"
    assert found.inside > 0.95


def test_evidence_in_the_corners_is_not_to_be_relied_on() -> None:
    found = judged(CORNERS)

    assert found.verdict == "outside: do not rely on this"
    assert found.outside > 0.9


def test_evidence_along_the_edge_lies_partly_on_it() -> None:
    found = judged(LEFT_EDGE)

    assert found.verdict == "partly on the edge"
    assert found.rim > 0.25


def test_evidence_that_is_spread_evenly_knows_no_brain() -> None:
    everywhere = [(row, column) for row in range(7) for column in range(6)]
    found = judged(everywhere)

    assert found.half_area == pytest.approx(0.5, abs=0.001)
    assert found.verdict != "inside the brain"


def test_the_less_room_half_of_it_takes_the_more_concentrated_it_is() -> None:
    assert judged(CENTRE[:1]).half_area < judged(CENTRE).half_area < 0.25


@pytest.mark.parametrize("cells", [CENTRE, CORNERS, LEFT_EDGE])
def test_the_shares_are_of_all_there_is(cells: Cells) -> None:
    found = judged(cells)

    assert found.inside + found.rim + found.outside == pytest.approx(1.0)


def test_of_a_person_all_slices_count_by_what_they_say() -> None:
    quiet, loud = evidence(CORNERS, 0.1), evidence(CENTRE, 3.0)

    found = judge_map([quiet, loud], 0)

    assert found is not None
    assert found.verdict == "inside the brain"
    reverse = judge_map([evidence(CORNERS, 3.0), evidence(CENTRE, 0.1)], 0)
    assert reverse is not None
    assert reverse.verdict == "outside: do not rely on this"


def test_a_map_that_speaks_for_nothing_has_no_verdict() -> None:
    assert judge_map([evidence(CENTRE)], 1) is None
    assert judge_map([], 0) is None


def test_a_picture_without_a_head_has_no_verdict() -> None:
    one = evidence(CENTRE)
    one.pixels[:] = 0.5

    assert judge_map([one], 0) is None


def test_what_red_means_is_said_where_it_speaks_against_impairment() -> None:
    one = judge_map([evidence(CENTRE)], 0)
    assert one is not None

    assert one.note == FOR_NO_IMPAIRMENT
    assert "No Impairment" in one.text
    assert MapQuality(2, 0.8, 0.1, 0.1, 0.2).note is None


@pytest.mark.parametrize(
    ("inside", "outside", "verdict"),
    [
        (LEAST_INSIDE, 0.0, "inside the brain"),
        (LEAST_INSIDE - 0.01, 0.0, "partly on the edge"),
        (LEAST_INSIDE, MOST_OUTSIDE, "inside the brain"),
        (LEAST_INSIDE, MOST_OUTSIDE + 0.01, "outside: do not rely on this"),
    ],
)
def test_the_limits_part_the_verdicts(
    inside: float, outside: float, verdict: str
) -> None:
    found = MapQuality(1, inside, 1.0 - inside - outside, outside, 0.2)

    assert found.verdict == verdict


def test_the_sentence_tells_the_numbers() -> None:
    text = MapQuality(2, 0.74, 0.22, 0.04, 0.19).text

    assert text == (
        "Of what spoke for 'Mild Impairment', 74% lies inside the brain, 22% on its "
        "rim and 4% outside; half of it lies in 19% of the picture."
    )


def mirrored(pixels: NDArray[np.float64]) -> bytes:
    return as_png(pixels[:, ::-1])


def test_an_analysis_tells_where_its_own_evidence_lies(resnet_model: Model) -> None:
    pixels = draw_brain()
    one = analyse(as_png(pixels), resnet_model)
    other = analyse(mirrored(pixels), resnet_model)

    assert one.map_quality is not None
    assert other.map_quality is not None
    assert one.map_quality.label == one.label
    assert one.map_quality.inside == pytest.approx(other.map_quality.inside, abs=1e-6)
    assert one.evidence is not None
    assert one.map_quality == judge_map([one.evidence], one.label)
