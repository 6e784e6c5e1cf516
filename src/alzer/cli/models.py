"""`alzer models`: which models there are, how good they are, and what can be added."""

import json
import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from alzer.cli.escaping import printable
from alzer.cli.exits import Commands
from alzer.cli.export import export
from alzer.cli.options import DataDirOption, ModelOption, read_settings
from alzer.engine_choice import choose_engine
from alzer.errors import DamagedBundle, InvalidRequest
from alzer.model.bundle import load_bundle, shipped_bundle
from alzer.store.addons import download, install
from alzer.volumes.addon import ADDONS, Addon, read_addon, read_files

Card = Mapping[str, Any]

models = typer.Typer(cls=Commands, invoke_without_command=True)
models.command()(export)


class ModelsFormat(StrEnum):
    """How cards are written."""

    table = "table"
    json = "json"


FormatOption = Annotated[
    ModelsFormat, typer.Option("--format", "-f", help="How cards are written.")
]


@models.callback()
def show(
    context: typer.Context,
    *,
    model: ModelOption = None,
    chosen: FormatOption = ModelsFormat.table,
) -> None:
    """Show the models at hand: identity, training data, accuracy with intervals.

    The first is the one that the other commands use, with the engine that runs it.
    Every model is checked against its card. After them come the models that can be
    added, and which of these are installed.
    """
    if context.invoked_subcommand is not None:
        return
    cards = list(_cards(model))
    cards[0] = {**cards[0], "runs_on": _runs_on(model)}
    installed = list(_installed_addons())
    if chosen is ModelsFormat.json:
        sys.stdout.write(json.dumps([*cards, *installed], indent=2) + "\n")
        return
    console = Console()
    for card in cards:
        _show(card, console)
    for addon in ADDONS.values():
        _show_addon(addon, console)


