"""A worker for tests whose process really ends at one item."""

import os
import signal
from collections.abc import Sequence

from alzer.errors import StorageUnavailable

POISON = "poison"
FULL = "full"


class PoisonedWorker:
    """Answers in capitals, and with the cores that its process may use."""

    def answer(self, items: Sequence[str]) -> Sequence[str]:
        if POISON in items:
            os.kill(os.getpid(), signal.SIGKILL)
        if FULL in items:
            message = "The disk is full."
            raise StorageUnavailable(message)
        return [f"{item.upper()} {len(os.sched_getaffinity(0))}" for item in items]

    def give_up(self, item: str, reason: str) -> str:
        return f"{item} given up: {reason}"
