"""Every failure has its exit code, and none shows a traceback."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from alzer.cli.exits import (
    EXIT_CODE_BY_ERROR,
    Commands,
    Stopped,
    apart,
    complain,
    end_at_once,
    exit_code_of,
    stoppable,
)
from alzer.errors import AlzerError, InvalidRequest, Overloaded


def descendants(error: type[AlzerError]) -> Iterator[type[AlzerError]]:
    for each in error.__subclasses__():
        yield each
        yield from descendants(each)


ALL = sorted(set(descendants(AlzerError)), key=lambda each: each.__name__)


def test_no_branch_of_the_tree_is_without_an_exit_code() -> None:
    assert set(AlzerError.__subclasses__()) <= set(EXIT_CODE_BY_ERROR)
    assert len(ALL) > 20


@pytest.mark.parametrize("error", ALL, ids=lambda each: each.__name__)
def test_a_command_that_fails_ends_with_code_and_sentence(
    error: type[AlzerError],
) -> None:
    app = typer.Typer(cls=Commands, pretty_exceptions_enable=False)

    @app.command()
    def fail() -> None:
        message = "This went wrong; do that."
        raise error(message)

    @app.callback()
    def group() -> None: ...

    result = CliRunner().invoke(app, ["fail"], catch_exceptions=False)

    assert result.exit_code == exit_code_of(error)
    assert result.stderr == "alzer: This went wrong; do that.\n"


def test_only_a_wrong_call_ends_with_two() -> None:
    twos = {each for each in ALL if exit_code_of(each) == 2}

    assert twos == {each for each in ALL if issubclass(each, InvalidRequest)}
    assert all(exit_code_of(each) in {1, 2} for each in ALL)


def test_a_sentence_is_not_obeyed_by_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    complain("Results are in \x1b[31m.")

    assert capsys.readouterr().err == "alzer: Results are in \\x1b[31m.\n"


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_a_signal_unwinds_and_gives_its_exit_code(
    number: signal.Signals, code: int
) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Stopped) as stop, stoppable():
        os.kill(os.getpid(), number)

    assert stop.value.exit_code == code
    assert signal.getsignal(number) is before


def test_what_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable():
            os.kill(os.getpid(), signal.SIGHUP)
            seen = signal.getsignal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert seen is signal.SIG_IGN


def test_in_another_thread_signals_are_left_alone() -> None:
    before, seen = signal.getsignal(signal.SIGTERM), []

    def look() -> None:
        with stoppable():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert seen == [before]


# A program that is stopped while another thread can't be, beside a library that takes
# its time to be taken apart.
BUSY = """
import atexit, os, signal, threading, time
from alzer.cli.exits import Stopped, apart, end_at_once, stoppable

def work():
    os.kill(os.getpid(), signal.{name})
    time.sleep(600)

threading.Thread(target=time.sleep, args=(600,)).start()
atexit.register(time.sleep, 600)
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    with stoppable():
        apart(work)
except Stopped as stop:
    print("closed")
    end_at_once(stop.exit_code)
"""


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_stop_waits_for_no_thread_and_no_library(name: str, code: int) -> None:
    program = [sys.executable, "-c", BUSY.format(name=name)]
    ended = subprocess.run(  # noqa: S603 - our own program
        program, capture_output=True, check=False, timeout=300.0
    )

    assert (ended.returncode, ended.stdout) == (code, b"closed\n"), ended.stderr


@pytest.mark.parametrize("code", [0, 1, 2])
def test_other_ends_are_ordinary_ones(code: int) -> None:
    end_at_once(code)  # else this would be the end of the tests


def test_what_is_done_apart_gives_its_result_or_its_failure() -> None:
    def fail() -> None:
        message = "It is full."
        raise Overloaded(message)

    assert apart(lambda: 3) == 3
    with pytest.raises(Overloaded, match="full"):
        apart(fail)
