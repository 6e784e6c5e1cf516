"""Asking replicas: one that dies costs a second try, and no answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from ray import serve
from ray.exceptions import RayError, RayTaskError, TaskCancelledError
from ray.serve.exceptions import BackPressureError, RayServeException
from ray.serve.handle import DeploymentHandle

from alzer.backends.backend import TOO_MANY, ModelFacts, Order
from alzer.backends.ray.deployments import SLICES, VOLUMES
from alzer.backends.ray.serve_calls import Call, Outcome, Progress
from alzer.cancellation import Cancellation
from alzer.errors import ClusterUnavailable, Overloaded

Result = TypeVar("Result")

# A call that has seen so many replicas die is given up: it may be what kills them.
_TRIES: Final = 3
_PAUSE_S: Final = 0.2

# How soon a call ends that nobody wants any more.
_ASKED_EACH_S: Final = 0.1

# A replica starts within this time, or something is wrong.
_START_S: Final = 180.0

# A call about one slice that is neither answered nor refused by then has met a cluster
# without replicas: a new one has started by then, and queues are bounded.
_ANSWER_S: Final = _START_S + 60.0

# How often it is looked whether there are replicas for heads that wait.
_LOOK_EACH_S: Final = 20.0
_RUNNING: Final = "RUNNING"

_NO_ANSWER: Final = (
    "The cluster that computes answers gives none now. Try again in a moment."
)


@dataclass(frozen=True)
class Handles:
    """Both deployments, asked for one bundle.

    Attributes:
        slices: For slices, and questions about them.
        volumes: For whole heads.
    """

    slices: DeploymentHandle[Any]
    volumes: DeploymentHandle[Any]

    def facts(self) -> ModelFacts:
        """Return what is told of the bundle; waits until a replica has loaded it.

        Raises:
            UnusableModel: It can't be loaded.
            ClusterUnavailable: No replica answers.
        """
        response = self.slices.facts.remote()
        try:
            outcome = response.result(timeout_s=_START_S)
        except (RayError, RayServeException, TimeoutError) as error:
            raise ClusterUnavailable(_NO_ANSWER) from error
        return cast("ModelFacts", _value(outcome))

    async def ask(self, call: Call, cancellation: Cancellation) -> object:
        """Ask about a slice.

        Args:
            call: What is asked.
            cancellation: Gives it up.

        Returns:
            What the backend there gives.

        Raises:
            Overloaded: Too many calls wait for a replica.
            ClusterUnavailable: Replicas die, or there have been none for minutes.
            Cancelled: It was given up.
        """

        async def once() -> object:
            response: Any = self.slices.answer.remote(call)
            try:
                async with asyncio.timeout(_ANSWER_S) as limit:
                    return await _unless_cancelled(response, cancellation)
            except BaseException as error:
                response.cancel()
                if limit.expired():
                    raise ClusterUnavailable(_NO_ANSWER) from error
                raise

        return await _try(once)

    async def follow(self, call: Call, order: Order) -> object:
        """Ask about a whole head, and tell how far that is.

        Args:
            call: What is asked.
            order: Is told, and may be given up.

        Returns:
            As for `ask`.

        Raises:
            Overloaded: Too many calls wait for a replica.
            ClusterUnavailable: Replicas die, or there have been none for minutes. How
                long a head waits for others to be answered is not bounded.
            Cancelled: It was given up.
        """

        async def once() -> object:
            told: Any = self.volumes.follow.remote(call)
            try:
                async with _while_there_are_replicas(VOLUMES) as limit:
                    while True:
                        item = await _unless_cancelled(anext(told), order.cancellation)
                        if not isinstance(item, Progress):
                            return item
                        order.on_stage(item.stage, item.share)
            except BaseException as error:
                told.cancel()
                if limit.expired():
                    raise ClusterUnavailable(_NO_ANSWER) from error
                raise

        return await _try(once)


def find_handles(bundle: str) -> Handles:
    """Return handles of the deployments that run on the cluster.

    Args:
        bundle: Which is asked for, as `bundle_id` names it.

    Returns:
        The handles.
    """
    slices, volumes = (
        serve.get_app_handle(name).options(multiplexed_model_id=bundle)
        for name in (SLICES, VOLUMES)
    )
    return Handles(slices, volumes.options(stream=True))


@asynccontextmanager
async def _while_there_are_replicas(
    application: str,
) -> AsyncIterator[asyncio.Timeout]:
    """Let work expire once an application has had no replica for minutes.

    Yields:
        What says whether it has.
    """
    async with asyncio.timeout(None) as limit:
        watching = asyncio.create_task(_expire_without_replicas(limit, application))
        try:
            yield limit
        finally:
            watching.cancel()


async def _expire_without_replicas(limit: asyncio.Timeout, application: str) -> None:
    clock = asyncio.get_running_loop().time
    seen = clock()
    while clock() - seen < _ANSWER_S:
        await asyncio.sleep(_LOOK_EACH_S)
        if await _has_replicas(application):
            seen = clock()
    limit.reschedule(clock())


async def _has_replicas(application: str) -> bool:
    """Ask the cluster; what does not answer soon has none to offer."""
    with suppress(TimeoutError, RayError, RayServeException):
        status = await asyncio.wait_for(asyncio.to_thread(serve.status), _LOOK_EACH_S)
        found = status.applications.get(application)
        deployments = found.deployments.values() if found else ()
        states = [each.replica_states for each in deployments]
        return any(
            count
            for each in states
            for state, count in each.items()
            if state == _RUNNING
        )
    return False


async def _try(once: Callable[[], Awaitable[object]]) -> object:
    """Ask until a replica has lived long enough to answer: answers depend on nothing.

    Raises:
        Overloaded: Too many calls wait.
        ClusterUnavailable: No replica did.
        RayTaskError: A replica failed in a way that nobody foresaw.
        TaskCancelledError: Somebody else gave the call up.
    """
    for _ in range(_TRIES):
        try:
            return _value(cast("Outcome", await once()))
        except BackPressureError as error:
            raise Overloaded(TOO_MANY) from error
        except (RayTaskError, TaskCancelledError):
            raise
        except RayServeException as error:
            raise ClusterUnavailable(_NO_ANSWER) from error
        except RayError:  # the replica, or its machine, has gone
            await asyncio.sleep(_PAUSE_S)
    raise ClusterUnavailable(_NO_ANSWER)


def _value(outcome: Outcome) -> object:
    if outcome.failure is not None:
        raise outcome.failure
    return outcome.value


async def _unless_cancelled(
    awaitable: Awaitable[Result], cancellation: Cancellation
) -> Result:
    """Wait, and look now and then whether that is still wanted.

    Raises:
        Cancelled: It is not.
    """
    waiting = asyncio.ensure_future(_as_coroutine(awaitable))
    waiting.add_done_callback(_note_end)
    try:
        while not waiting.done():
            cancellation.check()
            await asyncio.wait({waiting}, timeout=_ASKED_EACH_S)
        return waiting.result()
    finally:
        waiting.cancel()


async def _as_coroutine(awaitable: Awaitable[Result]) -> Result:
    return await awaitable


def _note_end(task: "asyncio.Task[Any]") -> None:
    """Look at how a task ended, of which nobody else may want to know."""
    if not task.cancelled():
        task.exception()
