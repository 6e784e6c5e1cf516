"""What a person sees of a call of `alzer predict` while it runs."""

import sys
import threading
from collections.abc import Callable, Iterable
from io import TextIOWrapper
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from alzer.cli.escaping import printable
from alzer.cli.inputs import Input
from alzer.cli.records import LAYOUTS, Format, Record

# The stages of work on a whole head, in words; a new one is shown by its own name.
_STAGES: Final = MappingProxyType(
    {
        "read": "reading",
        "brain": "finding the brain",
        "bias": "correcting brightness",
        "register": "aligning",
        "slices": "cutting slices",
        "quality": "checking",
        "predict": "predicting",
        "structures": "measuring structures",
        "draw": "drawing",
    }
)

_LONGEST_NAME: Final = 30


class Screen:
    """Standard output, a record at a time; to be used as a context.

    Args:
        chosen: How records are written.
    """

    def __init__(self, chosen: Format) -> None:
        self._layout = LAYOUTS[chosen]()

    def __enter__(self) -> Self:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        self._put(self._layout.head())
        return self

    def __exit__(self, *_: object) -> None:
        self._put(self._layout.tail())

    def add(self, record: Record) -> None:
        """Show one record.

        Args:
            record: What to show.
        """
        self._put(self._layout.row(record))

    @staticmethod
    def _put(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


class Display:
    """Progress on standard error, if that is a terminal; to be used as a context.

    One bar counts the inputs; each whole head that is worked on has one below it.

    Args:
        count: Gives all inputs of the call, to be counted.
    """

    def __init__(self, count: Callable[[], Iterable[Input]]) -> None:
        self._count = count
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[done]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            redirect_stdout=sys.stdout.isatty(),
            transient=True,
        )
        self._all = TaskID(0)
        self._inputs: int | None = None
        self._done = 0
        self._heads: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        if not self._progress.disable:
            self._inputs = sum(1 for _ in self._count())
        self._all = self._progress.add_task("analysing", total=self._inputs, done="")
        self._show_done()
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self) -> None:
        """Count one more record."""
        self._done += 1
        self._progress.advance(self._all)
        self._show_done()

    def tell(self, name: str, stage: str, share: float | None) -> None:
        """Show how far a whole head has come; any thread may call this.

        Args:
            name: Of its input.
            stage: What is being done.
            share: Of all work on it, 0 to 1; None once it is through.
        """
        with self._lock:
            if share is None:
                if name in self._heads:
                    self._progress.remove_task(self._heads.pop(name))
                return
            if name not in self._heads:
                self._heads[name] = self._progress.add_task("", total=1.0, done="")
            shown = escape(printable(Path(name).name[-_LONGEST_NAME:]))
            text = f"  {shown}: {_STAGES.get(stage, stage)}"
            self._progress.update(self._heads[name], description=text, completed=share)

    def _show_done(self) -> None:
        self._progress.update(self._all, done=f"{self._done}/{self._inputs or '?'}")
