"""A bundle in a replica: a local backend over it, with batches if asked for."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from ray import serve

from alzer.analysis import Analysis, analyse_many
from alzer.backends.backend import Order
from alzer.backends.local import LocalBackend, Steps
from alzer.backends.ray.serve_calls import Call, Outcome
from alzer.backends.replica import ReplicaParts
from alzer.backends.workers import Workers
from alzer.cancellation import Cancellation, Cancelled
from alzer.errors import AlzerError, UnusableScan
from alzer.model.engine import Model
from alzer.scans.slice import Slice
from alzer.settings import Limits, Settings

OnStage = Callable[[str, float], None]

# More never reach a replica: Serve holds back what is over `max_ongoing_requests`.
_NO_BOUND: Final = 1_000

# A model that is replaced ends what it works on first, as long as that may take.
_LAST_WORK_S: Final = 120.0

# What waits for others to make a batch waits at most this long.
_BATCH_WAIT_S: Final = 0.01


class ServedModel:
    """A model that calls are answered with.

    Args:
        parts: What computes.
        settings: Threads, and the size of batches.
        is_for_volumes: Whether whole heads come here; else they are refused as files
            with more than one slice, by which the service knows where to send them.
    """

    def __init__(
        self, parts: ReplicaParts, settings: Settings, *, is_for_volumes: bool
    ) -> None:
        self.facts = parts.facts
        self._parts = parts
        self._batch = settings.ray_batch
        self._is_for_volumes = is_for_volumes
        threads = max(settings.ray_cores, self._batch)
        self._workers = Workers(threads, _NO_BOUND)
        self._loop = asyncio.get_running_loop()
        self._analyse_batch = _batches(parts.model, self._batch)
        parts.steps(settings.limits).start()

    async def answer(
        self,
        call: Call,
        cancellation: Cancellation,
        on_stage: OnStage | None = None,
    ) -> Outcome:
        """Answer a call.

        Args:
            call: What is asked.
            cancellation: Gives it up.
            on_stage: Told how far it is.

        Returns:
            What has become of it; a failure that is foreseen is no exception here, so
            that none is written to logs on the way.
        """
        ticket = call.ticket
        if isinstance(ticket, Order):
            ticket = replace(ticket, cancellation=cancellation)
            if on_stage is not None:
                ticket = replace(ticket, on_stage=on_stage)
        backend = LocalBackend(self._steps(call.limits), self._workers, self.facts)
        methods: dict[str, Callable[..., Any]] = {
            "analyse": backend.analyse,
            "read": backend.read,
            "check": backend.check,
            "ask_without": backend.ask_without,
            "infer": backend.infer,
        }
        try:
            return Outcome(await methods[call.method](ticket, _same))
        except AlzerError as failure:
            return Outcome(failure=failure)
        except Cancelled:
            return Outcome()

    def _steps(self, limits: Limits) -> Steps:
        steps = self._parts.steps(limits)
        if self._is_for_volumes:
            return steps
        steps = replace(steps, read_scan=None, analyse_volume=None)
        if self._batch == 1:
            return steps
        return replace(steps, analyse=lambda scan: self._in_batch(steps.read, scan))

    def _in_batch(
        self, read: Callable[[bytes], Slice], source: bytes | Slice
    ) -> Analysis:
        """Wait in a thread until a batch with this slice is answered."""
        scan = source if isinstance(source, Slice) else read(source)
        together = asyncio.run_coroutine_threadsafe(
            self._analyse_batch(scan), self._loop
        )
        outcome = together.result()
        if isinstance(outcome, UnusableScan):
            raise outcome
        return outcome

    def __del__(self) -> None:
        """End the decoders once nothing is under way; Serve calls it in a thread."""
        until = time.monotonic() + _LAST_WORK_S
        while self._workers.taken and time.monotonic() < until:
            time.sleep(0.05)
        with suppress(Exception):  # at the end of the process parts may be gone
            self._parts.steps(Limits()).stop()


def _batches(
    model: Model, size: int
) -> Callable[[Slice], Coroutine[Any, Any, Analysis | UnusableScan]]:
    """Return what waits for a batch; one for each model, so that none has two."""

    async def analyse_batch(scans: list[Slice]) -> list[Analysis | UnusableScan]:
        return await asyncio.to_thread(lambda: list(analyse_many(scans, model)))

    batching: Any = serve.batch(
        max_batch_size=size, batch_wait_timeout_s=_BATCH_WAIT_S
    )(analyse_batch)

    async def analyse_one(scan: Slice) -> Analysis | UnusableScan:
        outcome: Analysis | UnusableScan = await batching(scan)
        return outcome

    return analyse_one


def _same(result: object) -> object:
    return result
