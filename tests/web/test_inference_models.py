"""Which models there are by which names."""

from dataclasses import replace

import pytest

from alzer.backends.backend import ModelFacts, facts_of
from alzer.errors import NoSuchModel
from alzer.model.engine import Model
from alzer.web.inference_models import find_model, infer_paths


def test_a_strange_name_becomes_one_for_addresses(model: Model) -> None:
    named = replace(model.identity, name="our model/2 é")
    facts = replace(facts_of(model), identity=named)

    assert find_model(facts, "our-model-2-", None).name == "our-model-2-"
    assert "/v2/models/our-model-2--scan/infer" in infer_paths(facts)


def test_without_a_known_model_there_is_none() -> None:
    assert infer_paths(ModelFacts()) == ()
    with pytest.raises(NoSuchModel, match="none"):
        find_model(ModelFacts(), "tiny", None)


def test_the_address_names_the_version_that_answers(model: Model) -> None:
    facts = facts_of(model)

    assert find_model(facts, "tiny", "7").versions == ["7"]
    with pytest.raises(NoSuchModel, match="tiny and tiny-scan"):
        find_model(facts, "tiny", "6")
