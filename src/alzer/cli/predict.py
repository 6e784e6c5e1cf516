"""`alzer predict`: files and folders in, one record each out."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Annotated, Final, Self

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from alzer.analysis import BATCH_SIZE, Analysis, analyse_many
from alzer.cli.exits import FAILURE, SUCCESS, complain
from alzer.cli.inputs import Failure, Input, failure_of, find_inputs, read_input
from alzer.cli.options import (
    EngineOption,
    ModelOption,
    PrecisionOption,
    ThreadsOption,
    read_settings,
    start_model,
)
from alzer.cli.records import (
    LAYOUTS,
    Format,
    Record,
    describe,
    describe_failure,
    note,
)
from alzer.cli.results import ResultsFolder
from alzer.errors import StorageUnavailable, UnusableScan
from alzer.model.engine import Model
from alzer.settings import Limits

INTERRUPTED: Final = 130  # 128 plus the number of SIGINT, as shells have it

_NOT_ASKED: Final = "Heatmaps are kept with --output."

Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH",
        help="Files, folders with everything below them, or - for standard input.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="Folder for heatmaps, their legend and a file with the records.",
    ),
]
FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format",
        "-f",
        help="How records are written; by default a table on a terminal, else jsonl.",
    ),
]


def predict(  # noqa: PLR0913 - a command's options are its parameters
    paths: Paths,
    *,
    output: OutputOption = None,
    chosen: FormatOption = None,
    model: ModelOption = None,
    engine: EngineOption = None,
    precision: PrecisionOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Predict the degree of impairment for files and folders.

    One record per input goes to standard output, and with --output to
    DIR/predictions.<format> too (a table becomes CSV there), beside
    DIR/heatmaps. Inside folders, files without a suffix or with one of an image
    format are tried; hidden ones are not. A file that can't be analysed gets a
    record with an error and stops nothing. Exit code: 0 when all succeeded, 1
    when some failed, 2 for a wrong call.
    """
    settings = read_settings(
        model=model, engine=engine, precision=precision, threads=threads
    )
    folder = ResultsFolder.open(output) if output else None
    cohort = Cohort(paths, start_model(settings), settings.limits, folder)
    _exit_after(_write(cohort, chosen or _usual_format()))


def _exit_after(failures: int) -> None:
    raise typer.Exit(FAILURE if failures else SUCCESS)


def _usual_format() -> Format:
    return Format.table if sys.stdout.isatty() else Format.jsonl


@dataclass(frozen=True)
class Cohort:
    """Everything that one call analyses, and with what.

    Attributes:
        names: Files and folders as the call names them.
        model: What answers.
        limits: How large a file may be.
        folder: Where results go, if anywhere.
    """

    names: Sequence[str]
    model: Model
    limits: Limits
    folder: ResultsFolder | None

    def inputs(self) -> Iterator[Input]:
        """Find the files."""
        own = self.folder.own if self.folder else frozenset()
        return find_inputs(self.names, own)

    def records(self) -> Iterator[Record]:
        """Analyse the files a batch at a time, so that memory does not grow.

        Yields:
            One record per input, in their order.
        """
        waiting = self.inputs()
        while batch := list(islice(waiting, BATCH_SIZE)):
            contents = [read_input(each, self.limits.max_file_bytes) for each in batch]
            readable = (each for each in contents if isinstance(each, bytes))
            answers = analyse_many(readable, self.model, self.limits)
            for each, content in zip(batch, contents, strict=True):
                yield self._record(
                    each, content if isinstance(content, Failure) else next(answers)
                )

    def _record(
        self, each: Input, outcome: Analysis | UnusableScan | Failure
    ) -> Record:
        if isinstance(outcome, UnusableScan):
            outcome = failure_of(outcome)
        if isinstance(outcome, Failure):
            return describe_failure(each.name, outcome)
        heatmap, reason = self._keep(each, outcome)
        return describe(each.name, outcome, heatmap, reason)

    def _keep(self, each: Input, analysis: Analysis) -> tuple[str | None, str | None]:
        """Save the heatmap; the prediction comes without one, too."""
        if analysis.overlay_png is None:
            return None, analysis.no_heatmap_reason
        if self.folder is None:
            return None, _NOT_ASKED
        try:
            return self.folder.save_heatmap(each.name, analysis.overlay_png), None
        except StorageUnavailable as error:
            return None, error.message


def _write(cohort: Cohort, chosen: Format) -> int:
    """Write every record as soon as it is there.

    Returns:
        How many inputs failed.

    Raises:
        Exit: If the person stops it; what was written stays whole.
    """
    failures = done = 0
    try:
        with ExitStack() as stack:
            advance = stack.enter_context(_Display(cohort))
            sinks = [stack.enter_context(_Screen(chosen)).add]
            if cohort.folder:
                sinks.append(stack.enter_context(cohort.folder.records(chosen)).add)
            for record in cohort.records():
                for add in sinks:
                    add(record)
                done += 1
                failures += "error" in record
                advance()
    except KeyboardInterrupt as stop:
        complain(f"Stopped; {done} records are complete.")
        raise typer.Exit(INTERRUPTED) from stop
    _say_last_words(cohort, chosen)
    return failures


def _say_last_words(cohort: Cohort, chosen: Format) -> None:
    if cohort.folder:
        complain(f"Records and heatmaps are in {cohort.folder.path}.")
    if chosen is not Format.table:  # a table ends with the note
        complain(note(calibrated=cohort.model.decision.calibrated))


class _Screen:
    """Standard output, a record at a time."""

    def __init__(self, chosen: Format) -> None:
        self._layout = LAYOUTS[chosen]()

    def __enter__(self) -> Self:
        if isinstance(sys.stdout, TextIOWrapper):
            # File names of any encoding come out as the bytes they are.
            sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
        self._put(self._layout.head())
        return self

    def __exit__(self, *_: object) -> None:
        self._put(self._layout.tail())

    def add(self, record: Record) -> None:
        self._put(self._layout.row(record))

    @staticmethod
    def _put(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


class _Display:
    """A progress bar on standard error, if that is a terminal."""

    def __init__(self, cohort: Cohort) -> None:
        self._cohort = cohort
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("analysing"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            redirect_stdout=sys.stdout.isatty(),
            transient=True,
        )

    def __enter__(self) -> Callable[[], None]:
        total = None
        if not self._progress.disable:
            total = sum(1 for _ in self._cohort.inputs())
        task = self._progress.add_task("", total=total)
        self._progress.start()
        return lambda: self._progress.advance(task)

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
