"""What the observations say is what the analysis found."""

from dataclasses import replace

import pytest

from alzer.analysis import Analysis
from alzer.classes import CLASS_NAMES
from alzer.fhir_r4.codes import STRUCTURES, of_class
from alzer.fhir_r4.elements import DISCLAIMER
from alzer.model.bundle import load_bundle, shipped_bundle
from alzer.volume_fields import volume_fields
from fhir_r4.made import bundle_of, components, observation, of_type
from served import doubt

REASON = "The skull is still on: send the whole scan."


def test_probabilities_are_those_of_the_analysis(analysed: Analysis) -> None:
    found = components(observation(bundle_of(analysed), "class-probabilities"))

    assert len(found) == len(CLASS_NAMES)
    for name, probability in analysed.class_probabilities.items():
        told = found[of_class(name).code]["valueQuantity"]
        assert (told["value"], told["code"]) == (probability, "1")


def test_the_prediction_set_says_of_each_class_whether_it_is_in_it(
    analysed: Analysis,
) -> None:
    card = load_bundle(shipped_bundle()).card
    found = observation(bundle_of(analysed, card=card), "prediction-set")
    parts = components(found)

    assert analysed.possible_classes is not None
    assert found["valueCodeableConcept"]["text"] == analysed.headline.text
    for name in CLASS_NAMES[:-1]:
        held = parts[of_class(name).code]["valueBoolean"]
        assert held is (name in analysed.possible_classes)
    # Too few people had the last class to rule it out.
    assert "dataAbsentReason" in parts["moderate-impairment"]


@pytest.mark.parametrize("count", [1, 2])
def test_only_a_single_class_is_coded_as_the_answer(
    analysed: Analysis, count: int
) -> None:
    few = replace(analysed, possible_classes=CLASS_NAMES[:count])
    value = observation(bundle_of(few), "prediction-set")["valueCodeableConcept"]

    # Codes of one concept mean the same: alternatives are no codes of one.
    assert ("coding" in value) is (count == 1)


def test_an_answer_that_is_not_reliable_has_a_reason_and_no_numbers(
    analysed: Analysis,
) -> None:
    bundle = bundle_of(doubt(analysed, REASON))
    sets = observation(bundle, "prediction-set")
    shares = components(observation(bundle, "class-probabilities"))
    reliability = observation(bundle, "reliability")

    assert "valueCodeableConcept" not in sets
    assert "component" not in sets
    assert sets["dataAbsentReason"]["text"] == REASON
    for part in shares.values():
        assert "valueQuantity" not in part
        assert part["dataAbsentReason"]["text"] == REASON
    assert reliability["valueBoolean"] is False
    assert reliability["note"][0]["text"] == REASON


def test_a_model_that_can_not_tell_says_so(analysed: Analysis) -> None:
    unsure = replace(analysed, reliable=None, possible_classes=None)
    bundle = bundle_of(unsure)

    for code in ("reliability", "prediction-set"):
        reason = observation(bundle, code)["dataAbsentReason"]
        assert reason["coding"][0]["code"] == "unsupported"


def test_the_second_opinion_comes_with_its_caveat(analysed: Analysis) -> None:
    opinion = analysed.second_opinion
    assert opinion is not None
    found = observation(bundle_of(analysed), "csf-opinion")
    parts, notes = components(found), [note["text"] for note in found["note"]]

    fluid = parts["csf-share"]["valueQuantity"]
    assert (fluid["value"], fluid["code"]) == (opinion.csf_percent, "%")
    probability = parts["impairment-probability"]["valueQuantity"]
    assert probability["value"] == opinion.impairment_probability
    assert notes[:2] == [opinion.text, opinion.caveat]


@pytest.mark.parametrize("agrees", [True, False, None])
def test_whether_the_two_agree_is_said_as_far_as_it_can_be(
    analysed: Analysis,
    agrees: bool | None,  # noqa: FBT001 - of the table
) -> None:
    opinion = analysed.second_opinion
    assert opinion is not None
    changed = replace(analysed, second_opinion=replace(opinion, agrees=agrees))
    found = components(observation(bundle_of(changed), "csf-opinion"))
    part = found["opinions-agree"]

    assert part.get("valueBoolean") is agrees
    assert ("dataAbsentReason" in part) is (agrees is None)


def test_a_whole_head_is_measured_in_millilitres(head: Analysis) -> None:
    bundle, fields = bundle_of(head), volume_fields(head)["measurements"]
    brain = observation(bundle, "brain-volume")

    assert brain["valueQuantity"]["value"] == fields["brain_ml"]
    for name, one in fields["structures"].items():
        text = f"Volume: {name}, left and right together"
        found = observation(bundle, "structure-volume", text)
        assert found["valueQuantity"]["value"] == one["ml"]
        assert found["valueQuantity"]["code"] == "mL"
        part = components(found)["structure-share"]["valueQuantity"]
        assert (part["value"], part["code"]) == (one["share"], "1")
        if name in STRUCTURES:
            assert found["bodySite"]["coding"][0]["code"] == STRUCTURES[name].code
        else:
            assert found["bodySite"] == {"text": name}
        assert found["note"][0]["text"] == fields["caveats"][0]


def test_how_a_head_was_prepared_is_told(head: Analysis) -> None:
    fields = volume_fields(head)["preparation"]
    found = observation(bundle_of(head), "preparation")
    parts = components(found)

    verdict = found["valueCodeableConcept"]["coding"][0]["code"]
    assert verdict == f"preparation-{fields['quality']}"
    told = parts["rotation"]["valueQuantity"]
    assert (told["value"], told["code"]) == (fields["rotation_degrees"], "deg")
    similarity = parts["registration-similarity"]["valueQuantity"]["value"]
    assert similarity == fields["registration_similarity"]
    assert parts["scale"]["valueQuantity"]["value"] == fields["scale"]


def test_a_slice_has_no_measurements(analysed: Analysis) -> None:
    codes = {
        one["code"]["coding"][0]["code"]
        for one in of_type(bundle_of(analysed), "Observation")
    }

    assert not codes & {"brain-volume", "structure-volume", "preparation"}


def test_every_observation_says_what_it_is_not(head: Analysis) -> None:
    for one in of_type(bundle_of(head), "Observation"):
        assert one["status"] == "preliminary"
        assert one["note"][-1]["text"] == DISCLAIMER


def test_warnings_are_told_with_the_answer(analysed: Analysis) -> None:
    warned = replace(analysed, warnings=("The scan was drawn.",))
    found = observation(bundle_of(warned), "prediction-set")

    assert "The scan was drawn." in [note["text"] for note in found["note"]]
