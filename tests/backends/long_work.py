"""Work for a helper process."""

import os
import time
from collections.abc import Callable

from alzer.errors import NotBrainLike

OnStage = Callable[[str, float], None]


def count(number: int, on_stage: OnStage) -> int:
    """Return the next number, in two stages."""
    on_stage("one", 0.25)
    on_stage("two", 0.75)
    return number + 1


def tell(_: object, __: OnStage) -> tuple[int, int]:
    """Return this process's id and niceness."""
    return os.getpid(), os.nice(0)


def refuse(_: object, __: OnStage) -> None:
    """Fail in a way that is foreseen.

    Raises:
        NotBrainLike: Always.
    """
    message = "It is a liver."
    raise NotBrainLike(message)


def end(_: object, __: OnStage) -> None:
    """Be killed, as for want of memory."""
    os.kill(os.getpid(), 9)


def sleep(seconds: float, on_stage: OnStage) -> None:
    """Take long without a sign."""
    on_stage("asleep", 0.5)
    time.sleep(seconds)
