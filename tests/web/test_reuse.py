"""The same files are answered from their record, where the settings allow it."""

from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from alzer.model.engine import Model
from phantoms import as_png, draw_brain
from served import app_with
from web.test_access import make_token

BRAIN = draw_brain()


def predict(client: TestClient, content: bytes, **params: str) -> dict[str, Any]:
    response = client.post("/predict", files={"file": content}, params=params)
    answer: dict[str, Any] = response.json()
    assert response.status_code == 200
    return answer


def test_the_same_file_gets_the_same_answer_once(model: Model, tmp_path: Path) -> None:
    with TestClient(app_with(model, data_dir=tmp_path, reuse_answers=True)) as client:
        first, again = (predict(client, as_png(BRAIN)) for _ in range(2))
        other = predict(client, as_png(draw_brain(ventricle=0.2)))
        drawn = predict(client, as_png(BRAIN), layers="true")
        listed = client.get("/analyses").json()["analyses"]

    assert again == first
    assert other["analysis_id"] != first["analysis_id"]
    assert drawn["layers"] is not None
    assert len(listed) == 3


def test_a_deleted_analysis_is_made_anew(model: Model, tmp_path: Path) -> None:
    with TestClient(app_with(model, data_dir=tmp_path, reuse_answers=True)) as client:
        first = predict(client, as_png(BRAIN))
        client.delete(f"/analyses/{first['analysis_id']}")
        again = predict(client, as_png(BRAIN))

    assert again["analysis_id"] != first["analysis_id"]
    assert again["class_probabilities"] == first["class_probabilities"]


def test_by_default_every_file_is_analysed(model: Model, tmp_path: Path) -> None:
    with TestClient(app_with(model, data_dir=tmp_path)) as client:
        answers = [predict(client, as_png(BRAIN)) for _ in range(2)]

    assert answers[0]["analysis_id"] != answers[1]["analysis_id"]


def test_another_model_answers_anew(
    model: Model, silent_model: Model, tmp_path: Path
) -> None:
    answers = []
    for each in (model, silent_model):
        app = app_with(each, data_dir=tmp_path, reuse_answers=True)
        with TestClient(app) as client:
            answers.append(predict(client, as_png(BRAIN)))

    assert answers[0]["model"] != answers[1]["model"]


def test_nobody_gets_what_another_token_sent(model: Model, tmp_path: Path) -> None:
    tokens = [make_token(tmp_path, name) for name in ("one", "two")]
    app = app_with(model, data_dir=tmp_path, reuse_answers=True, auth="required")
    answers = []
    with TestClient(app) as client:
        for token in (*tokens, tokens[0]):
            client.headers["Authorization"] = f"Bearer {token}"
            answers.append(predict(client, as_png(BRAIN)))
    first, second, third = (answer["analysis_id"] for answer in answers)

    assert first == third
    assert first != second
