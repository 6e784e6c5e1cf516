"""`alzer predict`: files and folders in, one record each out."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, NoReturn, Self

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from alzer.cli.cohort import Cohort
from alzer.cli.exits import FAILURE, SUCCESS, Stopped, complain, stoppable
from alzer.cli.options import (
    EngineOption,
    ModelOption,
    PrecisionOption,
    ThreadsOption,
    read_settings,
)
from alzer.cli.reading import Reader
from alzer.cli.records import LAYOUTS, Format, Record, note
from alzer.cli.results import Choice, Existing, ResultsFolder
from alzer.errors import AlzerError, InvalidRequest
from alzer.settings import Settings
from alzer.wiring import start_model

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


ResumeOption = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on where an earlier call with this DIR ended: its records stay, and "
        "inputs that have one are passed over.",
    ),
]
OverwriteOption = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace the results in DIR: the records at the end, heatmaps as they are "
        "made. Without it and --resume, a DIR with results is refused.",
    ),
]


def predict(  # noqa: PLR0913 - a command's options are its parameters
    paths: Paths,
    *,
    output: OutputOption = None,
    chosen: FormatOption = None,
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
    model: ModelOption = None,
    engine: EngineOption = None,
    precision: PrecisionOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Predict the degree of impairment for files and folders.

    One record per input goes to standard output, and with --output to
    DIR/predictions.<format> too (a table becomes CSV there), beside
    DIR/heatmaps and a summary, DIR/run.json. Inside folders, files without a suffix
    or with one of an image format are tried; hidden ones and linked folders are not.
    What is left out is counted at the end and in run.json. A file that can't be
    analysed gets a record with an error and stops nothing.

    Until the end, records are in DIR/predictions.<format>.part, each from the moment
    when it is made; --resume takes that up after any end of the program.

    Exit code: 0 when all succeeded, 1 when an input failed or a heatmap could not be
    written, 2 for a wrong call, 130 after Ctrl-C, 143 after SIGTERM.
    """
    settings = read_settings(
        model=model, engine=engine, precision=precision, threads=threads
    )
    existing = _existing(output, resume=resume, overwrite=overwrite)
    choice = Choice(chosen, _usual_format(), existing)
    _exit_after(lambda: _run(paths, output, choice, settings))


def _exit_after(run: Callable[[], bool]) -> NoReturn:
    """End with the exit code of a run, and of the signal that stops it.

    Raises:
        Exit: Always.
    """
    try:
        with stoppable():
            is_success = run()
    except Stopped as stop:
        raise typer.Exit(stop.exit_code) from stop
    raise typer.Exit(SUCCESS if is_success else FAILURE)


def _usual_format() -> Format:
    return Format.table if sys.stdout.isatty() else Format.jsonl


def _existing(output: Path | None, *, resume: bool, overwrite: bool) -> Existing:
    if output is None and (resume or overwrite):
        message = "--resume and --overwrite are about the folder of --output; name it."
        raise InvalidRequest(message)
    if resume and overwrite:
        message = "--resume keeps earlier results and --overwrite does not; give one."
        raise InvalidRequest(message)
    if overwrite:
        return Existing.OVERWRITE
    return Existing.RESUME if resume else Existing.REFUSE


def _run(
    names: Sequence[str], output: Path | None, choice: Choice, settings: Settings
) -> bool:
    """Analyse everything, and say how it ended.

    Returns:
        Whether all went well.

    Raises:
        KeyboardInterrupt: Somebody stopped it, after the files are whole.
        Stopped: Likewise.
        AlzerError: Nothing further can be analysed or written.
    """
    folder = None if output is None else ResultsFolder.open(output, choice)
    cohort = Cohort(names, folder)
    before = cohort.tally.done
    try:
        with Reader(settings.limits, settings.decoding) as reader:
            reads = reader.read(cohort.inputs(cohort.tally.skipped))
            model = start_model(settings)  # while the first files are read
            cohort.begin(model)
            _write(cohort, cohort.records(reads, model), choice)
    except (KeyboardInterrupt, Stopped, AlzerError) as stop:
        if cohort.tally.done > before or not isinstance(stop, AlzerError):
            complain(f"Stopped; {cohort.complete}")
        raise
    cohort.end(model)
    if (choice.format or choice.usual) is not Format.table:  # it ends with the note
        complain(note(calibrated=model.decision.calibrated))
    return cohort.is_success


def _write(cohort: Cohort, records: Iterator[Record], choice: Choice) -> None:
    """Write every record as soon as it is there; what was written stays whole."""
    tally = cohort.tally
    with ExitStack() as stack:
        advance = stack.enter_context(_Display(cohort))
        sinks = [stack.enter_context(_Screen(choice.format or choice.usual)).add]
        if cohort.folder:
            sinks.insert(0, stack.enter_context(cohort.folder.records()).add)
        for record in records:
            for add in sinks:
                add(record)
            tally.done += 1
            tally.failures += "error" in record
            advance()


class _Screen:
    """Standard output, a record at a time."""

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
