"""What a person sees of a call that a cluster works on."""

import time
from collections.abc import Callable
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

# Logs of jobs are read later: a line now and then is enough.
_LINE_EACH_S: Final = 30.0


class ClusterDisplay:
    """Progress and throughput on standard error; to be used as a context.

    On a terminal a bar, else a line now and then.

    Args:
        total: Inputs of this call.
        console: Where to.
        now: Gives seconds; a monotonic clock.
    """

    def __init__(
        self,
        total: int,
        console: Console | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console or Console(stderr=True)
        self._now = now
        self._total = total
        self._done = self._failed = 0
        self._begun = self._told = now()
        self._progress = Progress(
            TextColumn("analysing"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._bar = self._progress.add_task("", total=total, told=self.text)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    @property
    def text(self) -> str:
        """How far it has come, and how fast, in words."""
        passed = max(self._now() - self._begun, 1e-3)
        pace = f"{self._done / passed:.1f} per second"
        failed = f", {self._failed} failed" if self._failed else ""
        return f"{self._done}/{self._total}, {pace}{failed}"

    def advance(self, failed: int) -> None:
        """Count one more input.

        Args:
            failed: How many of its records tell of an error.
        """
        self._done += 1
        self._failed += failed
        self._progress.update(self._bar, completed=self._done, told=self.text)
        if self._progress.disable and self._now() - self._told >= _LINE_EACH_S:
            self._told = self._now()
            self._console.print(self.text, highlight=False, markup=False)
