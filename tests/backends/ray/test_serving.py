"""Replicas answer as the service itself does, whatever befalls them."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2 as httpx
import nibabel
import numpy as np
import pytest
from fastapi.testclient import TestClient

from alzer.backends.backend import Order
from alzer.errors import DamagedBundle, Overloaded
from alzer.scans.reading import File
from alzer.settings import Settings
from alzer.web.app import create_app
from alzer.wiring import build_service
from bundles import write_bundle
from heads import draw_average_head
from phantoms import as_dicom, as_png, draw_brain
from replicas import app_on_ray, helper_pids, replica_pids, shared
from served import serving_app
from waiting import wait_until

BRAIN = as_png(draw_brain())
ASYNC = {"Prefer": "respond-async"}


@pytest.fixture(scope="module")
def head() -> bytes:
    """Return a whole head as a NIfTI file."""
    volume = draw_average_head().volume
    voxels = volume.voxels.astype(np.float32)
    image = nibabel.Nifti1Image(voxels, volume.affine)  # type: ignore[no-untyped-call]  # nibabel
    return bytes(image.to_bytes())


@pytest.fixture
def client(bundle_path: Path, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(app_on_ray(bundle_path, tmp_path)) as client:
        yield client


def post(address: str, content: bytes = BRAIN) -> httpx.Response:
    return httpx.post(f"{address}/predict", files={"file": content}, timeout=120)


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what of an answer does not change from one time to the next."""
    return {
        name: value for name, value in answer.items()
        if name not in {"analysis_id", "timings_ms"} and not name.endswith("_url")
    }  # fmt: skip


def without_addresses(answer: dict[str, Any]) -> dict[str, Any]:
    rows = [told(row) for row in answer.get("slices", [])]
    return {**told(answer), "slices": rows}


@pytest.mark.parametrize("kind", ["png", "dicom", "head"])
def test_answers_are_those_of_a_service_without_a_cluster(
    client: TestClient, bundle_path: Path, tmp_path: Path, head: bytes, kind: str
) -> None:
    content = {"png": BRAIN, "dicom": as_dicom(draw_brain()), "head": head}[kind]
    settings = Settings.model_validate(
        {
            "model": bundle_path,
            "engine": "openvino",
            "precision": "fp32",
            "data_dir": tmp_path / "local",
            "allowed_hosts": "testserver",
        }
    )
    with TestClient(create_app(build_service(settings))) as local:
        expected = local.post("/predict", files={"file": content})
    found = client.post("/predict", files={"file": content})

    assert expected.status_code == found.status_code == 200
    assert without_addresses(found.json()) == without_addresses(expected.json())


def test_a_head_s_progress_is_told_and_it_can_be_given_up(
    client: TestClient, head: bytes
) -> None:
    def ask() -> str:
        sent = client.post("/predict", files={"file": head}, headers=ASYNC)
        return str(sent.headers["location"])

    def state(address: str) -> dict[str, Any]:
        found: dict[str, Any] = client.get(address).json()
        return found

    first = ask()
    wait_until(lambda: state(first)["stage"] in {"brain", "register"}, 300.0)
    helpers = set(helper_pids())
    client.delete(first)
    wait_until(lambda: not helpers & set(helper_pids()))
    second = ask()
    states: list[dict[str, Any]] = []
    while not states or states[-1]["state"] == "running":
        states.append(state(second))
        time.sleep(0.05)

    assert state(first)["state"] == "cancelled"
    assert helpers
    assert states[-1]["state"] == "done"
    assert len({each["stage"] for each in states}) > 1


def test_a_replica_that_is_killed_under_load_costs_no_answer(
    bundle_path: Path, tmp_path: Path
) -> None:
    app = app_on_ray(bundle_path, tmp_path, max_waiting=64)
    with serving_app(app) as address, ThreadPoolExecutor(6) as pool:
        answers = [pool.submit(post, address) for _ in range(60)]
        wait_until(lambda: sum(each.done() for each in answers) > 10)
        victim = replica_pids("slices")[0]
        os.kill(victim, signal.SIGKILL)
        killed_at = time.monotonic()
        statuses = [each.result().status_code for each in answers]
        wait_until(lambda: set(replica_pids("slices")) - {victim})
        post(address)
        recovered_s = time.monotonic() - killed_at

    assert statuses == [200] * 60
    assert recovered_s < 30.0


@pytest.fixture
def stopped() -> Iterator[list[int]]:
    """Return replicas that do nothing until they are continued."""
    shared()
    pids = wait_until(lambda: replica_pids("slices"))
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    yield pids
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def test_too_many_requests_get_the_answer_that_they_get_without_a_cluster(
    bundle_path: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    app = app_on_ray(bundle_path, tmp_path, max_waiting=1)
    pids = request.getfixturevalue("stopped")
    places = 8 + 1  # turns of two replicas, and one that waits
    with serving_app(app) as address, ThreadPoolExecutor(places) as pool:
        waiting = [pool.submit(post, address) for _ in range(places)]
        wait_until(lambda: app.state.service.backend.capacity.taken == places)
        refused = post(address)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        statuses = [each.result().status_code for each in waiting]

    assert refused.status_code == 503
    assert refused.json()["code"] == "overloaded"
    assert refused.headers["retry-after"] == "2"
    assert statuses == [200] * places


def test_what_replicas_can_not_take_is_refused_as_too_much(
    bundle_path: Path, request: pytest.FixtureRequest
) -> None:
    settings = Settings.model_validate(
        {**shared().settings.model_dump(), "model": bundle_path}
    )
    backend = shared().backend(settings)
    # More turns than replicas take and Serve lets wait.
    backend = replace(backend, workers=type(backend.workers)(200, 1000))
    request.getfixturevalue("stopped")

    async def ask_all() -> list[BaseException | object]:
        order = Order(files=(File(BRAIN),), owner="somebody")
        tasks = [
            asyncio.create_task(backend.analyse(order, lambda found: found))
            for _ in range(100)
        ]
        done, others = await asyncio.wait(tasks, return_when="FIRST_EXCEPTION")
        for task in others:
            task.cancel()
        return [task.exception() for task in done]

    refusals = asyncio.run(ask_all())

    assert refusals
    assert all(isinstance(each, Overloaded) for each in refusals)


def test_services_change_from_one_model_to_the_next_without_a_failed_request(
    bundle_path: Path, tmp_path: Path
) -> None:
    newer = write_bundle(
        tmp_path / "newer", version="8", weights=[0.5, 1.0, -0.5, -1.0]
    )
    older_app = app_on_ray(bundle_path, tmp_path / "older", max_waiting=64)
    with serving_app(older_app) as older, ThreadPoolExecutor(6) as pool:
        first = [pool.submit(post, older) for _ in range(30)]
        newer_app = app_on_ray(newer, tmp_path / "data", max_waiting=64)
        with serving_app(newer_app) as new:
            both = [pool.submit(post, new if k % 2 else older) for k in range(30)]
            versions = [each.result().json()["model"]["version"] for each in both]
        statuses = [each.result().status_code for each in [*first, *both]]

    assert statuses == [200] * 60
    assert versions == ["7", "8"] * 15


def test_a_bundle_that_replicas_can_not_load_is_a_foreseen_failure(
    tmp_path: Path,
) -> None:
    settings = Settings.model_validate(
        {**shared().settings.model_dump(), "model": tmp_path}
    )
    with pytest.raises(DamagedBundle):
        shared().backend(settings)
