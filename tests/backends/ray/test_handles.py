"""Calls to a cluster that has no replica left."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from alzer.backends.backend import Order
from alzer.backends.ray import handles
from alzer.backends.ray.deployments import VOLUMES
from alzer.backends.ray.handles import Handles
from alzer.backends.ray.serve_calls import Call
from alzer.cancellation import Cancellation
from alzer.errors import ClusterUnavailable
from alzer.settings import Limits


class Deployment:
    """Behaves as Ray's handle of a deployment without replicas: it waits for one."""

    def __init__(self) -> None:
        self.cancelled = 0

    @property
    def answer(self) -> "Deployment":
        return self

    def remote(self, _: Call) -> "Deployment":
        return self

    @property
    def follow(self) -> "Deployment":
        return self

    async def __anext__(self) -> object:
        return await self

    def __await__(self) -> Any:  # noqa: ANN401 - a generator
        return asyncio.sleep(60.0).__await__()

    def cancel(self) -> None:
        self.cancelled += 1


def test_a_slice_is_given_up_where_nobody_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handles, "_ANSWER_S", 0.3)
    deployment: Any = Deployment()
    ticket: Any = None  # nobody reads it
    asked = Handles(deployment, deployment)
    call = Call("analyse", ticket, Limits())

    with pytest.raises(ClusterUnavailable, match="gives none now"):
        asyncio.run(asked.ask(call, Cancellation()))
    assert deployment.cancelled == 1


def status_with(**replicas: int) -> SimpleNamespace:
    """Return what Ray Serve tells of itself: how many replicas are in which state."""
    deployment = SimpleNamespace(replica_states=replicas)
    application = SimpleNamespace(deployments={"volumes": deployment})
    return SimpleNamespace(applications={VOLUMES: application})


@pytest.mark.parametrize(
    ("status", "is_given_up"),
    [
        (SimpleNamespace(applications={}), True),
        (status_with(STARTING=1), True),
        (status_with(STARTING=1, RUNNING=1), False),
    ],
)
def test_a_head_waits_as_long_as_there_is_a_replica(
    monkeypatch: pytest.MonkeyPatch, status: SimpleNamespace, *, is_given_up: bool
) -> None:
    monkeypatch.setattr(handles, "_ANSWER_S", 0.3)
    monkeypatch.setattr(handles, "_LOOK_EACH_S", 0.05)
    monkeypatch.setattr("ray.serve.status", lambda: status)
    deployment: Any = Deployment()
    order = Order(files=(), owner="a person")
    call = Call("analyse", order, Limits())

    async def follow() -> None:
        async with asyncio.timeout(1.5):
            await Handles(deployment, deployment).follow(call, order)

    with pytest.raises(ClusterUnavailable if is_given_up else TimeoutError):
        asyncio.run(follow())
    assert deployment.cancelled == 1
