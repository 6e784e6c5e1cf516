"""What every answer carries, whatever it answers."""

import json
import re
import select
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from alzer.model.engine import Model
from alzer.web.exception_handlers import RETRY_AFTER_S
from alzer.web.middleware import SECURITY_HEADERS
from phantoms import as_png, draw_brain
from served import ABSENT, app_with, serving

PATHS = ["/assessment/mri-upload", "/docs", "/healthz", "/static/alzer.css", "/nowhere"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_headers_that_close_a_browser(
    client: TestClient, path: str
) -> None:
    answer = client.get(path)

    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value
    assert "strict-transport-security" not in answer.headers


def test_a_heatmap_may_be_shown_by_a_front_end_elsewhere(client: TestClient) -> None:
    answer = client.post("/predict", files={"file": as_png(draw_brain())}).json()
    picture = client.get(answer["heatmap_url"])

    assert picture.headers["cross-origin-resource-policy"] == "cross-origin"
    assert picture.headers["x-content-type-options"] == "nosniff"


def test_no_request_waits_until_routes_are_built(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[object] = []
    monkeypatch.setattr("fastapi.routing.get_dependant", lambda **of: built.append(of))
    answers = [client.get(path).status_code for path in (*PATHS, f"/jobs/{ABSENT}")]

    assert answers == [200, 200, 200, 200, 404, 404]
    assert built == []


@pytest.mark.parametrize(
    ("public_url", "expected"),
    [("https://mri.example.org", True), ("http://mri.example.org", False)],
)
def test_browsers_that_came_by_tls_keep_to_it(
    model: Model, tmp_path: Path, *, public_url: str, expected: bool
) -> None:
    app = app_with(model, data_dir=tmp_path, public_url=public_url)
    with TestClient(app) as client:
        answer = client.get("/healthz")

    assert ("strict-transport-security" in answer.headers) is expected


@pytest.mark.parametrize("path", ["/assessment/mri-upload", "/docs"])
def test_the_policy_needs_no_exception_for_what_stands_in_the_page(
    client: TestClient, path: str
) -> None:
    answer = client.get(path)
    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", answer.text, re.DOTALL)

    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert all("src=" in given and not inside for given, inside in scripts)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", answer.text)


BRAIN = as_png(draw_brain())
LARGEST = 200_000

# So many of the largest uploads fit into what one address may have of what is held of
# all together: three quarters.
TOGETHER = 4
ROOM = 6 * LARGEST

# A PNG may be followed by anything.
BODY = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    + BRAIN.ljust(LARGEST, b"\0")
    + b"\r\n--x--\r\n"
)
END = BODY[-100:]


@pytest.fixture(scope="module")
def small(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a service that takes small uploads only."""
    folder = tmp_path_factory.mktemp("small")
    with serving(
        model, folder, max_upload_bytes=LARGEST, max_buffered_bytes=ROOM
    ) as address:
        yield address


def begin(address: str, count: int, source: str = "127.0.0.1") -> list[HTTPConnection]:
    """Send some uploads, each of the largest size, all but their ends."""
    netloc = urlsplit(address).netloc
    connections = [
        HTTPConnection(netloc, timeout=60, source_address=(source, 0))
        for _ in range(count)
    ]
    for each in connections:
        each.putrequest("POST", "/predict")
        each.putheader("Content-Type", "multipart/form-data; boundary=x")
        each.putheader("Content-Length", str(len(BODY)))
        each.endheaders(BODY[: -len(END)])
    return connections


def wait_for_answers(connections: list[HTTPConnection], count: int) -> None:
    """Wait until so many are answered before their end has come."""
    sockets = [each.sock for each in connections]
    for _ in range(600):
        answered, _, _ = select.select(sockets, [], [], 0.0)
        if len(answered) >= count:
            return
        time.sleep(0.05)


def finish(connections: list[HTTPConnection]) -> list[tuple[int, str | None, str]]:
    """Send the ends; give status, Retry-After and code of each answer."""
    for each in connections:
        each.send(END)
    answers = []
    for each in connections:
        answer = each.getresponse()
        code = json.loads(answer.read()).get("code", "")
        answers.append((answer.status, answer.getheader("Retry-After"), code))
        each.close()
    return answers


def test_uploads_that_are_too_much_together_are_turned_away(small: str) -> None:
    for _ in range(3):  # what they take is counted neither for ever nor twice less
        connections = begin(small, 12)
        wait_for_answers(connections, 12 - TOGETHER)
        answers = finish(connections)

        refused = [each for each in answers if each != (200, None, "")]
        assert len(refused) == 12 - TOGETHER
        assert set(refused) == {(503, str(RETRY_AFTER_S), "overloaded")}
        assert finish(begin(small, TOGETHER)) == [(200, None, "")] * TOGETHER


def test_one_address_leaves_room_for_the_uploads_of_another(small: str) -> None:
    greedy = begin(small, 8)
    wait_for_answers(greedy, 8 - TOGETHER)
    others = finish(begin(small, 1, "127.0.0.2"))
    answers = finish(greedy)

    assert others == [(200, None, "")]
    assert [each[0] for each in answers].count(200) == TOGETHER


def test_uploads_that_are_broken_off_take_no_room(small: str) -> None:
    for _ in range(5):
        for each in begin(small, TOGETHER):
            each.close()
    ends = []
    for _ in range(100):
        (end,) = finish(begin(small, 1))
        ends.append(end[0])
        if end[0] == 200:
            break
        time.sleep(0.05)
    together = finish(begin(small, TOGETHER))

    # Until the service has noticed, it may say that it has no room.
    assert set(ends[:-1]) <= {503}
    assert ends[-1] == 200
    assert together == [(200, None, "")] * TOGETHER
