"""`alzer evaluate`: every figure of a study, in a report that can be looked at."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from alzer.cli.evaluate_options import (
    BundleOption,
    CardOption,
    DataOption,
    FitOpinionOption,
    FitPersonOption,
    FoldCountOption,
    OpinionOutsideOption,
    OutputOption,
    RepeatsOption,
    StudyArgument,
    SubjectsOption,
    UpdateCardOption,
)
from alzer.cli.extras import load_extra
from alzer.cli.fold_answers import (
    Asked,
    OodOption,
    OtherImagesOption,
    OutsideOption,
    PeopleOption,
    RobustnessOption,
    Source,
    answer,
    tables_of,
)
from alzer.cli.memory import available_bytes, heads_at_once
from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.model.bundle import CARD_FILE, load_bundle, shipped_bundle

# The files of the results, and what of them a later call can start from.
METRICS, REPORT, CARD = "metrics.json", "report.html", "model-card.md"
PREDICTIONS, CONTROLS = "predictions.csv", ("permuted", "leaky")


_load = partial(load_extra, purpose="Evaluation")


def evaluate(  # noqa: PLR0913 - a command's options are its parameters
    study: StudyArgument,
    *,
    data: DataOption,
    output: OutputOption,
    model: BundleOption = None,
    model_card: CardOption = None,
    ood: OodOption = False,
    other_images: OtherImagesOption = None,
    outside: OutsideOption = None,
    robustness: RobustnessOption = False,
    robustness_people: PeopleOption = 100,
    fit_person: FitPersonOption = False,
    update_card: UpdateCardOption = False,
    fit_second_opinion: FitOpinionOption = False,
    second_opinion_outside: OpinionOutsideOption = None,
    repeats: RepeatsOption = 2000,
    slices_are_subjects: SubjectsOption = False,
    number_of_folds: FoldCountOption = 5,
) -> None:
    """Compute every figure of a study, with intervals, beside simple baselines.

    Writes metrics.json, report.html and model-card.md, and the predictions from
    which a later call gives the same figures without the networks. Needs the extra
    'train'.
    """
    modules = _Modules()
    kinds = modules.other_images.find_kinds(other_images or ())
    reading = modules.tables.Reading(slices_are_subjects, number_of_folds)
    cohort = modules.tables.load_cohort(data, reading)
    console = Console(stderr=True)
    with _progress(console) as advance:
        cohort = _prepare_heads(cohort, study, output, advance)
        predictions = _read_predictions(study, modules)
        folder = model or _bundle_of(study)
        bundle = load_bundle(folder)
        subjects = _measure_slices(cohort, modules, advance)
        answers = answer(
            Asked(outside, robustness, robustness_people, ood or bool(kinds), kinds),
            Source(study, bundle, cohort, _load, advance),
        )
        opinion = _second_opinion(
            bundle, cohort, second_opinion_outside, repeats, advance
        )
        material = modules.study.Material(
            held_out=predictions[PREDICTIONS],
            subjects=subjects,
            card=bundle.card,
            permuted=predictions.get("permuted"),
            leaky=predictions.get("leaky"),
            notes=cohort.notes,
            further=answers,
            second_opinion=opinion,
        )
        # Per slice everything takes many times longer.
        settings = modules.study.Settings(repeats, max(repeats // 6, 20), advance)
        figures = modules.study.evaluate(material, settings)
    card = _renew_card(
        bundle.card,
        modules,
        figures if update_card else None,
        predictions[PREDICTIONS] if fit_person else None,
        opinion if fit_second_opinion else None,
    )
    files = {
        METRICS: json.dumps(figures, indent=1, allow_nan=False) + "\n",
        REPORT: modules.report.write_report(figures),
        CARD: modules.report.write_card(figures),
    }
    files |= _prediction_tables(predictions, modules) | tables_of(answers, _load)
    paths = {output / name: text for name, text in files.items()}
    if model_card is not None:
        paths[model_card] = files[CARD]
    if card != bundle.card:
        paths[folder / CARD_FILE] = modules.card_sections.as_json(card)
    for path, text in paths.items():
        _write(path, text)
    typer.echo(f"The report is {output / REPORT}.")


def _prediction_tables(
    predictions: Mapping[str, Any], modules: "_Modules"
) -> dict[str, str]:
    """Return the tables of predictions, by the names of their files."""
    return {
        name if name == PREDICTIONS else f"{name}.csv": (
            modules.predictions.write_table(found).decode()
        )
        for name, found in predictions.items()
    }


class _Modules:
    """What only evaluation needs, loaded when it is asked for."""

    def __init__(self) -> None:
        self.predictions = _load("evaluation.predictions")
        self.baselines = _load("evaluation.baselines")
        self.study = _load("evaluation.study")
        self.person = _load("evaluation.person")
        self.card_sections = _load("evaluation.card_sections")
        self.opinion = _load("evaluation.second_opinion")
        self.card_figures = _load("evaluation.card_figures")
        self.other_images = _load("evaluation.other_images")
        self.report = _load("evaluation.report")
        self.tables = _load("training.tables")


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[str], None]]:
    """Show on one line what is being done, or line by line if it is no terminal."""
    if not console.is_terminal:
        yield lambda text: console.print(text, highlight=False, markup=False)
        return
    with console.status("reading") as status:
        yield status.update


def _bundle_of(study: Path) -> Path:
    own = study / "bundle"
    return own if own.is_dir() else shipped_bundle()


def _read_predictions(study: Path, modules: _Modules) -> dict[str, Any]:
    read = modules.predictions
    if (study / PREDICTIONS).is_file():
        found = {PREDICTIONS: read.read_table(study / PREDICTIONS)}
        tables = {name: study / f"{name}.csv" for name in CONTROLS}
        found |= {
            name: read.read_table(table)
            for name, table in tables.items()
            if table.is_file()
        }
        return found
    if not study.is_dir():
        message = f"There is no folder '{study}'; give what alzer train wrote."
        raise InvalidRequest(message)
    found = {PREDICTIONS: read.read_study(study)}
    found |= {
        name: read.read_study(study / name)
        for name in CONTROLS
        if (study / name).is_dir()
    }
    return found


def _prepare_heads(
    cohort: Any,  # noqa: ANN401 - of a module that is loaded late
    study: Path,
    output: Path,
    advance: Callable[[str], None],
) -> Any:  # noqa: ANN401 - likewise
    """Make slices of whole heads, from those that training kept if they are there."""
    heads = _load("training.heads")
    kept = study / heads.HEADS
    folder = kept if kept.is_dir() else output / heads.HEADS
    at_once = heads_at_once(available_bytes())
    return heads.prepare_heads(cohort, folder, advance, at_once=at_once)


def _measure_slices(
    cohort: Any,  # noqa: ANN401 - of a module that is loaded late
    modules: _Modules,
    advance: Callable[[str], None],
) -> list[Any]:
    seen: dict[str, list[Any]] = {}
    labels: dict[str, int] = {}
    for place, each in enumerate(cohort.slices):
        if place % 500 == 0:
            advance(f"baselines: slice {place} of {len(cohort.slices)}")
        pixels = each.read().pixels
        seen.setdefault(each.subject, []).append(
            modules.baselines.measure_slice(pixels)
        )
        labels[each.subject] = each.label
    return [
        modules.baselines.Subject(
            name,
            labels[name],
            cohort.folds[name],
            _measures_of(name, cohort.measures),
            slices,
        )
        for name, slices in seen.items()
    ]


def _measures_of(
    name: str, measures: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    return {kind: values[name] for kind, values in measures.items() if name in values}


def _renew_card(
    card: Mapping[str, Any],
    modules: _Modules,
    figures: Mapping[str, Any] | None,
    held_out: Any | None,  # noqa: ANN401 - of a module that is loaded late
    opinion: Mapping[str, Any] | None,
) -> Mapping[str, Any]:
    """Return the bundle's card with what was asked for: None was not."""
    if figures is not None:
        card = modules.card_figures.with_figures(card, figures)
        card = modules.card_sections.with_sections(card, figures)
    if held_out is not None:
        card = modules.person.fit_card(card, held_out)
    if opinion is not None:
        card = modules.opinion.with_second_opinion(card, opinion)
    return card


def _second_opinion(
    bundle: Any,  # noqa: ANN401 - read as it is
    cohort: Any,  # noqa: ANN401 - of a module that is loaded late
    outside: Path | None,
    repeats: int,
    advance: Callable[[str], None],
) -> dict[str, Any] | None:
    rows_of = _load("evaluation.csf_rows")
    advance(f"second opinion: {len(cohort.slices)} slices")
    fields = (
        rows_of.read_field(each.read, bundle.spec, must_look_right=each.kept is None)
        for each in cohort.slices
    )
    rows = rows_of.measure_slices(cohort.slices, fields, cohort.folds, cohort.ages)
    sessions = None
    if outside is not None:
        sessions = rows_of.read_sessions(outside, bundle.spec, advance)
    module = _load("evaluation.second_opinion")
    found: dict[str, Any] | None = module.second_opinion_section(
        rows, sessions, repeats
    )
    return found


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        message = (
            f"{path.name} can't be written ({error.strerror}). Make room or choose "
            "another --output."
        )
        raise StorageUnavailable(message) from error
