"""From a failure to its exit code and its sentence: one table."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Final, NoReturn, TypeVar

import typer
from typer.core import TyperGroup

from alzer.cli.escaping import printable
from alzer.errors import (
    AlzerError,
    DicomUnavailable,
    InvalidRequest,
    JobLost,
    Overloaded,
    PdfUnavailable,
    StorageUnavailable,
    TrainingRefused,
    UnusableModel,
    UnusableScan,
)

Result = TypeVar("Result")

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
    DicomUnavailable: FAILURE,
    PdfUnavailable: FAILURE,
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


# By these a person, or the system, asks a program to end.
_STOPPING: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


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


def end_at_once(exit_code: int) -> None:
    """End a program that was stopped, without waiting for threads and libraries.

    Engines take a second to be taken apart, and a step in another thread may take
    longer. What was to be closed has been closed when the stop was handled.

    Args:
        exit_code: Of the program; nothing is done unless it is that of a signal.
    """
    if exit_code - 128 in _STOPPING:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)


def apart(work: Callable[[], Result]) -> Result:
    """Do what takes long in one step in a thread of its own.

    Signals are told between the steps of the first thread alone, which waits here.

    Args:
        work: What to do; it goes on, in vain, if the wait is ended by a signal.

    Returns:
        What it returns.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - who waits raises it
            future.set_exception(error)

    # Not of a pool: the end of the program does not wait for it.
    threading.Thread(target=run, daemon=True).start()
    return future.result()


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
