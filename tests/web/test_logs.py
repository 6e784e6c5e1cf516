"""One line per request, with an id that the answer carries too."""

import io
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from alzer.model.engine import Model
from alzer.settings import Settings
from alzer.store.audit import AuditEntry, read_log
from alzer.store.database import Database
from alzer.store.store import open_store
from logged import logged
from phantoms import as_png, draw_brain
from served import app_with
from web.test_access import bearer


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Return what is logged."""
    with logged("info") as stream:
        yield stream


def entries(lines: io.StringIO) -> list[dict[str, Any]]:
    return [
        each for each in map(json.loads, lines.getvalue().splitlines())
        if each["logger"] == "alzer.access"
    ]  # fmt: skip


def test_a_request_has_one_id_in_answer_log_and_audit(
    client: TestClient, lines: io.StringIO, tmp_path: Path
) -> None:
    response = client.post("/predict", files={"file": as_png(draw_brain())})
    (entry,) = entries(lines)
    database = Database(f"sqlite:///{tmp_path / 'alzer.db'}")
    (act,) = read_log(database)
    database.close()

    identity = response.headers["x-request-id"]
    assert entry["request"] == act.request == identity
    assert (entry["method"], entry["route"], entry["status"]) == (
        "POST", "/predict", 200,
    )  # fmt: skip
    assert entry["actor"] == act.actor == "local"
    assert entry["milliseconds"] > 0
    assert act.subject == response.json()["analysis_id"]


def test_an_id_of_somebody_else_is_not_taken_over(client: TestClient) -> None:
    response = client.get("/healthz", headers={"X-Request-ID": "Jane Doe"})

    assert response.headers["x-request-id"] != "Jane Doe"


def test_secret_addresses_are_not_logged(
    client: TestClient, lines: io.StringIO
) -> None:
    answer = client.post("/predict", files={"file": as_png(draw_brain())}).json()
    client.get(answer["heatmap_url"])

    assert entries(lines)[-1]["route"] == "/uploads/heatmaps/{name}"
    assert answer["heatmap_url"].rpartition("/")[2] not in lines.getvalue()


def test_probes_do_not_fill_the_log(client: TestClient, lines: io.StringIO) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert client.get(path).status_code == 200

    assert entries(lines) == []


def test_of_a_librarys_message_the_first_line_is_logged(lines: io.StringIO) -> None:
    message = "It failed\nTraceback: /home/jane/doe.dcm"
    logging.getLogger("uvicorn.error").error(message)

    (entry,) = map(json.loads, lines.getvalue().splitlines())
    assert entry["event"] == "It failed"
    assert "jane" not in lines.getvalue()


def test_the_end_of_a_thread_is_logged_without_its_message(lines: io.StringIO) -> None:
    def fail() -> None:
        message = "Jane Doe"
        raise ValueError(message)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()

    (entry,) = map(json.loads, lines.getvalue().splitlines())
    assert entry["exception"] == "ValueError"
    assert entry["frames"][-1].startswith("test_logs.py:")
    assert "Jane" not in lines.getvalue()


def test_a_failure_is_logged_without_its_message(lines: io.StringIO) -> None:
    try:
        int("Jane Doe")
    except ValueError:
        logging.getLogger("somewhere").exception("it failed")

    (entry,) = map(json.loads, lines.getvalue().splitlines())
    assert entry["exception"] == "ValueError"
    assert "test_logs.py" in entry["frames"][0]
    assert "Jane" not in lines.getvalue()


def acts_of(folder: Path) -> list[AuditEntry]:
    store = open_store(Settings(data_dir=folder))
    acts = read_log(store.database)
    store.database.close()
    return acts


def test_the_audit_log_says_who_did_what_to_analyses_sessions_and_tokens(
    model: Model, tmp_path: Path
) -> None:
    tokens = open_store(Settings(data_dir=tmp_path)).tokens
    token = tokens.create("clinic")
    (owner,) = (each.id for each in tokens.all())
    app = app_with(model, data_dir=tmp_path, auth="required")
    with TestClient(app, follow_redirects=False) as client:
        files = {"file": as_png(draw_brain())}
        made = client.post("/predict", files=files, headers=bearer(token)).json()
        path = f"/analyses/{made['analysis_id']}"
        client.get("/analyses", headers=bearer(token))
        client.get(path, headers=bearer(token))
        client.delete(path, headers=bearer(token))
        client.post("/login", data={"token": "wrong"})
        client.post("/login", data={"token": token})
        client.post("/logout", data={"csrf": client.cookies["alzer_csrf"]})
    tokens.revoke(owner)
    tokens.database.close()
    acts = acts_of(tmp_path)

    identity = made["analysis_id"]
    assert [(each.actor, each.action, each.subject) for each in acts] == [
        ("local", "token created", owner),
        (owner, "analysed", identity),
        (owner, "listed", None),
        (owner, "viewed", identity),
        (owner, "deleted", identity),
        ("unknown", "sign-in refused", None),
        (owner, "signed in", None),
        (owner, "signed out", None),
        ("local", "token revoked", owner),
    ]
    requests = [each.request for each in acts[1:-1]]
    assert len(set(requests)) == len(requests) == 7
    assert all(requests)


def test_what_changes_and_shows_no_record_is_not_audited_but_logged(
    model: Model, tmp_path: Path, lines: io.StringIO
) -> None:
    app = app_with(model, data_dir=tmp_path, auth="required")
    tokens = open_store(Settings(data_dir=tmp_path)).tokens
    token, good = tokens.create("clinic"), as_png(draw_brain())
    tokens.database.close()
    with TestClient(app) as client:
        client.headers.update(bearer(token))
        made = client.post("/predict", files={"file": good}).json()
        client.post("/predict", files={"file": b"text"})
        client.post("/preview", files={"file": good})
        client.get(made["heatmap_url"])
        client.get("/analyses", headers=bearer("wrong"))

    actions = [each.action for each in acts_of(tmp_path)]
    assert actions == ["token created", "analysed", "token refused"]
    statuses = [each["status"] for each in entries(lines)]
    assert statuses == [200, 400, 200, 200, 401]
