"""What is told of a whole head, for every interface alike."""

import json
from dataclasses import replace
from typing import get_type_hints

import pytest

from alzer.analysis import analyse
from alzer.answer import Analysis
from alzer.classes import CLASS_NAMES
from alzer.cli.inputs import Input
from alzer.cli.records import describe
from alzer.cli.volume_records import keep_head
from alzer.cli.volumes import Head
from alzer.errors import InvalidRequest
from alzer.model.engine import Model
from alzer.person_analysis import standard_slices
from alzer.person_evidence import evidence_volume
from alzer.volume_fields import (
    PreparationFields,
    SliceFields,
    VolumeFields,
    volume_fields,
)
from slabs import GOOD, SLICES, straight_head


@pytest.fixture(scope="module")
def answer(model: Model) -> Analysis:
    doubtful = replace(GOOD, verdict="check", reasons=("The scan is noisy.",))
    return analyse(replace(straight_head(), quality=doubtful), model)


def test_the_fields_are_plain_and_complete(answer: Analysis) -> None:
    fields = volume_fields(answer)

    assert json.loads(json.dumps(fields, allow_nan=False)) == fields
    assert set(fields) == set(get_type_hints(VolumeFields))
    assert set(fields["preparation"]) == set(get_type_hints(PreparationFields))
    assert all(set(row) == set(get_type_hints(SliceFields)) for row in fields["slices"])


def test_each_standard_slice_has_its_row(answer: Analysis) -> None:
    rows = volume_fields(answer)["slices"]

    assert [row["index"] for row in rows] == list(range(SLICES))
    assert rows[3]["z_mm"] == pytest.approx(answer.slices[3].z_mm, abs=0.01)
    assert list(rows[0]["class_probabilities"]) == list(CLASS_NAMES)
    for row, one in zip(rows, answer.slices, strict=True):
        assert tuple(row["class_probabilities"].values()) == pytest.approx(
            one.conclusion.probabilities, abs=1e-6
        )
        assert row["reliable"] is one.conclusion.reliable


def test_the_verdict_comes_with_its_numbers(answer: Analysis) -> None:
    fields = volume_fields(answer)

    assert fields["preparation"] == {
        "quality": "check",
        "reasons": ["The scan is noisy."],
        "registration_similarity": 0.95,
        "brain_ml": 1234.6,
        "rotation_degrees": 3.0,
        "scale": 1.02,
    }
    assert fields["measurements"] == {"brain_ml": 1234.6}


def test_the_coarse_cell_is_told_with_the_evidence(answer: Analysis) -> None:
    told = volume_fields(answer)["evidence"]

    assert told["class"] == answer.prediction
    assert told["unit"] == "logit"
    assert told["cell_mm"] == pytest.approx(evidence_volume(answer).cell_mm, abs=0.05)


def test_a_record_of_a_head_is_one_of_a_slice_with_more(
    answer: Analysis, model: Model
) -> None:
    alone = analyse(standard_slices(straight_head())[0], model)

    of_head = keep_head(Input("scan"), Head(answer), None, [])
    of_slice = describe("scan", alone, None, None)

    assert list(of_head)[: len(of_slice)] == list(of_slice)
    assert {*of_slice, *volume_fields(answer)} <= {*of_head}
    assert (of_head["kind"], of_slice["kind"]) == ("volume", "slice")
    assert of_head["prediction"] == answer.prediction
    with pytest.raises(InvalidRequest, match="one slice"):
        volume_fields(alone)
