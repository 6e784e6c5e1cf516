"""Calls to a cluster that has no replica left."""

import asyncio
from typing import Any

import pytest

from alzer.backends.ray import handles
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
