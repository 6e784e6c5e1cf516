"""Which work was begun and never ended: what has broken the process that did it."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from alzer.errors import AlzerError

# How often the process may end at one input, alone, before the input is given up.
MOST_DEATHS: Final = 2


class Worker(Protocol):
    """Does the work of one process; texts in, texts out."""

    def answer(self, items: Sequence[str]) -> Sequence[str]:
        """Answer for each item, in their order."""

    def give_up(self, item: str, reason: str) -> str:
        """Answer for an item that can't be worked on, and say why."""


class Attempts:
    """Counts what is begun and not ended; outlives the processes that work."""

    def __init__(self) -> None:
        self._begun: Counter[str] = Counter()

    def begin(self, item: str) -> int:
        """Note that an item is begun; return how often it was begun before."""
        self._begun[item] += 1
        return self._begun[item] - 1

    def end(self, item: str) -> None:
        """Note that an item is done with."""
        del self._begun[item]


class CarefulWorker:
    """A worker whose items end no more than a few processes.

    Items are worked on together. Where the process ended at that, or the work failed,
    they are taken one by one; an item at which the process has ended twice is given up.

    Args:
        worker: What works.
        begin: As `Attempts.begin`, in a process that stays.
        end: As `Attempts.end`.
    """

    def __init__(
        self,
        worker: Worker,
        begin: Callable[[str], int],
        end: Callable[[str], None],
    ) -> None:
        self._worker = worker
        self._begin = begin
        self._end = end

    def answer(self, items: Sequence[str]) -> Sequence[str]:
        """Answer for items.

        Args:
            items: What to work on.

        Returns:
            An answer each, in their order.

        Raises:
            AlzerError: Nothing further can be worked on.
        """
        together = "\n".join(["together", *items])
        if self._begin(together) == 0:
            try:
                answers = self._worker.answer(items)
            except AlzerError:
                raise
            except Exception:  # noqa: BLE001 - found out below, one by one
                answers = None
            if answers is not None:
                self._end(together)
                return answers
        answers = [self._answer_alone(item) for item in items]
        self._end(together)
        return answers

    def _answer_alone(self, item: str) -> str:
        if self._begin(item) >= MOST_DEATHS:
            reason = "The process that analysed it ended, more than once."
            answer = self._worker.give_up(item, reason)
        else:
            answer = self._try(item)
        self._end(item)
        return answer

    def _try(self, item: str) -> str:
        try:
            (answer,) = self._worker.answer([item])
        except AlzerError:
            raise
        except Exception as error:  # noqa: BLE001 - told in the record
            reason = f"Its analysis failed unforeseen ({type(error).__name__})."
            return self._worker.give_up(item, reason)
        return answer


def start_attempts() -> Any:  # noqa: ANN401 - Ray's handle
    """Start what counts attempts, on this node: it ends when the call does."""
    here = NodeAffinitySchedulingStrategy(
        ray.get_runtime_context().get_node_id(), soft=False
    )
    counting = ray.remote(Attempts)
    return counting.options(num_cpus=0, scheduling_strategy=here).remote()


def careful(worker: Worker, attempts: Any) -> CarefulWorker:  # noqa: ANN401 - likewise
    """Guard a worker by what `start_attempts` has started."""

    def begin(item: str) -> int:
        return int(ray.get(attempts.begin.remote(item)))

    return CarefulWorker(worker, begin, attempts.end.remote)
