"""Items through pools of processes on a cluster, by Ray Data."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from ray.data import ActorPoolStrategy, DataContext, from_items
from ray.data.exceptions import ExecutionTimeoutError, SystemException
from ray.exceptions import RayError

from alzer import errors
from alzer.backends.ray.attempts import Worker, careful, start_attempts
from alzer.backends.ray.cores import claim_cores
from alzer.errors import AlzerError, ClusterUnavailable

Batch = dict[str, NDArray[Any]]

_ITEM: Final = "item"
_ANSWER: Final = "answer"
_FAILURE: Final = "failure"

# One answer waits in each pool while another is taken; more is memory.
_AHEAD: Final = 64
_ASKED_EACH_S: Final = 0.2

# Ray holds each block of a round from its beginning on: millions of them would take
# minutes to make.
_MOST_BLOCKS: Final = 10_000

# Each process has so many batches, so that all end at about the same time.
_BATCHES_EACH: Final = 4


@dataclass(frozen=True)
class Pool:
    """Processes that work alike, each with a model of its own.

    Attributes:
        make: Makes the worker of a process; sent to it by reference.
        most: How many processes there may be.
        largest_batch: Items that a process takes at once, at the most.
        cores: Of each process.
        name: What Ray calls the processes, in its dashboard and in lists of processes.
    """

    make: Callable[[], Worker]
    most: int
    largest_batch: int = 1
    cores: int = 1
    name: str = "items"

    def batch_for(self, items: int) -> int:
        """Return how many items a process takes at once, of so many in all."""
        return max(1, min(self.largest_batch, items // (_BATCHES_EACH * self.most)))


class _Process:
    """What Ray Data runs in a process of its own."""

    def __init__(self, pool: Pool, attempts: Any) -> None:  # noqa: ANN401 - Ray's handle
        claim_cores(pool.cores)
        self._worker = careful(pool.make(), attempts)

    def __call__(self, batch: Batch) -> Batch:
        try:
            answers = self._worker.answer([str(item) for item in batch[_ITEM]])
        except AlzerError as failure:  # as a value: Ray would lose what it wraps
            told = f"{type(failure).__name__}\n{failure.message}"
            return {_ANSWER: np.array([""], object), _FAILURE: np.array([told], object)}
        none = [""] * len(answers)
        return {_ANSWER: np.array(answers, object), _FAILURE: np.array(none, object)}


def work(pool: Pool, items: Sequence[str]) -> Iterator[str]:
    """Have items worked on.

    Args:
        pool: By what.
        items: Each a text.

    Yields:
        An answer for each item, as they come; exactly one, whatever process ends.

    Raises:
        AlzerError: Nothing further can be worked on.
    """
    if not items:
        return
    quiet_data()
    attempts = start_attempts()
    size = pool.batch_for(len(items))
    at_once = size * _MOST_BLOCKS
    for start in range(0, len(items), at_once):
        yield from _round(pool, items[start : start + at_once], size, attempts)


def _round(
    pool: Pool,
    items: Sequence[str],
    size: int,
    attempts: Any,  # noqa: ANN401 - Ray's handle
) -> Iterator[str]:
    blocks = -(-len(items) // size)
    most = min(pool.most, blocks)
    named = type(pool.name, (_Process,), {})  # Ray shows the name of the class
    data = from_items(
        [{_ITEM: item} for item in items], override_num_blocks=blocks
    ).map_batches(
        named,
        batch_size=size,
        compute=ActorPoolStrategy(min_size=1, initial_size=most, max_size=most),
        fn_constructor_args=(pool, attempts),
        num_cpus=pool.cores,
    )
    try:
        for row in data.iter_rows():
            if row[_FAILURE]:
                raise _as_it_was(row[_FAILURE])
            yield row[_ANSWER]
    except (RayError, ExecutionTimeoutError, SystemException) as error:
        failure = _foreseen(error)
        raise failure from error


def work_together(
    jobs: Sequence[tuple[Pool, Sequence[str]]], on_wait: Callable[[], None]
) -> Iterator[str]:
    """Have items worked on by several pools at the same time.

    Args:
        jobs: Pools with the items of each.
        on_wait: Called now and then while no answer comes.

    Yields:
        The answers of all, as they come.

    Raises:
        AlzerError: Nothing further can be worked on.
    """
    answers: Queue[str | BaseException | None] = Queue(_AHEAD)
    is_over = threading.Event()
    for pool, items in jobs:
        arguments = (pool, items, answers, is_over)
        threading.Thread(target=_put_answers, args=arguments, daemon=True).start()
    running = len(jobs)
    try:
        while running:
            try:
                answer = answers.get(timeout=_ASKED_EACH_S)  # signals are told between
            except Empty:
                on_wait()
                continue
            if isinstance(answer, BaseException):
                raise answer
            if answer is None:
                running -= 1
            else:
                yield answer
    finally:
        is_over.set()


def _put_answers(
    pool: Pool,
    items: Sequence[str],
    answers: "Queue[str | BaseException | None]",
    is_over: threading.Event,
) -> None:
    def put(answer: str | BaseException | None) -> bool:
        while not is_over.is_set():
            with suppress(Full):
                answers.put(answer, timeout=_ASKED_EACH_S)
                return True
        return False

    try:
        for answer in work(pool, items):
            if not put(answer):
                return
        put(None)
    except BaseException as error:  # noqa: BLE001 - raised where answers are taken
        put(error)


def quiet_data() -> None:
    """Keep Ray Data from drawing bars and telling its plans."""
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False


def _as_it_was(told: str) -> AlzerError:
    """Return a failure of another process by the name of its class and its message."""
    name, _, message = told.partition("\n")
    found: AlzerError = getattr(errors, name)(message)
    return found


def _foreseen(error: BaseException) -> AlzerError:
    """Return what is foreseen of what Ray wraps, or that the cluster has failed."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AlzerError):
            return cause
        cause = getattr(cause, "cause", None) or cause.__cause__
    message = "The cluster can't go on. The same call with --resume does, once it can."
    return ClusterUnavailable(message)
