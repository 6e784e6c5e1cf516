"""A form is taken as it is meant, or refused."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from alzer.model.engine import Model
from alzer.scans.formats import read_slice
from alzer.scans.reading import File
from alzer.scans.slice import Slice
from alzer.settings import Settings
from phantoms import as_png, draw_brain
from served import app_of, app_with, steps_of

BRAIN = as_png(draw_brain())

PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n'


@pytest.mark.parametrize("charset", ["undefined", "punycode", "nowhere", "idna", "hex"])
@pytest.mark.parametrize("name", [b"scan", b"a-\xff", b"xn--", b"aaa-zzz-\xe9"])
def test_no_character_set_breaks_the_service(
    client: TestClient, charset: str, name: bytes
) -> None:
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    body = PART % name + as_png(draw_brain()) + b"\r\n--x--\r\n"
    answer = client.post("/predict", content=body, headers={"Content-Type": kind})

    assert answer.status_code in {200, 400}
    assert answer.status_code == 200 or answer.json()["code"] == "invalid_request"


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "multipart/form-data", "multipart/form-data; boundary=",
     "multipart/mixed; boundary=x", "multipart/form-data; boundary=" + "x" * 300],
)  # fmt: skip
def test_what_is_no_form_is_refused(client: TestClient, kind: str) -> None:
    body = PART % b"scan" + as_png(draw_brain()) + b"\r\n--x--\r\n"
    answer = client.post("/predict", content=body, headers={"Content-Type": kind})

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_request"


@pytest.fixture
def reading(model: Model, tmp_path: Path) -> Iterator[tuple[TestClient, list[Any]]]:
    """Return a service that takes the files of a scan together, and what it took."""
    settings = Settings.model_validate(
        {"data_dir": tmp_path, "allowed_hosts": "testserver", "keep_originals": True}
    )
    taken: list[Any] = []

    def read(files: Sequence[File], series: str | None) -> Slice:
        taken.append(([file.name for file in files], series))
        return read_slice(files[0].content)

    steps = replace(steps_of(model, settings), read_scan=read)
    with TestClient(app_of(steps, settings, model)) as client:
        yield client, taken


@pytest.mark.parametrize("name", ["file", "files"])
def test_the_files_of_a_scan_come_in_a_part_each(
    reading: tuple[TestClient, list[Any]], tmp_path: Path, name: str
) -> None:
    client, taken = reading
    parts = [(name, (f"{number}.png", BRAIN)) for number in range(3)]
    answer = client.post("/predict", files=parts, data={"series": "2"})

    assert answer.status_code == 200
    assert taken == [(["0.png", "1.png", "2.png"], "2")]
    (kept,) = tmp_path.rglob("original_*")
    with zipfile.ZipFile(kept) as archive:
        assert [archive.read(each) for each in archive.namelist()] == [BRAIN] * 3
        assert not any("png" in each for each in archive.namelist())


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_choice_of_a_series_is_none(
    reading: tuple[TestClient, list[Any]], empty: str
) -> None:
    client, taken = reading
    parts = [("file", (f"{number}.png", BRAIN)) for number in range(2)]
    answer = client.post("/predict", files=parts, data={"series": empty})

    assert answer.status_code == 200
    assert taken == [(["0.png", "1.png"], None)]


def test_one_part_is_taken_under_either_name(
    reading: tuple[TestClient, list[Any]],
) -> None:
    client, taken = reading
    answers = [
        client.post("/predict", files={name: BRAIN}).json()["class_probabilities"]
        for name in ("file", "files")
    ]

    assert answers[0] == answers[1]
    assert taken == []


def test_parts_count_together(model: Model, tmp_path: Path) -> None:
    app = app_with(model, data_dir=tmp_path, max_upload_bytes=2 * len(BRAIN))
    parts = [("file", (f"{number}.png", BRAIN)) for number in range(3)]
    with TestClient(app) as client:
        answer = client.post("/predict", files=parts)

    assert answer.status_code == 413
    assert answer.json()["code"] == "too_many_bytes"


def test_there_may_not_be_any_number_of_parts(model: Model, tmp_path: Path) -> None:
    parts = [("file", ("x", b"")) for _ in range(6)]
    with TestClient(app_with(model, data_dir=tmp_path, max_scan_files=5)) as client:
        answer = client.post("/predict", files=parts)

    assert answer.status_code == 400
    assert "more than 5 files" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/predict", "/preview"])
def test_a_field_among_files_is_refused(client: TestClient, path: str) -> None:
    answer = client.post(path, files={"file": BRAIN}, data={"file": "text"})

    assert answer.status_code == 400
    assert "'file'" in answer.json()["detail"]