@models.command()
def fetch(
    name: Annotated[
        str, typer.Argument(metavar="ADDON", help=f"One of: {', '.join(ADDONS)}.")
    ],
    *,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="DIR",
            help="Take the files from this folder; nothing is downloaded.",
        ),
    ] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Install a model that does not ship with alzer.

    structures: volumes of 17 structures of the brain in scans of whole heads
    (brainchop, MIT licence, 0.8 MB from GitHub). Files that are not exactly those
    that alzer knows are refused, and nothing is installed then.
    """
    addon = _find_addon(name)
    contents = download(addon) if folder is None else read_files(addon, folder)
    installed = install(addon, contents, read_settings(data_dir=data_dir).data_dir)
    typer.echo(f"Installed {addon.title} ({addon.licence}) in {installed}.")


def _find_addon(name: str) -> Addon:
    """Return the add-on of a name.

    Raises:
        InvalidRequest: If there is none.
    """
    if name not in ADDONS:
        message = f"There is no add-on of that name; choose {' or '.join(ADDONS)}."
        raise InvalidRequest(message)
    return ADDONS[name]


def _installed_addons() -> Iterator[Card]:
    """Return what there is to say of the installed add-ons, each checked.

    Raises:
        DamagedBundle: If one was altered.
    """
    data_dir = read_settings().data_dir
    for addon in ADDONS.values():
        if addon.is_installed(data_dir):
            read_addon(addon, data_dir)
            yield {
                "name": addon.name,
                "kind": "add-on",
                "title": addon.title,
                "licence": addon.licence,
                "source": addon.source,
                "sha256": {file.name: file.sha256 for file in addon.files},
            }


def _show_addon(addon: Addon, console: Console) -> None:
    if addon.is_installed(read_settings().data_dir):
        state = "installed"
    else:
        state = f"not installed; `alzer models fetch {addon.name}` installs it"
    console.print(f"[bold]{addon.name}[/] add-on, {state}", highlight=False)
    console.print(f"{addon.title} ({addon.licence})", highlight=False)


def _runs_on(model: ModelOption) -> Card:
    """Return what runs the first model in `alzer serve` and `alzer predict`."""
    choice = choose_engine(read_settings(model=model))
    return {
        "engine": choice.runtime.engine,
        "precision": choice.runtime.precision,
        "reason": choice.reason,
        "timings_ms": dict(choice.timings_ms),
    }


def _cards(model: ModelOption) -> Iterator[Card]:
    chosen = read_settings(model=model).model
    if chosen is not None:
        yield load_bundle(chosen).card
    try:
        shipped = shipped_bundle()
    except DamagedBundle:
        if chosen is None:
            raise
        return
    if chosen is None or chosen.resolve() != shipped.resolve():
        yield load_bundle(shipped).card


def _show(card: Card, console: Console) -> None:
    title = f"[bold]{_plain(card['name'])}[/] {_plain(card['version'])}"
    console.print(title, highlight=False)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True)
    facts.add_column(overflow="fold")
    for name, value in describe(card):
        facts.add_row(name, _plain(value))
    console.print(facts)
    scores = Table("AUC per person, impaired or not", "everyone", "age 60 and over")
    for row in score_rows(card):
        scores.add_row(*map(_plain, row))
    if scores.row_count:
        console.print(scores)
    for each in card.get("limitations", ()):
        console.print(f"- {_plain(each)}", highlight=False)
    console.print()


def _plain(value: object) -> str:
    """Return a value of a card as text that is neither markup nor obeyed."""
    return escape(printable(str(value)))


def describe(card: Card) -> Iterator[tuple[str, str]]:
    """Describe a model.

    Args:
        card: Of a bundle.

    Yields:
        Names and values, in the order in which people read them.
    """
    data = card.get("data") or {}
    yield "SHA-256", card["model_sha256"]
    yield "input", f"{card['input']['height']} x {card['input']['width']} pixels"
    yield "created", card.get("created", "unknown")
    if data:
        source = data.get("source") or "own data"
        people, slices = data.get("people"), data.get("slices")
        yield "trained on", f"{source}: {people} people, {slices} slices"
    if data.get("people_per_class"):
        counts = data["people_per_class"].items()
        yield "people by class", ", ".join(f"{count} {name}" for name, count in counts)
    if coverages := list(_coverages(card)):
        yield "sets that hold the class", ", ".join(coverages)
    if opinion := (card.get("second_opinion") or {}).get("person"):
        yield "second opinion", _describe_opinion(opinion)
    if card.get("runs_on"):
        yield from _describe_engine(card["runs_on"])
    if data.get("acknowledgement"):
        yield "acknowledgement", data["acknowledgement"]


def _coverages(card: Card) -> Iterator[str]:
    """Return for which share of people a prediction set holds their class."""
    for section, kind in (("calibration", "slice"), ("person", "person")):
        if coverage := (card.get(section) or {}).get("coverage"):
            yield f"{100.0 * coverage:g} % ({kind})"


def _describe_opinion(opinion: Card) -> str:
    everyone = _interval(opinion.get("everyone", {}))
    older = _interval(opinion.get("age_60_and_over", {}))
    return (
        f"share of dark fluid inside the brain; AUC per person {everyone}, of 60 and "
        f"over {older}"
    )


def _describe_engine(runs_on: Card) -> Iterator[tuple[str, str]]:
    yield "runs on", f"{runs_on['engine']} {runs_on['precision']}: {runs_on['reason']}"
    if runs_on["timings_ms"]:
        timings = runs_on["timings_ms"].items()
        yield "measured", ", ".join(f"{name} {spent:.1f} ms" for name, spent in timings)


def score_rows(card: Card) -> Iterator[tuple[str, str, str]]:
    """Compare a model with its baselines.

    Args:
        card: Of a bundle.

    Yields:
        Name, AUC for everyone and for people of 60 and over: the model first,
        with its 95 % intervals, then what it must beat.
    """
    metrics = card.get("metrics")
    if metrics:
        yield (
            "this model, on people it never saw",
            _interval(metrics.get("everyone", {})),
            _interval(metrics.get("age_60_and_over", {})),
        )
    for each in card.get("baselines", ()):
        values = (each["everyone"], each["age_60_and_over"])
        yield (each["name"], *("" if it is None else f"{it:.2f}" for it in values))


def _interval(scores: Mapping[str, Any]) -> str:
    auc = scores.get("auc") or {}
    if auc.get("value") is None:
        return "not measured"
    text = f"{auc['value']:.2f}"
    if auc.get("low") is not None and auc.get("high") is not None:
        text += f" ({auc['low']:.2f} to {auc['high']:.2f})"
    return f"{text}, {scores['people']} people"
