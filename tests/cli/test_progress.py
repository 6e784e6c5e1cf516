"""What a person sees while a network learns."""

import io
import math

import pytest
from rich.console import Console

from alzer.cli.progress import Run, show_progress
from alzer.training.history import Epoch


def test_time_left_follows_the_pace_so_far() -> None:
    seconds = iter([0.0, 30.0])
    run = Run("fold 0", 2, lambda: next(seconds))
    run.step(1, 1, 10)
    before = run.seconds_left()
    run.step(1, 4, 10)

    assert before is None
    assert run.fraction == pytest.approx(0.2)
    assert run.seconds_left() == pytest.approx(30.0 / 0.15 * 0.8)


def test_a_resumed_run_does_not_count_what_was_done_before() -> None:
    seconds = iter([100.0, 110.0])
    run = Run("fold 0", 10, lambda: next(seconds))
    run.step(6, 1, 10)
    run.step(6, 2, 10)

    assert run.seconds_left() == pytest.approx(10.0 / 0.01 * 0.48)


def watch(*, terminal: bool) -> str:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=terminal, width=120)
    with show_progress(console, epochs=2) as progress:
        progress.reading(1, 2)
        progress.reading(2, 2)
        progress.begin("fold 3")
        progress.step(1, 1, 2, 1.5)
        progress.step(1, 2, 2, 1.25)
        progress.epoch(Epoch(1, 1.375, 0.71, 65.0))
        progress.step(2, 1, 2, 1.0)
        progress.epoch(Epoch(2, 1.0, math.nan, 61.0))
    return screen.getvalue()


def test_a_log_gets_one_line_per_epoch() -> None:
    lines = watch(terminal=False).splitlines()

    assert lines[:2] == ["2 slices read", "fold 3: training begins"]
    assert lines[2].startswith(
        "fold 3: epoch 1/2, loss 1.3750, validation AUC 0.710, 65 s, "
    )
    assert lines[2].endswith(" s left")
    assert "validation AUC not yet" in lines[3]
    assert len(lines) == 4


def test_a_terminal_gets_a_bar_with_loss_and_auc() -> None:
    screen = watch(terminal=True)

    assert "fold 3  epoch 2/2  loss 1.0000  validation AUC 0.710" in screen
    assert "\x1b[" in screen


def test_long_waits_are_told_in_minutes() -> None:
    seconds = iter([0.0, 30.0])
    run = Run("fold 0", 2, lambda: next(seconds))
    run.step(1, 1, 10)
    run.step(1, 4, 10)

    assert run.words_left() == ", about 3 min left"


def test_what_the_data_are_called_is_not_obeyed() -> None:
    screen = io.StringIO()
    with show_progress(Console(file=screen, width=120), epochs=1) as progress:
        progress.note("subject \x1b[31m")

    assert screen.getvalue() == "Note: subject \\x1b[31m\n"
