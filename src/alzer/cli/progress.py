"""What a person sees of a training run: a bar on a terminal, else plain lines."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from alzer.cli.escaping import printable


class Epoch(Protocol):
    """What one epoch came to."""

    @property
    def number(self) -> int:
        """From 1."""

    @property
    def loss(self) -> float:
        """Mean training loss."""

    @property
    def validation_auc(self) -> float:
        """Per person; NaN when nobody is held out."""

    @property
    def seconds(self) -> float:
        """Duration."""


@dataclass
class Run:
    """How far one network's training has come.

    Attributes:
        title: What is being trained.
        epochs: How many there will be.
        now: Gives seconds; a monotonic clock.
        fraction: Share of the steps that are done.
    """

    title: str
    epochs: int
    now: Callable[[], float] = time.monotonic
    fraction: float = 0.0
    _first: tuple[float, float] | None = field(default=None, init=False)

    def step(self, epoch: int, done: int, total: int) -> None:
        """Note that `done` of `total` steps of an epoch are done."""
        self.fraction = (epoch - 1 + done / total) / self.epochs
        if self._first is None:  # a resumed run starts in the middle
            self._first = (self.now(), self.fraction)

    def seconds_left(self) -> float | None:
        """Estimate from the pace so far; None before there is one."""
        if self._first is None or self.fraction <= self._first[1]:
            return None
        pace = (self.now() - self._first[0]) / (self.fraction - self._first[1])
        return pace * (1.0 - self.fraction)

    def words_left(self) -> str:
        """Return how long it will take; nothing before there is a pace."""
        left = self.seconds_left()
        if left is None:
            return ""
        minutes = math.ceil(left / 60.0)
        return f", about {minutes} min left" if left >= 60.0 else f", {left:.0f} s left"


class Lines:
    """Plain lines, one per epoch, for logs and pipes.

    Args:
        console: Where to.
        epochs: Of each run.
    """

    def __init__(self, console: Console, epochs: int) -> None:
        self._console = console
        self._run = Run("", epochs)

    def note(self, text: str) -> None:
        """Report what the person should know of the data."""
        self._say(f"Note: {text}")

    def reading(self, done: int, total: int) -> None:
        """Report that `done` of `total` slices have been read."""
        if done == total:
            self._say(f"{total} slices read")

    def preparing(self, text: str) -> None:
        """Report in words how far whole heads are prepared."""
        self._say(text)

    def begin(self, title: str) -> None:
        """Report that the run of this title begins."""
        self._run = Run(title, self._run.epochs)
        self._say(f"{title}: training begins")

    def step(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Report that `done` of `total` steps of an epoch are done."""
        del loss  # the epoch's mean is told at its end
        self._run.step(epoch, done, total)

    def epoch(self, epoch: Epoch) -> None:
        """Report that an epoch has ended."""
        run = self._run
        self._say(
            f"{run.title}: epoch {epoch.number}/{run.epochs}, loss {epoch.loss:.4f}, "
            f"validation AUC {_number(epoch.validation_auc)}, {epoch.seconds:.0f} s"
            + run.words_left()
        )

    def _say(self, line: str) -> None:
        self._console.print(
            printable(line), highlight=False, markup=False, soft_wrap=True
        )


class Bar:
    """One bar on a terminal; finished epochs stay above it as lines.

    Args:
        progress: Running.
        epochs: Of each run.
    """

    def __init__(self, progress: Progress, epochs: int) -> None:
        self._progress = progress
        self._lines = Lines(progress.console, epochs)
        self._run = Run("", epochs)
        self._auc = math.nan
        self._task = progress.add_task("", total=None)

    def note(self, text: str) -> None:
        """Report what the person should know of the data."""
        self._lines.note(text)

    def reading(self, done: int, total: int) -> None:
        """Report that `done` of `total` slices have been read."""
        text = f"reading slices {done}/{total}"
        self._progress.update(self._task, description=text, completed=done, total=total)

    def preparing(self, text: str) -> None:
        """Report in words how far whole heads are prepared."""
        self._progress.update(self._task, description=text, total=None)

    def begin(self, title: str) -> None:
        """Report that the run of this title begins."""
        self._run, self._auc = Run(title, self._run.epochs), math.nan
        self._lines.begin(title)

    def step(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Report that `done` of `total` steps of an epoch are done."""
        run = self._run
        run.step(epoch, done, total)
        self._lines.step(epoch, done, total, loss)
        text = (
            f"{run.title}  epoch {epoch}/{run.epochs}  loss {loss:.4f}  "
            f"validation AUC {_number(self._auc)}{run.words_left()}"
        )
        self._progress.update(
            self._task, description=text, completed=run.fraction, total=1.0
        )

    def epoch(self, epoch: Epoch) -> None:
        """Report that an epoch has ended."""
        self._auc = epoch.validation_auc
        self._lines.epoch(epoch)


@contextmanager
def show_progress(console: Console, epochs: int) -> Iterator[Bar | Lines]:
    """Choose how to show a study.

    Args:
        console: Where to.
        epochs: Of each run.

    Yields:
        What the study tells its progress.
    """
    if not console.is_terminal:
        yield Lines(console, epochs)
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(20))
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(progress, epochs)


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "not yet"
