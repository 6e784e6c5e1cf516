"""Pools on a cluster of our own, whose processes are really killed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from alzer.backends.ray.pools import Pool
from clusters import ray_environment, ray_folder
from poisoned import PoisonedWorker

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """What a call of pools sees, in a home folder of its own."""
    with ray_folder() as folder:
        environment = ray_environment(folder, HOME=str(folder))
        environment.pop("RAY_AUTH_MODE", None)
        call = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, str(HERE / "call_pools.py")],
            env=environment,
            capture_output=True,
            check=False,
            timeout=900,
        )
    assert call.returncode == 0, call.stderr.decode()
    return dict(json.loads(call.stdout.splitlines()[-1]))


def test_every_item_has_one_answer_though_processes_end(seen: dict[str, Any]) -> None:
    wanted = {f"ITEM {index} 1" for index in range(20)} | {"ALONE 1"}
    given_up = [answer for answer in seen["answers"] if "given up" in answer]

    assert len(seen["answers"]) == 22
    assert wanted <= set(seen["answers"])
    assert len(given_up) == 1
    assert given_up[0].startswith("poison")


def test_what_stops_everything_comes_as_what_it_is(seen: dict[str, Any]) -> None:
    assert seen["failure"] == ["StorageUnavailable", "The disk is full."]


def test_a_cluster_of_our_own_shows_nothing_and_asks_for_a_token(
    seen: dict[str, Any],
) -> None:
    assert seen["dashboard"] in {None, ""} or seen["dashboard"].startswith("127.")
    assert seen["token"] == 64
    assert seen["usage"] == "0"
    assert not seen["written"]


@pytest.mark.parametrize(
    ("items", "batch"), [(1, 1), (8, 1), (40, 5), (1000, 32), (0, 1)]
)
def test_all_processes_have_several_batches(items: int, batch: int) -> None:
    assert Pool(PoisonedWorker, 2, largest_batch=32).batch_for(items) == batch
