"""What Ray Serve runs: replicas that each hold a model and their own decoders.

A replica is a local backend in a process of its own, so that files are read and answers
made exactly as in the service. Slices and whole heads have deployments of their own,
which grow and shrink apart from each other.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Final, Literal

from ray import serve
from ray.serve import Application

from alzer.backends.ray.serve_calls import Call, Outcome, Progress
from alzer.backends.ray.serve_cluster import LOGGING
from alzer.backends.ray.serve_model import ServedModel
from alzer.backends.replica import ReplicaParts
from alzer.cancellation import Cancellation
from alzer.errors import AlzerError
from alzer.settings import Settings

Kind = Literal["slices", "volumes"]

# From settings, which name a bundle, to what computes with it; called in a replica.
Make = Callable[[Settings], ReplicaParts]

SLICES: Final = "alzer-slices"
VOLUMES: Final = "alzer-volumes"

# The bundle that ships, where the settings name none.
SHIPPED: Final = "shipped"

# While services change from one model to the next, replicas hold both.
_MODELS: Final = 2

# How soon a whole head's progress is told, and its end seen.
_TELL_EVERY_S: Final = 0.1

# A replica that was killed is missed this soon; one that hangs, after the time-out.
_HEALTH_CHECK_S: Final = 2.0
_HEALTH_TIMEOUT_S: Final = 30.0

# What is under way may end before a replica does; a whole head takes the longest.
_LAST_WORK_S: Final[dict[Kind, float]] = {"slices": 20.0, "volumes": 120.0}

_GROW_AFTER_S: Final = 5.0
_SHRINK_AFTER_S: Final = 120.0


class Replica:
    """One process of a deployment.

    Args:
        make: Makes what computes with a bundle.
        settings: Of the deployment.
        kind: What it is for.
    """

    async def __init__(  # type: ignore[misc]  # Serve waits for it
        self, make: Make, settings: Settings, kind: Kind
    ) -> None:
        self._make = make
        self._settings = settings
        self._kind = kind
        with suppress(AlzerError):  # whoever asks for it is told
            await self._model(bundle_id(settings))  # it is ready once it can answer

    @serve.multiplexed(  # type: ignore[untyped-decorator]  # Ray's own
        max_num_models_per_replica=_MODELS
    )
    async def _model(self, bundle: str) -> ServedModel:
        settings = with_bundle(self._settings, bundle)
        parts = await asyncio.to_thread(self._make, settings)
        return ServedModel(parts, settings, is_for_volumes=self._kind == "volumes")

    async def facts(self) -> Outcome:
        """Return what is told of the model that the caller asks for."""
        try:
            model = await self._model(serve.get_multiplexed_model_id())
        except AlzerError as failure:
            return Outcome(failure=failure)
        return Outcome(model.facts)

    async def answer(self, call: Call) -> Outcome:
        """Answer a call; given up, it ends as soon as it can.

        Args:
            call: What is asked.

        Returns:
            What has become of it.

        Raises:
            CancelledError: It was given up.
        """
        cancellation = Cancellation()
        try:
            model: ServedModel = await self._model(serve.get_multiplexed_model_id())
            return await model.answer(call, cancellation)
        except AlzerError as failure:  # no such bundle here
            return Outcome(failure=failure)
        except asyncio.CancelledError:
            cancellation.cancel()
            raise

    async def follow(self, call: Call) -> AsyncIterator[Progress | Outcome]:
        """Answer a call that takes long.

        Args:
            call: What is asked.

        Yields:
            How far it is, several times a second; last, what has become of it.
        """
        try:
            model = await self._model(serve.get_multiplexed_model_id())
        except AlzerError as failure:
            yield Outcome(failure=failure)
            return
        cancellation, told = Cancellation(), [Progress("start", 0.0)]

        def on_stage(stage: str, share: float) -> None:
            told[0] = Progress(stage, share)

        task = asyncio.create_task(model.answer(call, cancellation, on_stage))
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=_TELL_EVERY_S)
                yield told[0]
            yield await task
        finally:
            cancellation.cancel()
            await asyncio.wait({task})  # one whole head is in memory at a time


def bundle_id(settings: Settings) -> str:
    """Return by which name replicas know the bundle that settings name."""
    return SHIPPED if settings.model is None else str(settings.model)


def with_bundle(settings: Settings, bundle: str) -> Settings:
    """Return settings that name a bundle.

    Args:
        settings: Of a deployment.
        bundle: As `bundle_id` gives it.

    Returns:
        The settings; replicas need no secrets of the service's.
    """
    model = None if bundle == SHIPPED else bundle
    threads = settings.threads or settings.ray_cores
    shown = settings.model_dump(exclude={"secret_key", "database", "files"})
    return Settings.model_validate({**shown, "model": model, "threads": threads})


def slices_application(make: Make, settings: Settings) -> Application:
    """Describe the deployment for slices.

    Args:
        make: Makes what computes with a bundle.
        settings: How many replicas there may be, and of which size.

    Returns:
        What `serve.run` takes.
    """
    bounds = settings.ray_slices_min, settings.ray_slices_max
    return _application(make, settings, "slices", bounds)


def volumes_application(make: Make, settings: Settings) -> Application:
    """Describe the deployment for whole heads; likewise."""
    bounds = settings.ray_volumes_min, settings.ray_volumes_max
    return _application(make, settings, "volumes", bounds)


def _application(
    make: Make, settings: Settings, kind: Kind, bounds: tuple[int, int]
) -> Application:
    is_slices = kind == "slices"
    deployment = serve.deployment(
        name=kind,
        max_ongoing_requests=ongoing(settings) if is_slices else 1,
        max_queued_requests=settings.ray_max_queued,
        health_check_period_s=_HEALTH_CHECK_S,
        health_check_timeout_s=_HEALTH_TIMEOUT_S,
        graceful_shutdown_timeout_s=_LAST_WORK_S[kind],
        logging_config=LOGGING,
        ray_actor_options={"num_cpus": settings.ray_cores},
        **_size(bounds, settings.ray_cores if is_slices else 1),
    )(Replica)
    plain = with_bundle(settings, bundle_id(settings))
    return deployment.bind(make, plain, kind)


def ongoing(settings: Settings) -> int:
    """Return how many slices a replica may have at the same time.

    As many as it works on, as many that its decoders read, a large file, and one that
    is there when another ends. A batch has to come together as well.
    """
    return max(2 * settings.ray_cores + 2, 2 * settings.ray_batch)


def _size(bounds: tuple[int, int], target: int) -> dict[str, Any]:
    low, high = bounds
    if low == high:
        return {"num_replicas": low}
    autoscaling = {
        "min_replicas": low,
        "max_replicas": high,
        "target_ongoing_requests": target,
        "upscale_delay_s": _GROW_AFTER_S,
        "downscale_delay_s": _SHRINK_AFTER_S,
    }
    return {"autoscaling_config": autoscaling}
