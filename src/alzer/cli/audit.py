"""`alzer audit`: how far the maps of a model can be trusted, over a whole data set."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from alzer.cli.audit_work import Control, Work
from alzer.cli.extras import load_extra
from alzer.cli.memory import available_bytes, heads_at_once
from alzer.cli.options import ModelOption, read_settings
from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.model.bundle import CARD_FILE, load_bundle, read_card, shipped_bundle

TABLE, FIGURES = "audit.csv", "audit.json"


DatasetArgument = Annotated[
    Path,
    typer.Argument(
        metavar="DATASET", help="Labelled slices or whole heads, as for alzer train."
    ),
]
StudyOption = Annotated[
    Path | None,
    typer.Option(
        metavar="STUDY",
        help="Folder that alzer train wrote: each person is judged by the network of "
        "the fold that never saw them. That of a permuted study is a control. By "
        "default one bundle judges everybody.",
    ),
]
ControlOption = Annotated[
    Control | None,
    typer.Option(
        help="Check maps that must fail: those of the same network with randomised "
        "weights, or of noise. About one in 16 gets the badge, no more."
    ),
]
LayersOption = Annotated[
    bool,
    typer.Option(
        "--randomise-layers",
        help="Also say how much of the maps stays when the bundle's weights are "
        "randomised stage by stage, from the last to the first.",
    ),
]
PeopleOption = Annotated[
    int | None, typer.Option(min=1, help="People at most, evenly chosen.")
]
SlicesOption = Annotated[
    int, typer.Option("--slices", min=1, help="Slices of each person, evenly chosen.")
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help=f"Folder for {FIGURES} and {TABLE}, and for prepared heads.",
    ),
]
RepeatsOption = Annotated[
    int, typer.Option(min=20, help="Draws of people for each interval.")
]
UpdateCardOption = Annotated[
    bool,
    typer.Option(
        "--update-card",
        help="Also write the figures into the bundle's card, from which the page tells "
        "them: of the check only for --study, as elsewhere the model would judge its "
        "own people, and those of --randomise-layers.",
    ),
]
SubjectsOption = Annotated[
    bool, typer.Option("--slices-are-subjects", help="As for alzer train.")
]
SeedOption = Annotated[int, typer.Option(help="Of randomised weights and of noise.")]


_load = partial(load_extra, purpose="An audit")


def audit(  # noqa: PLR0913 - a command's options are its parameters
    dataset: DatasetArgument,
    *,
    model: ModelOption = None,
    study: StudyOption = None,
    control: ControlOption = None,
    randomise_layers: LayersOption = False,
    people: PeopleOption = None,
    slices: SlicesOption = 1,
    output: OutputOption = None,
    update_card: UpdateCardOption = False,
    repeats: RepeatsOption = 2000,
    slices_are_subjects: SubjectsOption = False,
    seed: SeedOption = 0,
) -> None:
    """Check the maps of a model over a labelled data set.

    Says how often a map earns the badge: what it marks mattered more than 15 of 15
    equally large areas; and where the evidence lies. Each slice takes 24 forward
    passes. Needs the extra 'train'.
    """
    evaluation, averaging = _load("evaluation.audit"), _load("evaluation.map_averages")
    held_out = study is not None and control is None
    if update_card:
        _require_figures_for_a_card(held_out=held_out, layers=randomise_layers)
    cohort = _read_cohort(dataset, output, slices_are_subjects=slices_are_subjects)
    folder = model or _bundle_of(study)
    bundle = load_bundle(folder)
    console = Console(stderr=True)
    with console.status("loading") as status:
        work = Work(bundle, cohort, status.update)
        models = work.models(study)
        maps = work.foreign_maps(control, seed)
        chosen = work.choose(models, people, slices)
        candidates = list(work.ask(chosen, models, maps))
        rows = work.judge(candidates, models)
        figures = {
            "model": {"name": bundle.name, "version": bundle.version},
            "study": study is not None,
            "control": control,
            **evaluation.summarise(rows, repeats),
            "average_maps": averaging.whole_average(candidates),
        }
        if randomise_layers:
            figures["randomised_layers"] = work.randomise_layers(chosen, seed, repeats)
    typer.echo(_title(figures))
    typer.echo(evaluation.in_words(figures))
    if output is not None:
        _write(output / TABLE, evaluation.write_table(rows))
        _write(output / FIGURES, (json.dumps(figures, indent=1) + "\n").encode())
    if update_card:
        _update_card(folder, figures, held_out=held_out)


def _update_card(folder: Path, figures: Mapping[str, Any], *, held_out: bool) -> None:
    """Write the figures that a bundle's card may tell into it."""
    sections, evaluation = _load("evaluation.card_sections"), _load("evaluation.audit")
    card = read_card(folder)
    if held_out:
        section = evaluation.card_section(figures)
        card = sections.place_section(card, "map_check", section, "ood")
    if layers := figures.get("randomised_layers"):
        card = sections.place_section(card, "map_layers", layers, "map_check")
    _write(folder / CARD_FILE, sections.as_json(card).encode())


def _require_figures_for_a_card(*, held_out: bool, layers: bool) -> None:
    if not (held_out or layers):
        message = (
            "--update-card tells how the maps of people held out do: give --study, "
            "and no --control; or --randomise-layers."
        )
        raise InvalidRequest(message)


def _title(figures: Mapping[str, Any]) -> str:
    model = figures["model"]
    whose = f"{model['name']} {model['version']}"
    if figures["study"]:
        whose = "the networks of a study's folds, on people whom they never saw"
    checked = {
        None: "their own maps",
        Control.randomised: "maps of randomised weights",
        Control.noise: "maps of noise",
    }
    return f"Audit of {whose}: {checked[figures['control']]}."


def _read_cohort(
    dataset: Path, output: Path | None, *, slices_are_subjects: bool
) -> Any:  # noqa: ANN401 - of a module that is loaded late
    """Read the data, whole heads as their standard slices.

    Raises:
        InvalidRequest: If there is no folder for prepared heads.
    """
    tables, heads = _load("training.tables"), _load("training.heads")
    reading = tables.Reading(slices_are_subjects=slices_are_subjects)
    cohort = tables.load_cohort(dataset, reading)
    if not cohort.are_heads:
        return cohort
    if output is None:
        message = (
            "Whole heads are prepared once, and kept: give a folder with --output."
        )
        raise InvalidRequest(message)
    at_once = heads_at_once(available_bytes())
    return heads.prepare_heads(
        cohort, output / heads.HEADS, lambda _: None, at_once=at_once
    )


def _bundle_of(study: Path | None) -> Path:
    """Return a study's bundle, which may lie beside its control, or the usual one."""
    for folder in () if study is None else (study, study.parent):
        if (folder / "bundle").is_dir():
            return folder / "bundle"
    return read_settings().model or shipped_bundle()


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".partial")
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        message = (
            f"{path.name} can't be written ({error.strerror}). Make room or choose "
            "another --output."
        )
        raise StorageUnavailable(message) from error
