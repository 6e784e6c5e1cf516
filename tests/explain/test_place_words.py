"""The words for a place are those of the picture, and come from the numbers."""

from dataclasses import replace

import numpy as np
import pytest

from alzer.classes import CLASS_NAMES
from alzer.explain.methods import METHODS, method_named
from alzer.explain.place_words import Place, describe_place, locate_evidence
from alzer.explain.slice_maps import SliceMaps
from alzer.model.evidence import SliceEvidence
from alzer.model.geometry import Geometry
from phantoms import draw_phantom

SHAPE = (97, 81)
EVENLY = [(row, column) for row in range(7) for column in range(6)]
PARTS = {
    "upper left quarter": [(1, 1)],
    "upper right quarter": [(1, 4)],
    "lower left quarter": [(5, 1)],
    "lower right quarter": [(5, 4)],
    "left half": [(1, 1), (5, 1)],
    "right half": [(1, 4), (5, 4)],
    "upper half": [(1, 1), (1, 4)],
    "lower half": [(5, 1), (5, 4)],
    "middle": [(3, 2), (3, 3)],
}


def maps_with(
    cells: list[tuple[int, int]], geometry: Geometry | None = None
) -> SliceMaps:
    """Return a drawn brain whose second class is spoken for in these cells alone."""
    maps = np.full((4, 7, 6), -1.0, np.float32)
    for cell in cells:
        maps[(1, *cell)] = 2.0
    pixels = draw_phantom(SHAPE).pixels.astype(np.float32)
    whole = Geometry(0.0, 0.0, (1.0, 1.0), SHAPE, SHAPE, cell_stride=16)
    zeros = np.zeros(4, np.float32)
    return SliceMaps(SliceEvidence(zeros, maps, pixels, geometry or whole))


def words(maps: SliceMaps, method: str = "grad-cam", label: int = 1) -> str | None:
    return describe_place(maps, method_named(method), label)


@pytest.mark.parametrize("method", [method.name for method in METHODS])
@pytest.mark.parametrize("part", PARTS)
def test_what_lies_in_one_part_is_said_to_lie_there(part: str, method: str) -> None:
    told = words(maps_with(PARTS[part]), method)

    assert told is not None
    assert f"What spoke for '{CLASS_NAMES[1]}' lies mostly in the {part} " in told


def test_what_is_spread_evenly_is_said_to_lie_nowhere_in_particular() -> None:
    told = words(maps_with(EVENLY))

    assert told is not None
    assert "in no part of the head more than in the rest" in told


@pytest.mark.parametrize("part", PARTS)
def test_a_picture_of_a_turned_input_has_the_opposite_words(part: str) -> None:
    turned = Geometry(0.0, 0.0, (1.0, 1.0), SHAPE, SHAPE, turned=True, cell_stride=16)
    told = words(maps_with(PARTS[part], turned))
    swapped = str.maketrans({"\1": "left", "\2": "right", "\3": "upper", "\4": "lower"})
    opposite = (
        part.replace("left", "\2")
        .replace("right", "\1")
        .replace("upper", "\4")
        .replace("lower", "\3")
        .translate(swapped)
    )

    assert told is not None
    assert f"mostly in the {opposite} " in told


def test_the_quarters_are_those_of_the_head_wherever_it_lies_in_the_picture() -> None:
    # The head fills the lower right corner of a picture that is three times as large.
    corner = Geometry(194.0, 162.0, (1.0, 1.0), SHAPE, (291, 243), cell_stride=16)
    cells = PARTS["upper left quarter"]
    told = words(maps_with(cells, corner))

    assert told == words(maps_with(cells))


def test_the_shares_are_of_all_there_is() -> None:
    maps = maps_with([(1, 1), (3, 3), (5, 4)])
    found = locate_evidence(maps, maps.evidence.maps[1])

    assert found is not None
    assert sum(found.quarters) == pytest.approx(1.0)
    assert 0.0 < found.middle < 1.0


def test_what_speaks_against_a_class_does_not_count() -> None:
    maps = maps_with(PARTS["middle"])
    stronger = replace(maps.evidence, maps=maps.evidence.maps * 1.0)
    stronger.maps[1, 0, 0] = -50.0

    assert words(replace(maps, evidence=stronger)) == words(maps)


def test_nothing_is_said_where_nothing_speaks_for_the_class() -> None:
    assert words(maps_with([]), label=1) is None


def test_no_anatomy_is_named() -> None:
    told = words(maps_with(PARTS["left half"])) or ""

    assert "Left and right are those of the picture, not of the person." in told
    for region in ("lobe", "cortex", "ventricle", "hemisphere", "hippocampus"):
        assert region not in told


def test_the_numbers_are_in_the_words() -> None:
    place = Place((0.41, 0.2, 0.27, 0.12), 0.3)

    assert place.numbers == (
        "upper left 41%, upper right 20%, lower left 27%, lower right 12%; "
        "30% lies in the middle"
    )
    assert place.gist == "mostly in the left half of the head"
