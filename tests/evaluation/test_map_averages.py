"""Averages of maps are over other people, each weighing the same."""

import numpy as np
import pytest

from alzer.classes import CLASS_NAMES
from alzer.evaluation.audit import Candidate
from alzer.evaluation.map_averages import average_maps, whole_average
from alzer.model.evidence import SliceEvidence
from alzer.model.geometry import Geometry
from planted import CELLS, STRIDE

WHOLE = Geometry(0.0, 0.0, (1.0, 1.0), (97, 81), (97, 81), cell_stride=STRIDE)


def slice_of(subject: str, value: float, network: str = "one") -> Candidate:
    maps = np.full((4, *CELLS), value, np.float32)
    logits, pixels = np.zeros(4, np.float32), np.zeros((97, 81), np.float32)
    evidence = SliceEvidence(logits, maps, pixels, WHOLE)
    return Candidate(subject, 0, 0, network, evidence)


PEOPLE = [slice_of("a", 1.0), slice_of("a", 3.0), slice_of("b", 6.0), slice_of("c", 10)]


def test_the_average_leaves_the_person_out() -> None:
    found = average_maps([*PEOPLE, slice_of("d", 50.0, "two")])

    assert {name: float(maps[0, 0, 0]) for name, maps in found["one"].items()} == {
        "a": 8.0, "b": 6.0, "c": 4.0
    }  # fmt: skip
    # The only person of a network has no others.
    assert "two" not in found


def test_the_whole_average_is_told_by_class() -> None:
    told = whole_average(PEOPLE)

    assert list(told) == list(CLASS_NAMES)
    assert np.shape(told[CLASS_NAMES[0]]) == CELLS
    assert told[CLASS_NAMES[3]][0][0] == pytest.approx(6.0)
