"""`alzer audit`: how far the maps of a model can be trusted, over a whole data set."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from alzer.analysed_slice import make_ready
from alzer.cli.extras import load_extra
from alzer.cli.memory import available_bytes, heads_at_once
from alzer.cli.options import ModelOption, read_settings
from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.explain.average_brain import make_checker
from alzer.model.bundle import CARD_FILE, Bundle, load_bundle, read_card, shipped_bundle
from alzer.model.engine import Model, load_model

EVERYONE = "everyone"
TABLE, FIGURES = "audit.csv", "audit.json"


class Control(StrEnum):
    """What is checked in place of the network's own maps."""

    randomised = "randomised"
    noise = "noise"


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
        "them. Only for --study: elsewhere the model would judge its own people.",
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
    evaluation = _load("evaluation.audit")
    if update_card:
        _require_people_held_out(study, control)
    cohort = _read_cohort(dataset, output, slices_are_subjects=slices_are_subjects)
    folder = model or _bundle_of(study)
    bundle = load_bundle(folder)
    console = Console(stderr=True)
    with console.status("loading") as status:
        work = _Work(bundle, cohort, evaluation, status.update)
        models = work.models(study)
        maps = work.foreign_maps(control, seed)
        chosen = work.choose(models, people, slices)
        candidates = work.ask(chosen, models, maps)
        checkers = {name: make_checker(one) for name, one in models.items()}
        rows = []
        for count, one in enumerate(candidates, start=1):
            status.update(f"slice {count} of {len(chosen)}")
            rows.append(evaluation.audit_slice(one, checkers))
        figures = {
            "model": {"name": bundle.name, "version": bundle.version},
            "study": study is not None,
            "control": control,
            **evaluation.summarise(rows, repeats),
        }
        if randomise_layers:
            figures["randomised_layers"] = work.randomise_layers(chosen, seed)
    typer.echo(_title(figures))
    typer.echo(evaluation.in_words(figures))
    if output is not None:
        _write(output / TABLE, evaluation.write_table(rows))
        _write(output / FIGURES, (json.dumps(figures, indent=1) + "\n").encode())
    if update_card:
        sections = _load("evaluation.card_sections")
        card = sections.place_section(
            read_card(folder), "map_check", evaluation.card_section(figures), "ood"
        )
        _write(folder / CARD_FILE, sections.as_json(card).encode())


def _require_people_held_out(study: Path | None, control: Control | None) -> None:
    if study is None or control is not None:
        message = (
            "--update-card tells how the maps of people held out do: give --study, "
            "and no --control."
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


@dataclass(frozen=True)
class _Work:
    """The parts of an audit.

    Attributes:
        bundle: The model, or what a study's networks expect.
        cohort: The data.
        evaluation: The module that judges.
        advance: Called with a few words now and then.
    """

    bundle: Bundle
    cohort: Any
    evaluation: Any
    advance: Callable[[str], None]

    def models(self, study: Path | None) -> Mapping[str, Model]:
        """Return who is asked, by name.

        Raises:
            InvalidRequest: If the study has no networks.
        """
        if study is None:
            return {EVERYONE: load_model(self.bundle, precision="fp32")}
        load = _load("training.fold_models").load_fold_models
        models: Mapping[str, Model] = load(
            study, self.cohort, self.bundle.spec, self.advance
        )
        if not models:
            message = (
                "The study has no networks of folds (fold-*/network.pt); give the "
                "folder that alzer train wrote."
            )
            raise InvalidRequest(message)
        return models

    def foreign_maps(self, control: Control | None, seed: int) -> Callable[..., Any]:
        """Return what gives the maps to be checked; None for the network's own."""
        if control is Control.randomised:
            other = _load("training.randomised").randomised_model(self.bundle, seed)
            return lambda pixels: other.run(pixels[None, None]).maps[0]
        generator = np.random.default_rng(seed)
        if control is Control.noise:
            return lambda _: generator.normal(size=(4, *self.bundle.spec.cells)).astype(
                np.float32
            )
        return lambda _: None

    def choose(
        self, models: Mapping[str, Model], people: int | None, count: int
    ) -> list[Any]:
        """Choose slices of people whom a network may judge, evenly."""
        of_person: dict[str, list[Any]] = {}
        for one in self.cohort.slices:
            if self._network(one, models) is not None:
                of_person.setdefault(one.subject, []).append(one)
        names = _evenly(sorted(of_person), people or len(of_person))
        return [one for name in names for one in _evenly(of_person[name], count)]

    def ask(
        self,
        chosen: Sequence[Any],
        models: Mapping[str, Model],
        maps: Callable[..., Any],
    ) -> Iterator[Any]:
        """Yield what each slice's network gives for it."""
        for one in chosen:
            name = self._network(one, models) or EVERYONE
            ready = make_ready(
                one.read(), self.bundle.spec, must_look_right=one.kept is None
            )
            pixels = ready.prepared.pixels
            given = models[name].run_exactly(pixels[None])
            yield self.evaluation.Candidate(
                one.subject,
                one.position,
                one.label,
                name,
                given.of_slice(0, pixels, ready.prepared.geometry),
                maps(pixels[0]),
            )

    def randomise_layers(self, chosen: Sequence[Any], seed: int) -> dict[str, float]:
        """Return how alike maps are after each stage: median rank correlation."""
        own = {EVERYONE: load_model(self.bundle, precision="fp32")}
        found = list(self.ask(chosen, own, lambda _: None))
        inputs = np.stack([one.evidence.pixels for one in found])[:, None]
        alike = {}
        for stage, other in _load("training.randomised").cascade(self.bundle, seed):
            self.advance(f"randomised down to {stage}")
            alike[stage] = self.evaluation.likeness(found, other.run(inputs).maps)
        return alike

    def _network(self, one: Any, models: Mapping[str, Model]) -> str | None:  # noqa: ANN401 - of a module that is loaded late
        if EVERYONE in models:
            return EVERYONE
        name = f"fold-{self.cohort.folds[one.subject]}"
        return name if name in models else None


def _evenly(values: Sequence[Any], count: int) -> list[Any]:
    """Return so many of some values, as far apart as possible, or all."""
    if count >= len(values):
        return list(values)
    middles = (np.arange(count) + 0.5) / count * len(values)
    return [values[int(place)] for place in middles]


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
