"""`alzer predict`: files and folders in, one record each out."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from alzer.cli import bids
from alzer.cli.cluster import output_of, predict_on_cluster, refuse_far_results
from alzer.cli.cluster_call import ClusterCall
from alzer.cli.cohort import Cohort, Finding
from alzer.cli.display import Display, Screen
from alzer.cli.exits import Stopped, apart, complain, exit_after
from alzer.cli.further_files import Extras, refuse_standard_input
from alzer.cli.map_options import (
    BundleOption,
    CellsOption,
    ClassOption,
    MapOption,
    PaletteOption,
    RangeOption,
    choose_extras,
)
from alzer.cli.memory import available_bytes, heads_at_once
from alzer.cli.options import (
    EngineOption,
    ModelOption,
    PrecisionOption,
    ThreadsOption,
    read_settings,
)
from alzer.cli.other_results import refuse_those_of_a_cluster
from alzer.cli.predict_options import (
    BackendOption,
    BidsOption,
    FormatOption,
    HeadProcessesOption,
    OutputOption,
    OverwriteOption,
    Paths,
    ResumeOption,
    SeriesOption,
    SliceProcessesOption,
)
from alzer.cli.reading import Reader
from alzer.cli.records import Format, Record, note
from alzer.cli.results import Choice, Existing, ResultsFolder
from alzer.cli.volumes import Heads, Work
from alzer.errors import AlzerError, InvalidRequest
from alzer.settings import Settings
from alzer.wiring import start_model


def predict(  # noqa: PLR0913 - a command's options are its parameters
    paths: Paths,
    *,
    output: OutputOption = None,
    chosen: FormatOption = None,
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
    series: SeriesOption = None,
    as_bids: BidsOption = False,
    method: MapOption = None,
    palette: PaletteOption = None,
    map_class: ClassOption = None,
    map_range: RangeOption = None,
    cells: CellsOption = False,
    bundle: BundleOption = False,
    model: ModelOption = None,
    engine: EngineOption = None,
    precision: PrecisionOption = None,
    threads: ThreadsOption = None,
    backend: BackendOption = None,
    slice_processes: SliceProcessesOption = None,
    head_processes: HeadProcessesOption = None,
) -> None:
    """Predict the degree of impairment for slices and for whole heads.

    One record per slice, or per person whose whole head is given, goes to standard
    output, and with --output to DIR/predictions.<format> too (a table becomes CSV
    there), beside DIR/heatmaps and a summary, DIR/run.json. Inside folders, files
    without a suffix or with one of an image format are tried; hidden ones and linked
    folders are not. What is left out is counted at the end and in run.json. A file
    that can't be analysed gets a record with an error and stops nothing.

    The DICOM files of one series are one volume, in one folder or several. With
    --output, what belongs to a whole head is in DIR/scans: evidence and brain mask as
    NIfTI on the scan's own grid, each slice and all in the colours of the evidence.

    --map writes one more picture for each analysis to DIR/maps (of a whole head to its
    folder in DIR/scans), and DIR/maps/legend.png; --palette, --map-class, --map-range
    and --cells say how it is drawn. The heatmap stays as it is.

    Until the end, records are in DIR/predictions.<format>.part, each from the moment
    when it is made; --resume takes that up after any end of the program.

    --backend has a cluster work instead, on as many inputs as you like. Records go to
    DIR/records alone, in shards; the rest is as ever. It ends no input twice: --resume
    takes up what has no record of the same content, model and settings.

    Exit code: 0 when all succeeded, 1 when an input failed or a heatmap could not be
    written, 2 for a wrong call, 130 after Ctrl-C, 143 after SIGTERM.
    """
    settings = read_settings(
        model=model, engine=engine, precision=precision, threads=threads
    )
    series = (series or "").strip() or None
    existing = _existing(output, resume=resume, overwrite=overwrite)
    extras = choose_extras(
        method, palette, map_class, map_range, cells=cells, bundles=bundle
    )
    if backend is not None:
        far = ClusterCall(
            backend, paths, output_of(output), chosen, existing, as_bids, series,
            extras, slice_processes, head_processes,
        )  # fmt: skip
        exit_after(lambda: predict_on_cluster(far, settings))
    refuse_far_results(output, chosen)
    call = _Call(
        paths,
        None if output is None else Path(output),
        Choice(chosen, _usual_format(), existing),
        Finding(as_bids, apart=series is None),
        series,
        extras,
    )
    call.check_extras()
    exit_after(lambda: _run(call, settings))


@dataclass(frozen=True)
class _Call:
    """What a call asks for.

    Attributes:
        names: Files and folders.
        output: Where results go, if anywhere.
        choice: How results are written.
        finding: How inputs are found.
        series: Which of several DICOM series is meant; None to choose.
        extras: What more is written of each analysis.
    """

    names: Sequence[str]
    output: Path | None
    choice: Choice
    finding: Finding
    series: str | None
    extras: Extras

    def check_extras(self) -> None:
        """Refuse to make files that there is no folder for, or no input.

        Raises:
            InvalidRequest: The call asks for that.
        """
        if not self.extras.names:
            return
        if self.output is None:
            message = "Maps and bundles are written to the folder of --output; name it."
            raise InvalidRequest(message)
        if self.extras.bundles:
            refuse_standard_input(self.names)

    def open_folder(self) -> ResultsFolder | None:
        """Make the folder of results ready, if the call names one."""
        if self.output is None:
            return None
        is_bids = self.finding.is_bids
        folder = bids.derivative_folder(self.output) if is_bids else self.output
        refuse_those_of_a_cluster(folder)
        if not is_bids:
            return ResultsFolder.open(folder, self.choice)
        if len(self.names) > 1:  # within one, each has a place of its own
            bids.refuse_shared_places(bids.find_participants(self.names))
        results = ResultsFolder.open(folder, self.choice)
        links = bids.links_to(self.names, folder)
        results.write(folder / bids.DESCRIPTION, bids.description(links))
        return results

    def work(self, settings: Settings) -> Work:
        """Describe what is done with each whole head."""
        at_once = heads_at_once(available_bytes())
        return Work(self.series, self.output is not None, at_once, settings.data_dir)


def _usual_format() -> Format:
    return Format.table if sys.stdout.isatty() else Format.jsonl


def _existing(output: str | None, *, resume: bool, overwrite: bool) -> Existing:
    if output is None and (resume or overwrite):
        message = "--resume and --overwrite are about the folder of --output; name it."
        raise InvalidRequest(message)
    if resume and overwrite:
        message = "--resume keeps earlier results and --overwrite does not; give one."
        raise InvalidRequest(message)
    if overwrite:
        return Existing.OVERWRITE
    return Existing.RESUME if resume else Existing.REFUSE


def _run(call: _Call, settings: Settings) -> bool:
    """Analyse everything, and say how it ended.

    Returns:
        Whether all went well.

    Raises:
        KeyboardInterrupt: Somebody stopped it, after the files are whole.
        Stopped: Likewise.
        AlzerError: Nothing further can be analysed or written.
    """
    if not call.finding.is_bids and any(map(bids.is_data_set, call.names)):
        complain(bids.HINT)
    cohort = Cohort(call.names, call.open_folder(), call.finding, call.extras)
    before = cohort.tally.done
    try:
        with Reader(settings.limits, settings.decoding) as reader:
            calibrated = _answer(cohort, call, reader, settings)
    except (KeyboardInterrupt, Stopped, AlzerError) as stop:
        if cohort.tally.done > before or not isinstance(stop, AlzerError):
            complain(f"Stopped; {cohort.complete}")
        raise
    if call.choice.shown is not Format.table:  # it ends with the note
        complain(note(calibrated=calibrated))
    return cohort.is_success


def _answer(cohort: Cohort, call: _Call, reader: Reader, settings: Settings) -> bool:
    """Analyse everything.

    Returns:
        Whether the model is calibrated.
    """
    reads = reader.read(cohort.inputs(cohort.tally.skipped))
    model = apart(lambda: start_model(settings))  # while the first files are read
    cohort.begin(model)
    display = Display(cohort.inputs)
    with Heads(reader, model, call.work(settings), display.tell) as heads:
        _write(cohort, cohort.records(reads, model, heads), call.choice, display)
    cohort.end(model)
    return model.decision.calibrated


def _write(
    cohort: Cohort, records: Iterator[Record], choice: Choice, display: Display
) -> None:
    """Write every record as soon as it is there; what was written stays whole."""
    tally = cohort.tally
    with ExitStack() as stack:
        stack.enter_context(display)
        sinks = [stack.enter_context(Screen(choice.shown)).add]
        if cohort.folder:
            sinks.insert(0, stack.enter_context(cohort.folder.records()).add)
        for record in records:
            for add in sinks:
                add(record)
            tally.done += 1
            tally.failures += "error" in record
            display.advance()
