"""Analyses are found again by what people remember of them."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

from alzer.classes import CLASS_NAMES
from alzer.headline import choose_headline
from alzer.model.engine import Model
from alzer.store.audit import LOCAL, AuditEntry
from alzer.store.records import Record
from alzer.web.documents import to_document
from alzer.web.schemas import Prediction
from phantoms import as_png, draw_brain
from served import app_with
from web.test_access import bearer, make_token, sign_in

START: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
NO, VERY_MILD, MILD, MODERATE = CLASS_NAMES


def search(client: TestClient, **wish: object) -> list[dict[str, Any]]:
    response = client.post("/analyses/search", json=wish)
    assert response.status_code == 200, response.text
    rows: list[dict[str, Any]] = response.json()["analyses"]
    return rows


@pytest.fixture
def keep(client: TestClient) -> Callable[..., str]:
    """Return what keeps an analysis of this answer, an hour after the one before."""
    answered = client.post("/predict", files={"file": as_png(draw_brain())}).json()
    client.delete(f"/analyses/{answered['analysis_id']}")
    store = client.app.state.service.store  # type: ignore[attr-defined]  # of FastAPI
    made: list[str] = []

    def keep(
        prediction: str = MILD,
        possible: list[str] | None = None,
        reason: str | None = None,
        reference: str | None = None,
    ) -> str:
        identity = str(uuid.uuid4())
        answer = Prediction.model_validate(
            {
                **answered,
                "analysis_id": identity,
                "prediction": prediction,
                "possible_classes": possible,
                "reliable": reason is None,
                "unreliable_reason": reason,
                "headline": choose_headline(prediction, possible, reason).text,
            }
        )
        record = Record(
            id=identity,
            owner=None,
            prediction=prediction,
            reliable=reason is None,
            has_warnings=False,
            answer=to_document(answer),
            created_at=START + timedelta(hours=len(made)),
            reference=reference,
        )
        store.records.add(record, AuditEntry(LOCAL, "analysed", identity))
        made.append(identity)
        return identity

    return keep


def test_a_row_says_what_the_answer_says(client: TestClient) -> None:
    file = {"file": as_png(draw_brain())}
    answer = client.post("/predict", files=file, data={"reference": "A7"}).json()
    (row,) = search(client)

    for name in ("analysis_id", "headline", "reliable", "unreliable_reason"):
        assert row[name] == answer[name]
    assert row["confidence"] == answer["confidence"]
    assert (row["kind"], row["reference"]) == ("slice", "A7")
    assert client.get(row["thumbnail_url"]).headers["content-type"] == "image/png"


def test_an_answer_that_is_not_reliable_has_no_numbers_in_its_row(
    client: TestClient, keep: Callable[..., str]
) -> None:
    keep(reason="It is a photograph.")
    (row,) = search(client)

    assert row["headline"] == "No reliable answer"
    assert row["unreliable_reason"] == "It is a photograph."
    assert row["confidence"] is None
    assert not [name for name in CLASS_NAMES if name in str(row)]


def test_an_analysis_is_found_by_the_classes_of_its_headline(
    client: TestClient, keep: Callable[..., str]
) -> None:
    made = {
        keep(MILD): {MILD},
        keep(MILD, [VERY_MILD, MILD]): {VERY_MILD, MILD},
        keep(VERY_MILD, [VERY_MILD]): {VERY_MILD},
        keep(MODERATE, [NO]): {NO, MODERATE},
        keep(MILD, []): set(),
        keep(MILD, [MILD], "It is a photograph."): set(),
    }
    for name in CLASS_NAMES:
        found = search(client, answer=name)

        named = {identity for identity, classes in made.items() if name in classes}
        assert {row["analysis_id"] for row in found} == named
        assert all(name in row["headline"] for row in found)


def test_an_analysis_is_found_by_a_part_of_its_reference(
    client: TestClient, keep: Callable[..., str]
) -> None:
    for reference in ("Study 7, A_1", "study 8, A%2", None):
        keep(reference=reference)

    def found(text: str) -> list[str]:
        return [row["reference"] for row in search(client, reference=text)]

    assert found("STUDY") == ["study 8, A%2", "Study 7, A_1"]
    assert found("A_") == ["Study 7, A_1"]
    assert found("%") == ["study 8, A%2"]
    assert found("9") == []
    assert len(found("")) == 3


def test_dates_reliability_and_ids_narrow_the_search(
    client: TestClient, keep: Callable[..., str]
) -> None:
    first, second, third = keep(), keep(reason="It is a photograph."), keep()
    later = (START + timedelta(hours=1)).isoformat()

    def found(**wish: object) -> list[str]:
        return [row["analysis_id"] for row in search(client, **wish)]

    assert found() == [third, second, first]
    assert found(since=later) == [third, second]
    assert found(until=later) == [first]
    assert found(reliable=False) == [second]
    assert found(reliable=True) == [third, first]
    assert found(identities=[first, str(uuid.uuid4())]) == [first]
    assert found(identities=[]) == []


def test_pages_lead_through_what_was_found(
    client: TestClient, keep: Callable[..., str]
) -> None:
    made = [keep(reference=f"A{number}") for number in range(5)]
    keep(reference="B")
    wish: dict[str, Any] = {"reference": "A", "limit": 2}
    listed: list[str] = []
    while True:
        page = client.post("/analyses/search", json=wish).json()
        listed += [row["analysis_id"] for row in page["analyses"]]
        wish["cursor"] = page["next_cursor"]
        if wish["cursor"] is None:
            break

    assert listed == made[::-1]


@pytest.mark.parametrize(
    "wish",
    [
        {"answer": "Perfect"},
        {"limit": 0},
        {"limit": "20"},
        {"since": "yesterday"},
        {"until": 5},
        {"identities": ["x"]},
        {"identities": [str(uuid.uuid4())] * 501},
        {"reference": "x" * 65},
        {"reliable": "perhaps"},
        {"cursor": "nonsense"},
        {"owner": "me"},
        [],
        "x",
    ],
)
def test_an_unusable_wish_is_refused(client: TestClient, wish: object) -> None:
    response = client.post("/analyses/search", json=wish)

    assert response.status_code == 400
    assert response.json()["code"] == "invalid_request"


@pytest.mark.parametrize(("is_declared", "status"), [(True, 413), (False, 400)])
def test_a_wish_without_end_is_not_read(
    client: TestClient, status: int, *, is_declared: bool
) -> None:
    body = b'{"reference": "' + b" " * 2**20 + b'"}'
    parts = iter([body[:1000], body[1000:]])
    content: bytes | Iterator[bytes] = body if is_declared else parts
    headers = {"Content-Type": "application/json"}
    response = client.post("/analyses/search", content=content, headers=headers)

    assert response.status_code == status
    assert ("1 MiB" in response.json()["detail"]) == is_declared


def test_each_token_finds_its_own_analyses_and_sees_their_thumbnails_only(
    model: Model, tmp_path: Path
) -> None:
    app = app_with(model, data_dir=tmp_path, auth="required")
    file = {"file": as_png(draw_brain())}
    with TestClient(app, follow_redirects=False) as client:
        mine, other = make_token(tmp_path), make_token(tmp_path, "other")
        made = client.post("/predict", files=file, headers=bearer(mine)).json()
        identity = made["analysis_id"]
        wish = {"identities": [identity]}
        address = f"/analyses/{identity}/thumbnail"
        found = {
            token: client.post("/analyses/search", json=wish, headers=bearer(token))
            for token in (mine, other)
        }
        shown = {
            token: client.get(address, headers=bearer(token)) for token in (mine, other)
        }
        by_nobody = client.get(address)
        csrf = sign_in(client, mine)
        in_session = client.get(address)
        forged = client.post("/analyses/search", json=wish)
        own = client.post("/analyses/search", json=wish, headers={"X-CSRF-Token": csrf})

    assert len(found[mine].json()["analyses"]) == 1
    assert found[other].json()["analyses"] == []
    assert (shown[mine].status_code, shown[other].status_code) == (200, 404)
    assert by_nobody.status_code == 401
    assert (in_session.status_code, forged.status_code) == (200, 403)
    assert in_session.headers["cache-control"] == "no-store"
    assert len(own.json()["analyses"]) == 1
