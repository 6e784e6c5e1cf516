"""Whatever is sent, the service answers clearly and goes on."""

import gc
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient

from alzer.analysis import analyse
from alzer.decoding.pool import DecodingPool
from alzer.errors import UnusableScan
from alzer.model.engine import Model
from alzer.settings import Settings
from alzer.web.app import create_app
from alzer.web.service import Engine
from hostile.oddities import FORMATS, PNG, Case, cases

CASES = list(cases())
TOLERANCE = 1e-3 + 1e-4  # percentages have two decimals


@pytest.fixture(scope="module")
def client(
    model: Model, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """Give the service as it is put together for people, decoding apart."""
    settings = Settings.model_validate(
        {"data_dir": tmp_path_factory.mktemp("hostile"), "allowed_hosts": "testserver"}
    )
    pool, limits = DecodingPool(settings.decoding, 3), settings.limits
    engine = Engine(
        analyse=partial(analyse, model=model, limits=limits, read=pool.read),
        read=partial(pool.read, limits=limits),
        start=pool.open,
        stop=pool.close,
    )
    with TestClient(create_app(engine, settings)) as client:
        yield client


def predict(client: TestClient, content: bytes) -> httpx.Response:
    return client.post("/predict", files={"file": content})


def shares(response: httpx.Response) -> list[float]:
    percent = response.json()["class_probabilities"].values()
    return [float(each[:-1]) / 100.0 for each in percent]


def codes() -> set[str]:
    waiting, found = [UnusableScan], set()
    while waiting:
        each = waiting.pop()
        found.add(each.code)
        waiting.extend(each.__subclasses__())
    return found


def complaint(client: TestClient, case: Case) -> str | None:
    """Say what is wrong with the answer to a case, if anything is."""
    response = predict(client, case.content)
    if response.status_code == 200:
        if case.twin is None:
            return f"{case.name}: accepted"
        wanted, found = shares(predict(client, case.twin)), shares(response)
        if max(abs(a - b) for a, b in zip(wanted, found, strict=True)) > TOLERANCE:
            return f"{case.name}: {found}, its twin {wanted}"
        return None
    problem = response.json()
    if case.twin is not None and not case.may_be_refused:
        return f"{case.name}: refused, {problem}"
    is_clear = response.status_code == 400 and problem["code"] in codes()
    return (
        None if is_clear and problem["detail"].endswith(".") else f"{case}: {problem}"
    )


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000.0


def test_the_suite_is_large_and_its_clean_files_are_clean(client: TestClient) -> None:
    assert len(CASES) >= 250
    assert len({each.name for each in CASES}) == len(CASES)
    for content in FORMATS.values():
        assert predict(client, content).status_code == 200


def test_every_file_is_refused_clearly_or_read_rightly(client: TestClient) -> None:
    for each in CASES[::7]:
        predict(client, each.content)  # imports, allocators and caches warm up
    gc.collect()
    before_mb = resident_mb()
    complaints = [complaint(client, each) for each in CASES]
    gc.collect()
    grown_mb = resident_mb() - before_mb

    assert [each for each in complaints if each] == []
    assert grown_mb <= 50.0


@pytest.mark.parametrize("case", CASES[:22], ids=lambda each: each.name)
def test_after_a_bomb_the_next_file_is_answered_at_once(
    client: TestClient, case: Case
) -> None:
    refused = predict(client, case.content)
    started = time.monotonic()
    answer = predict(client, PNG)

    assert refused.status_code == 400
    assert answer.status_code == 200
    assert time.monotonic() - started < 15.0  # 0.1 s where nothing else runs
