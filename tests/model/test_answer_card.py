"""What a card tells readers of answers is read as it stands, or there is nothing."""

import json
from pathlib import Path

import pytest

from alzer.errors import DamagedBundle
from alzer.model.answer_facts import AnswerFacts
from alzer.model.bundle import CARD_FILE, load_bundle, shipped_bundle
from bundles import write_bundle

AUC = {"value": 0.8, "low": 0.7, "high": 0.9}
NOBODY = {"value": None, "low": None, "high": None}
GROUP = {"people": 40, "impaired": 0, "auc": AUC, "missed": NOBODY, "ece": 0.02}
RANGE = {"from": 0.2, "to": 0.4, "people": 21, "given": 0.3, "rated": AUC}


def test_the_figures_of_the_model_that_ships_are_those_of_its_card() -> None:
    card = json.loads((shipped_bundle() / CARD_FILE).read_text("utf-8"))
    facts = load_bundle(shipped_bundle()).answer_facts

    for unit, found in (("slice", facts.slice), ("person", facts.person)):
        older, everyone = found.groups
        assert older.group == "people of 60 and over"
        for group, name in ((older, "age_60_and_over"), (everyone, "everyone")):
            told = card["answers"][unit][name]
            assert group.people == told["people"]
            assert group.auc is not None
            assert group.auc.value == told["auc"]["value"]
            assert group.missed is not None
            assert group.missed.high == told["missed"]["high"]
        for name, ranges in found.classes.items():
            told = card["answers"][unit]["classes"][name]
            assert [each.low for each in ranges] == [each["from"] for each in told]
    assert list(facts.limitations) == card["limitations"]


def test_what_could_not_be_measured_is_not_known(tmp_path: Path) -> None:
    answers = {"slice": {"everyone": GROUP, "classes": {"No Impairment": [RANGE]}}}
    facts = load_bundle(write_bundle(tmp_path, answers=answers)).answer_facts

    (group,) = facts.slice.groups
    assert group.group == "everyone"
    assert group.missed is group.called_impaired is None
    assert group.auc is not None
    (found,) = facts.slice.classes["No Impairment"]
    assert (found.low, found.high, found.people) == (0.2, 0.4, 21)
    assert facts.person.groups == ()


def test_a_card_without_the_section_tells_nothing(tmp_path: Path) -> None:
    assert load_bundle(write_bundle(tmp_path)).answer_facts == AnswerFacts()


def test_a_section_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    wrong = {"slice": {"everyone": {**GROUP, "ece": 3.0}}}

    with pytest.raises(DamagedBundle, match="answers"):
        load_bundle(write_bundle(tmp_path, answers=wrong))


def test_how_often_maps_were_confirmed_is_that_of_the_card(tmp_path: Path) -> None:
    card = json.loads((shipped_bundle() / CARD_FILE).read_text("utf-8"))
    found = load_bundle(shipped_bundle()).answer_facts.confirmed_maps

    assert found is not None
    assert found.people == card["map_check"]["people"]
    assert vars(found.share) == card["map_check"]["shares"]["badge"]
    nothing = {"people": 3, "shares": {"badge": NOBODY}}
    unknown = load_bundle(write_bundle(tmp_path, map_check=nothing))
    assert unknown.answer_facts.confirmed_maps is None
