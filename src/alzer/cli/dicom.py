"""`alzer dicom`: an analysis as DICOM objects that refer to its scan."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from alzer.analysis import analyse
from alzer.analysis_bundle import (
    AnalysisBundle,
    describe_analysis,
    digests_of,
    pack_bundle,
    read_bundle,
)
from alzer.analysis_evidence import evidence_of
from alzer.answer import Analysis
from alzer.cli.again import find_one, read_again
from alzer.cli.further_files import contents_of
from alzer.cli.inputs import Input
from alzer.cli.kept_file import keep_file
from alzer.cli.options import (
    DataDirOption,
    ModelOption,
    ThreadsOption,
    read_settings,
)
from alzer.cli.predict_options import SeriesOption
from alzer.cli.report import bytes_of
from alzer.dicom_out.extra import load_writers
from alzer.dicom_out.grid import evidence_on_scan, grid_of
from alzer.dicom_out.kept import read_headers, require_same, scene_of_kept
from alzer.dicom_out.scene import KINDS, Kind, Scene, edges_of
from alzer.dicom_out.series import read_series
from alzer.errors import InvalidRequest, NotTheScan, StorageUnavailable
from alzer.replay import compare, is_equal
from alzer.reports.sources import Source, source_of_bundle
from alzer.settings import Settings
from alzer.store.store import open_store
from alzer.web.dicom import scene_of_record
from alzer.web.record_source import card_of, source_of_record
from alzer.wiring import start_model

_ANOTHER = (
    "Analysed again, the scan gives another answer than the one in the bundle, so the "
    "map can't be laid over it. Use the version and the model that made the bundle, or "
    "leave the map out with --kind."
)


class Wanted(StrEnum):
    """The objects that can be asked for, as `Kind` has them."""

    CAPTURE = "capture"
    REPORT = "report"
    MAP = "map"
    PDF = "pdf"


def _kinds(wanted: Sequence[Wanted] | None) -> tuple[Kind, ...]:
    return tuple(kind for kind in KINDS if not wanted or Wanted(kind) in wanted)


def dicom(  # noqa: PLR0913 - a command's options are its parameters
    analysis: Annotated[
        str,
        typer.Argument(
            metavar="ANALYSIS|BUNDLE",
            help="A bundle as `alzer predict --bundle` or the service gave it, or the "
            "id of an analysis in the service's data folder.",
        ),
    ],
    *,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="Folder for the objects."),
    ],
    source: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCAN",
            help="The scan that was analysed: a file, a folder or an archive; again "
            "for more files. It gives patient, study and what is referred to.",
        ),
    ] = None,
    kind: Annotated[
        list[Wanted] | None,
        typer.Option(help="Which objects, each with an option of its own; else all."),
    ] = None,
    de_identify: Annotated[
        bool,
        typer.Option(
            "--de-identify",
            help="Remove identities, by the Basic Profile of DICOM PS3.15 Annex E.",
        ),
    ] = False,
    series: SeriesOption = None,
    model: ModelOption = None,
    threads: ThreadsOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Write an analysis as DICOM objects: overlay, report, evidence and PDF.

    That is a Secondary Capture, a Comprehensive SR, a Parametric Map and an
    Encapsulated PDF. Without the scan they are of nobody, in a study of their own; and
    the evidence of a bundle can't be laid over a scan that is not at hand. A whole head
    is analysed again for that, and has to give the same answer. Not for diagnosis.
    """
    writers = load_writers()
    settings = read_settings(model=model, threads=threads, data_dir=data_dir)
    call = _Call(settings, tuple(source or ()), series, _kinds(kind))
    scene = call.scene(analysis)
    made = writers.write_objects(scene, writers.Choice(call.kinds, de_identify))
    _write(made, output)


class _Call:
    """What a call asks for, and what it takes to find that.

    Args:
        settings: Of this machine.
        names: Of the scan's files; none if it is not at hand.
        series: Which of several DICOM series of them is meant.
        kinds: Which objects are wanted.
    """

    def __init__(
        self,
        settings: Settings,
        names: Sequence[str],
        series: str | None,
        kinds: tuple[Kind, ...],
    ) -> None:
        self.settings, self.names = settings, names
        self.series, self.kinds = series, kinds

    def scene(self, analysis: str) -> Scene:
        """Return what is known of an analysis.

        Args:
            analysis: The path of its bundle, or its id.

        Raises:
            InvalidRequest: There is none.
        """
        card = card_of(self.settings)
        if Path(analysis).exists():
            bundle = read_bundle(bytes_of(Path(analysis)))
            told = source_of_bundle(bundle, card=card)
            return self._with_scan(told, bundle) if self.names else scene_of_kept(told)
        store = open_store(self.settings)
        record = store.records.find(analysis)
        if record is None:
            message = (
                "There is neither a file of that name nor an analysis of that id in "
                "the data folder (--data-dir, ALZER_DATA_DIR)."
            )
            raise InvalidRequest(message)
        told = source_of_record(store, record, card)
        if self.names:
            return self._with_scan(told, None)
        return scene_of_record(told, store, record, self.settings.limits)

    def _with_scan(self, told: Source, bundle: AnalysisBundle | None) -> Scene:
        """Return what is known together with the scan.

        Raises:
            NotTheScan: It is another one.
        """
        scan = find_one(self.names, self.series)
        contents = list(contents_of(scan))
        require_same(told, contents)
        headers = read_headers(contents, self.settings.limits)
        if bundle is None or not told.is_head or "map" not in self.kinds:
            return scene_of_kept(told, headers)
        again = self._again(scan, bundle, contents)
        found = read_series(headers, grid_of(again))
        return Scene(told, found, evidence_on_scan(again), edges_of(again))

    def _again(
        self, scan: Input, bundle: AnalysisBundle, contents: Sequence[bytes]
    ) -> Analysis:
        """Analyse a scan as its bundle says that it was.

        Raises:
            NotTheScan: The answer is another one.
        """
        ran = bundle.manifest["model"]
        changes = {"engine": ran["engine"], "precision": ran["precision"]}
        settings = self.settings.model_copy(update=changes)
        read = read_again(scan, self.series, settings)
        analysis = analyse(read, start_model(settings), settings.limits)
        manifest = describe_analysis(analysis, digests_of(contents))
        packed = pack_bundle(evidence_of(analysis), manifest, analysis.overlay_png)
        if not is_equal(compare(bundle, read_bundle(packed))):
            raise NotTheScan(_ANOTHER)
        return analysis


def _write(made: Any, folder: Path) -> None:  # noqa: ANN401 - `ResultObjects`, which needs the extra
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"The folder can't be made ({error.strerror}). Choose another -o."
        raise StorageUnavailable(message) from error
    for name, content in made.files():
        keep_file(folder / name, content)
        typer.echo(f"Wrote {folder / name}.")
    for kind, reason in made.left_out.items():
        typer.echo(f"Left out: {kind}. {reason}", err=True)
