"""Settings become a service in one place."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from alzer.errors import DamagedBundle
from alzer.settings import Settings
from alzer.web.app import create_app
from alzer.wiring import build_service, start_model
from other_data import COVERAGE, PERSON_COVERAGE, write_other_bundle
from phantoms import as_dicom, as_png, draw_brain


def test_the_model_is_the_one_of_the_settings(bundle_path: Path) -> None:
    settings = Settings.model_validate({"model": bundle_path, "engine": "onnxruntime"})
    model = start_model(settings)

    assert model.identity.name == "tiny"
    assert model.identity.engine == "onnxruntime"


def test_a_bundle_that_is_not_there_is_a_foreseen_failure(tmp_path: Path) -> None:
    with pytest.raises(DamagedBundle):
        start_model(Settings.model_validate({"model": tmp_path}))


def test_a_service_that_settings_describe_answers(
    bundle_path: Path, tmp_path: Path
) -> None:
    settings = Settings.model_validate(
        {
            "model": bundle_path,
            "engine": "onnxruntime",
            "data_dir": tmp_path,
            "allowed_hosts": "testserver",
        }
    )
    parts = build_service(settings)
    with TestClient(create_app(parts)) as client:
        answers = [
            client.post("/predict", files={"file": content}).json()
            for content in (as_png(draw_brain()), as_dicom(draw_brain()))
        ]

    assert [answer["model"]["engine"] for answer in answers] == ["onnxruntime"] * 2
    assert parts.backend.capacity.taken == 0
    assert (tmp_path / "alzer.db").exists()


def test_what_is_told_of_the_model_is_what_its_card_says(tmp_path: Path) -> None:
    bundle = write_other_bundle(tmp_path / "bundle", moderate=5)
    settings = Settings.model_validate(
        {"model": bundle, "engine": "onnxruntime", "data_dir": tmp_path}
    )

    facts = build_service(settings).backend.facts

    assert facts.class_mix["Moderate Impairment"] == 5 / (60 + 50 + 45 + 5)
    assert sum(facts.class_mix.values()) == pytest.approx(1.0)
    assert facts.decision.coverage == COVERAGE
    assert facts.person.coverage == PERSON_COVERAGE
    assert facts.decision.unchecked == facts.person.unchecked == (3,)
