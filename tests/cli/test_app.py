"""The program as a whole."""

import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rich.text import Text
from typer.main import get_command
from typer.testing import Result

from alzer import __version__
from alzer.cli.app import app

Call = Callable[..., Result]


def test_it_tells_its_version(call: Call) -> None:
    assert call("--version").stdout == f"alzer {__version__}\n"


@pytest.mark.parametrize("command", ["serve", "predict", "train", "models"])
def test_every_command_explains_itself(call: Call, command: str) -> None:
    result = call(command, "--help")

    assert result.exit_code == 0
    assert f"alzer {command}" in result.stdout


def test_without_a_command_it_shows_help_as_a_wrong_call(call: Call) -> None:
    result = call()

    assert result.exit_code == 2
    assert "predict" in result.output


def test_the_module_runs_as_the_program_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["alzer", "--version"])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("alzer.cli", run_name="__main__")

    assert end.value.code == 0
    assert capsys.readouterr().out == f"alzer {__version__}\n"


def help_texts(command: Any) -> Iterator[str]:  # noqa: ANN401 - typer keeps its types private
    """Return all that a command, and those below it, say of themselves."""
    yield command.help
    yield from (each.help for each in command.params if each.help)
    for below in getattr(command, "commands", {}).values():
        yield from help_texts(below)


def test_a_terminal_takes_no_part_of_a_help_text_for_markup() -> None:
    texts = list(help_texts(get_command(app)))

    assert len(texts) > 50
    for text in texts:
        assert Text.from_markup(text).plain == text


# Interrupts the program in the middle of its imports, as Ctrl-C may.
INTERRUPTED = """
import signal, sys

class Interrupting:
    def find_spec(self, name, *_):
        if name == "alzer.wiring":
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupting())
from alzer.cli.__main__ import main
main()
"""


def test_ctrl_c_ends_it_quietly_while_it_is_being_loaded() -> None:
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", INTERRUPTED], capture_output=True, check=False
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (130, b"", b"")
