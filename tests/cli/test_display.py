"""What a person sees while a call runs."""

import threading

import pytest

from alzer.cli.display import Display
from alzer.cli.inputs import Input


@pytest.fixture
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")


@pytest.mark.usefixtures("_terminal")
def test_each_whole_head_shows_its_stage_below_the_count(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Display(lambda: [Input("a"), Input("b")]) as display:
        display.tell("x/[red]a\x1b.nii", "brain", 0.1)
        display.tell("x/through.nii", "predict", 0.8)
        display.tell("x/through.nii", "", None)
        display.tell("x/c.nii", "other", 0.5)
        display.advance()
    shown = capsys.readouterr().err

    assert "1/2" in shown
    assert r"[red]a\x1b.nii: finding the brain" in shown
    assert "c.nii: other" in shown
    last = shown[shown.rindex("analysing") :]
    assert "through" not in last


def test_nothing_is_shown_or_counted_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    counted: list[Input] = []
    with Display(lambda: counted) as display:
        tell = threading.Thread(target=display.tell, args=("a.nii", "brain", 0.5))
        tell.start()
        tell.join()
        display.tell("never told", "", None)
        display.advance()

    assert capsys.readouterr().err.strip() == ""
