"""The program as a whole."""

import runpy
import sys
from collections.abc import Callable

import pytest
from typer.testing import Result

from alzer import __version__

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
