"""`alzer verify`: make an analysis again, and say what differs."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final, NoReturn

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
from alzer.cli.again import find_one, read_again
from alzer.cli.exits import FAILURE, SUCCESS, WRONG_CALL, complain
from alzer.cli.further_files import contents_of
from alzer.cli.options import (
    EngineOption,
    ModelOption,
    PrecisionOption,
    ThreadsOption,
    read_settings,
)
from alzer.cli.predict_options import SeriesOption
from alzer.errors import AlzerError, InvalidRequest
from alzer.replay import Comparison, compare, is_equal
from alzer.settings import Settings
from alzer.wiring import start_model

_EQUAL: Final = "The analysis is the one in the bundle."
_DIFFERS: Final = "The analysis differs from the one in the bundle."

# Wide enough for every name and verdict.
_COLUMNS: Final = (13, 23)


def verify(  # noqa: PLR0913 - a command's options are its parameters
    bundle: Annotated[
        Path,
        typer.Argument(
            metavar="BUNDLE", help="As `alzer predict --bundle` or the service gave it."
        ),
    ],
    scan: Annotated[
        list[str],
        typer.Argument(
            metavar="SCAN",
            help="The scan that was analysed: a file, files or a folder.",
        ),
    ],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write a JSON document, not a table.")
    ] = False,
    series: SeriesOption = None,
    model: ModelOption = None,
    engine: EngineOption = None,
    precision: PrecisionOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Replay the analysis in a bundle: analyse its scan again and compare.

    Input, model, versions, prepared slices, logits, maps, overlay and answer are
    compared one by one. Engine and precision are those of the bundle unless options
    say others. What another processor rounds otherwise counts as equal, and is told.

    Exit code: 0 when nothing differs, 1 when something does, 2 when that can't be
    found out: the bundle is damaged, or the scan can't be analysed.
    """

    def replay() -> tuple[Comparison, ...]:
        kept = read_bundle(_bytes_of(bundle))
        ran = kept.manifest["model"]
        settings = read_settings(
            model=model,
            engine=engine or ran["engine"],
            precision=precision or ran["precision"],
            threads=threads,
        )
        return compare(kept, _again(scan, series, settings))

    _exit_after(replay, as_json=as_json)


def _exit_after(
    replay: Callable[[], tuple[Comparison, ...]], *, as_json: bool
) -> NoReturn:
    """Tell what a replay found, and end with its exit code.

    Raises:
        Exit: Always.
    """
    try:
        comparisons = replay()
    except AlzerError as error:
        complain(error.message)
        raise typer.Exit(WRONG_CALL) from error
    typer.echo(_as_json(comparisons) if as_json else _as_table(comparisons))
    raise typer.Exit(SUCCESS if is_equal(comparisons) else FAILURE)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"The bundle can't be read ({error.strerror}). Check its path."
        raise InvalidRequest(message) from error


def _again(
    names: Sequence[str], series: str | None, settings: Settings
) -> AnalysisBundle:
    """Make the analysis again, as a bundle of its own."""
    source = find_one(names, series)
    scan = read_again(source, series, settings)
    digests = digests_of(contents_of(source))
    analysis = analyse(scan, start_model(settings), settings.limits)
    manifest = describe_analysis(analysis, digests)
    evidence = evidence_of(analysis)
    return read_bundle(pack_bundle(evidence, manifest, analysis.overlay_png))


def _as_json(comparisons: Sequence[Comparison]) -> str:
    told = [asdict(each) for each in comparisons]
    return json.dumps({"equal": is_equal(comparisons), "comparisons": told}, indent=2)


def _as_table(comparisons: Sequence[Comparison]) -> str:
    wide, wider = _COLUMNS
    lines = [
        f"{each.what:<{wide}}{each.verdict:<{wider}}{each.detail}".rstrip()
        for each in comparisons
    ]
    return "\n".join([*lines, _EQUAL if is_equal(comparisons) else _DIFFERS])
