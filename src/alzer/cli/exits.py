"""From a failure to its exit code and its sentence: one table."""

import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import typer
from typer.core import TyperGroup

from alzer.cli.escaping import printable
from alzer.errors import (
    AlzerError,
    InvalidRequest,
    JobLost,
    Overloaded,
    StorageUnavailable,
    TrainingRefused,
    UnusableModel,
    UnusableScan,
)

SUCCESS: Final = 0
FAILURE: Final = 1
WRONG_CALL: Final = 2

# The nearest class in an error's ancestry decides. `alzer predict` turns an
# UnusableScan into a record and goes on; its exit code is then FAILURE too.
EXIT_CODE_BY_ERROR: Final[Mapping[type[AlzerError], int]] = {
    UnusableScan: FAILURE,
    InvalidRequest: WRONG_CALL,
    UnusableModel: FAILURE,
    TrainingRefused: FAILURE,
    StorageUnavailable: FAILURE,
    JobLost: FAILURE,
    Overloaded: FAILURE,
}


def exit_code_of(error: type[AlzerError]) -> int:
    """Look up the exit code that stands for a class of errors."""
    nearest = (each for each in error.__mro__ if each in EXIT_CODE_BY_ERROR)
    return EXIT_CODE_BY_ERROR[next(nearest)]


def complain(sentence: str) -> None:
    """Show the person at the terminal what went wrong."""
    sys.stderr.write(f"alzer: {printable(sentence)}\n")


class Stopped(BaseException):
    """Somebody, or the system, asked this program to end.

    Attributes:
        exit_code: 128 plus the number of the signal, as shells have it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


@contextmanager
def stoppable() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and the end of the terminal close files before the end.

    Raises:
        Stopped: One of them came.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # no other thread can be told of signals
        return
    before = {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores SIGHUP
            before[number] = signal.signal(number, _stop)
    try:
        yield
    except KeyboardInterrupt as error:
        raise Stopped(signal.SIGINT) from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _: object) -> NoReturn:
    raise Stopped(number)


class Commands(TyperGroup):
    """The commands, none of which shows a traceback for a foreseen failure."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer keeps its type private
        """Run the command that was called.

        Args:
            ctx: The parsed call.

        Returns:
            What the command returns.

        Raises:
            Exit: If the command fails in a foreseen way; carries the exit code.
        """
        try:
            return super().invoke(ctx)
        except AlzerError as error:
            complain(error.message)
            raise typer.Exit(exit_code_of(type(error))) from error
