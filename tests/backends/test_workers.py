"""Whoever waits for a thread gets what the work gives, or raises what it raises."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx2 as httpx
import pytest
from fastapi import FastAPI

from alzer.decoding.pool import LargeFile
from alzer.model.engine import Model
from alzer.model.runtimes import usable_cores
from alzer.scans.slice import Slice
from alzer.settings import Limits, Settings
from phantoms import as_dicom, as_picture, as_png, draw_brain
from served import app_of, serving, serving_app, steps_of

PNG = as_png(draw_brain())
DICOM = as_dicom(draw_brain())
TIFF = as_picture(draw_brain(), "TIFF")


def post(address: str, content: bytes) -> httpx.Response:
    return httpx.post(f"{address}/predict", files={"file": content}, timeout=60)


def test_files_that_can_not_be_used_are_refused_while_all_threads_work(
    model: Model, tmp_path: Path
) -> None:
    contents = [PNG, b"no picture", DICOM[:2000], PNG[:300]] * 8
    with (
        serving(model, tmp_path, max_waiting=64) as address,
        ThreadPoolExecutor(len(contents)) as pool,
    ):
        answers = list(pool.map(lambda each: post(address, each), contents))

    assert [each.status_code for each in answers] == [200, 400, 400, 400] * 8
    codes = Counter(each.json().get("code") for each in answers)
    assert codes == {None: 8, "not_an_image": 8, "damaged_file": 16}


@pytest.fixture
def slow() -> Iterator[threading.Event]:
    """Return what ends all slow reading."""
    event = threading.Event()
    yield event
    event.set()


def app_that_reads_dicom_slowly(
    model: Model, folder: Path, ends: threading.Event
) -> FastAPI:
    settings = Settings.model_validate(
        {"data_dir": folder, "allowed_hosts": "127.0.0.1"}
    )
    steps = steps_of(model, settings)

    def read(data: bytes) -> Slice:
        ends.wait(30)
        return steps.read(data)

    slow = replace(steps, read=read, needs_isolation=lambda data: b"DICM" in data)
    return app_of(slow, settings, model)


@contextmanager
def asking(address: str, content: bytes, times: int) -> Iterator[list[int]]:
    """Ask in the background; the statuses are there at the end."""
    statuses: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: statuses.append(post(address, content).status_code)
        )
        for _ in range(times)
    ]
    for each in threads:
        each.start()
    yield statuses
    for each in threads:
        each.join()


def test_files_that_take_long_elsewhere_do_not_keep_others_from_being_answered(
    model: Model, tmp_path: Path, slow: threading.Event
) -> None:
    app = app_that_reads_dicom_slowly(model, tmp_path, slow)
    many = usable_cores() + 3
    with serving_app(app) as address, asking(address, DICOM, many) as statuses:
        while app.state.service.backend.capacity.taken < many:
            time.sleep(0.01)
        answers = [post(address, PNG).status_code for _ in range(3)]
        waited_for = len(statuses)
        slow.set()

    assert answers == [200] * 3
    assert waited_for == 0
    assert statuses == [200] * many


def test_the_time_spent_elsewhere_is_told(
    model: Model, tmp_path: Path, slow: threading.Event
) -> None:
    slow.set()
    app = app_that_reads_dicom_slowly(model, tmp_path, slow)
    with serving_app(app) as address:
        elsewhere = post(address, DICOM).json()
        here = post(address, PNG).json()

    for answer in (elsewhere, here):
        timings = answer["timings_ms"]
        assert timings["read"] > 0.05
        stages = sum(spent for stage, spent in timings.items() if stage != "total")
        assert timings["total"] == pytest.approx(stages, abs=0.01)
    assert elsewhere["prediction"] == here["prediction"]


def test_limits_hold_elsewhere_too(model: Model, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, max_image_pixels=100)
    assert settings.limits == replace(Limits(), max_pixels=100)
    with serving(model, tmp_path, max_image_pixels=100) as address:
        answer = post(address, DICOM)

    assert answer.json()["code"] == "too_many_pixels"


def test_files_that_are_read_elsewhere_leave_places_for_others(
    model: Model, tmp_path: Path, slow: threading.Event
) -> None:
    app = app_that_reads_dicom_slowly(model, tmp_path, slow)
    places = usable_cores() + 32
    with serving_app(app) as address, asking(address, DICOM, places + 4) as statuses:
        while len(statuses) < places // 4 + 4:
            time.sleep(0.01)
        answer = post(address, PNG).status_code
        slow.set()

    assert answer == 200
    assert sorted(statuses) == [200] * (places - places // 4) + [503] * (
        places // 4 + 4
    )


def test_large_files_are_read_one_by_one_while_others_are_answered(
    model: Model, tmp_path: Path, slow: threading.Event
) -> None:
    settings = Settings.model_validate(
        {"data_dir": tmp_path, "allowed_hosts": "127.0.0.1"}
    )
    steps = steps_of(model, settings)
    reading: list[str] = []

    def read(data: bytes) -> Slice:
        if data.startswith(b"II"):
            raise LargeFile
        return steps.read(data)

    def read_large(data: bytes) -> Slice:
        reading.append("begun")
        slow.wait(30)
        reading.append("ended")
        return steps.read(data)

    app = app_of(
        replace(
            steps,
            read=read,
            read_large=read_large,
            needs_isolation=lambda data: not data.startswith(b"\x89PNG"),
        ),
        settings,
    )
    with serving_app(app) as address, asking(address, TIFF, 4) as statuses:
        while app.state.service.backend.capacity.taken < 4 or not reading:
            time.sleep(0.01)
        answers = [post(address, each).status_code for each in (PNG, DICOM) * 2]
        slow.set()

    assert answers == [200] * 4
    assert statuses == [200] * 4
    assert reading == ["begun", "ended"] * 4
