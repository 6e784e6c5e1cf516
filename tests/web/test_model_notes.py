"""What stands beside answers is of the kind of scan that was answered."""

from pathlib import Path

from fastapi.testclient import TestClient

from alzer.backends.backend import ModelFacts
from alzer.model.answer_facts import (
    AnswerFacts,
    AnswerFigures,
    GroupFigures,
    Measured,
    RatedShare,
)
from alzer.model.decision import Decision
from alzer.model.engine import Model
from alzer.web.model_notes import describe_model
from served import app_with


def test_slices_and_people_have_figures_of_their_own() -> None:
    alone = AnswerFigures((GroupFigures("everyone", 9, 4),))
    whole = AnswerFigures((GroupFigures("everyone", 8, 3),))
    facts = ModelFacts(answers=AnswerFacts(slice=alone, person=whole))

    notes = describe_model(facts)

    assert notes["slice"].figures == alone
    assert notes["volume"].figures == whole


def test_shares_are_told_in_whole_percent() -> None:
    found = RatedShare(0.2, 0.4, 41, Measured(0.2951, 0.1676, 0.452))
    slices = AnswerFigures(classes={"No Impairment": (found,)})

    notes = describe_model(ModelFacts(answers=AnswerFacts(slice=slices)))

    assert notes["slice"].rated == {"No Impairment": [(20, 40, 41, 30, 17, 45)]}
    assert notes["volume"].rated == {}


def test_limits_are_told_by_the_kind_of_scan() -> None:
    decision = Decision(None, (0.2, 0.2, 0.1, None), 0.9, (40, 30, 20, 1))

    notes = describe_model(ModelFacts(decision=decision))

    assert "1 person" in notes["slice"].classes["Moderate Impairment"]
    assert notes["slice"].sets
    assert notes["volume"].sets == ""


def test_the_page_says_how_often_maps_of_people_held_out_were_confirmed(
    shipped_model: Model, tmp_path: Path
) -> None:
    found = shipped_model.answer_facts.confirmed_maps
    assert found is not None

    with TestClient(app_with(shipped_model, data_dir=tmp_path)) as client:
        page = " ".join(client.get("/assessment/mri-upload").text.split())

    assert (
        f"Of {found.people} people whom the model had never seen, "
        f"{100 * found.share.value:.0f} % had a map that the check confirmed"
    ) in page


def test_of_a_model_without_an_audit_nothing_is_said(
    client: TestClient,
) -> None:
    assert "map that the check confirmed" not in " ".join(
        client.get("/assessment/mri-upload").text.split()
    )
