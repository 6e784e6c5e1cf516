"""Whatever is sent, the service answers clearly and goes on."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from alzer.errors import UnusableScan
from alzer.model.runtimes import usable_cores
from alzer.settings import Settings
from hostile.bombs import bombs
from hostile.formats import FORMATS
from hostile.oddities import PNG, Case, cases
from phantoms import as_dicom, draw_brain
from processes import Running, forget_peak, memory_mb, service

CASES = list(cases())
BOMBS = dict(bombs())
DICOM = as_dicom(draw_brain())

# The names of those whose headers alone say that they are too large.
TOO_LARGE = re.compile("[0-9] x [0-9]|wide|terabytes|large slice|8 GiB|frames")
TOLERANCE = 1e-3 + 1e-4  # percentages have two decimals


@pytest.fixture(scope="module")
def running(
    bundle_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Give the service as people run it, in a process of its own."""
    with service(bundle_path, tmp_path_factory.mktemp("hostile")) as running:
        yield running


@pytest.fixture(scope="module")
def client(running: Running) -> Iterator[httpx.Client]:
    """Give somebody who asks it."""
    with running.client() as client:
        yield client


def predict(client: httpx.Client, content: bytes) -> httpx.Response:
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


def complaint(client: httpx.Client, case: Case) -> str | None:
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
    is_clear = response.status_code in {400, 413} and problem["code"] in codes()
    return (
        None if is_clear and problem["detail"].endswith(".") else f"{case}: {problem}"
    )


def processes(running: Running) -> list[int]:
    """Give the service's process and those that decode for it."""
    pid = running.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children")
    # A thread starts them: each of the service's threads has children of its own.
    found = [
        each.read_text("ascii").split()
        for each in children.parents[1].glob("*/children")
    ]
    return [pid, *(int(each) for some in found for each in some)]


def held_mb(running: Running) -> float:
    """Give what they hold together, once none is starting or at work any more."""
    held, before = 0.0, -1.0
    for _ in range(60):
        held = sum(memory_mb("VmRSS", each) for each in processes(running))
        are_all = len(processes(running)) == usable_cores() + 2
        if are_all and abs(held - before) < 0.5:
            break
        before = held
        time.sleep(1.0)
    return held


def test_the_suite_is_large_and_its_clean_files_are_clean(client: httpx.Client) -> None:
    assert len(CASES) >= 250
    assert len({each.name for each in CASES}) == len(CASES)
    for content in FORMATS.values():
        assert predict(client, content).status_code == 200


def test_every_file_is_refused_clearly_or_read_rightly(
    client: httpx.Client, running: Running
) -> None:
    for each in FORMATS.values():
        assert predict(client, each).status_code == 200  # caches warm up
    before_mb = held_mb(running)
    complaints = [complaint(client, each) for each in CASES]
    grown_mb = held_mb(running) - before_mb

    assert [each for each in complaints if each] == []
    assert grown_mb <= 50.0


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("good", [PNG, DICOM], ids=["PNG", "DICOM"])
def test_after_a_bomb_the_next_file_is_answered_at_once(
    client: httpx.Client, name: str, good: bytes
) -> None:
    seconds = []
    for _ in range(2):
        refused = predict(client, BOMBS[name])
        started = time.monotonic()
        answer = predict(client, good)
        seconds.append(time.monotonic() - started)
        assert refused.status_code in {400, 413}
        assert answer.status_code == 200

    assert min(seconds) < 1.0


@pytest.mark.parametrize("name", [each for each in BOMBS if TOO_LARGE.search(each)])
def test_what_declares_too_much_is_refused_at_once(
    client: httpx.Client, name: str
) -> None:
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        refused = predict(client, BOMBS[name])
        seconds.append(time.perf_counter() - started)
        assert refused.json()["code"] in {"too_many_pixels", "not_one_slice"}

    assert min(seconds) < 0.3


def test_the_most_pixels_that_are_allowed_take_no_more_than_the_limit(
    client: httpx.Client, running: Running
) -> None:
    asked = processes(running)
    for each in asked:
        forget_peak(each)
    before_mb = [memory_mb("VmRSS", each) for each in asked]
    refused = predict(client, BOMBS["RGBA PNG of 40 million pixels"])
    peaks_mb = [memory_mb("VmHWM", each) for each in asked]
    taken_mb = [a - b for a, b in zip(peaks_mb, before_mb, strict=True)]

    assert refused.status_code == 400
    assert max(taken_mb) * 1e6 < Settings().max_decoded_bytes
