"""The map of an answer can be checked from Python."""

from dataclasses import replace

import pytest

import alzer
from alzer.analysis import analyse
from alzer.errors import NoEvidence
from alzer.map_check import MapChecker, check_map
from alzer.model.engine import Model
from phantoms import as_png, draw_brain


def test_the_map_of_an_answer_is_checked(model: Model) -> None:
    analysis = analyse(as_png(draw_brain()), model)
    assert analysis.evidence is not None

    check = check_map(analysis, model)

    assert alzer.check_map is check_map
    assert check.label == analysis.label
    assert len(check.controls) == 15
    assert f"{check.beaten} of 15" in check.text
    assert MapChecker(model).check(analysis.evidence, analysis.label) == check


def test_where_nothing_speaks_for_the_class_there_is_nothing_to_check(
    model: Model,
) -> None:
    analysis = analyse(as_png(draw_brain()), model)
    assert analysis.evidence is not None
    silent = replace(analysis.evidence, maps=-abs(analysis.evidence.maps))
    shown = replace(analysis.shown, evidence=silent)

    with pytest.raises(NoEvidence, match="no map to check"):
        check_map(replace(analysis, slices=(shown,)), model)


def test_an_answer_without_its_maps_cannot_be_checked(model: Model) -> None:
    analysis = analyse(as_png(draw_brain()), model)

    with pytest.raises(NoEvidence, match="only the answer"):
        check_map(replace(analysis, slices=()), model)
