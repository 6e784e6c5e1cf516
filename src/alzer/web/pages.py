"""The pages that people see: a dataclass per template."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alzer import __version__
from alzer.backends.backend import ModelFacts
from alzer.caveats import UNINFORMATIVE
from alzer.classes import CLASSES, ImpairmentClass
from alzer.example import EXAMPLE_WARNING
from alzer.explain.box_fills import FILLS, Fill
from alzer.explain.map_legend import legend_bar
from alzer.explain.methods import METHODS, Method
from alzer.explain.overlay import CAPTION, LEGEND, heat_colours
from alzer.explain.palettes import Palette, combinations
from alzer.explain.slice_maps import choose_style
from alzer.languages.catalogue import LANGUAGES, SOURCE, texts_in, write_number
from alzer.model.answer_facts import AnswerFacts
from alzer.model.preparation import InputSpec
from alzer.scans.formats import FORMAT_LIST
from alzer.settings import Settings
from alzer.web.answers import png_data_url
from alzer.web.languages import answer_in
from alzer.web.model_notes import ModelNotes, describe_model
from alzer.web.schemas import EXAMPLES

UPLOAD_PATH: Final = "/assessment/mri-upload"


@cache
def _templates(language: str) -> Environment:
    """Return the templates with the texts and numbers of a language."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}  # severity's order
    environment.policies["ext.i18n.trimmed"] = True  # lines of a template are no lines
    texts = texts_in(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # of i18n
        texts.gettext, texts.ngettext
    )
    environment.globals["number"] = partial(write_number, language=language)
    environment.globals["language"] = language
    environment.globals["languages"] = LANGUAGES
    return environment


# Where in the colour table the colours of the legend's names are purest.
_LEGEND_HEAT: Final = (1 / 8, 1 / 2, 5 / 8, 7 / 8)


def _draw_legend_bar() -> str:
    ramp = np.linspace(0.0, 1.0, 256, dtype=np.float32)[np.newaxis, :]
    return png_data_url(heat_colours(ramp))


def _list_legend() -> tuple[tuple[str, str, str], ...]:
    heat = np.array([_LEGEND_HEAT], dtype=np.float32)
    swatches = (f"#{bytes(each).hex()}" for each in heat_colours(heat)[0])
    named = zip(swatches, LEGEND, strict=True)
    return tuple((swatch, name, level) for swatch, (name, level) in named)


# Where the scale of maps with a sign can be made to end, in logit units.
_MAP_RANGES: Final = (2, 5, 10, 20, 40)


@dataclass(frozen=True)
class MapLegend:
    """The legend of one map in some colours.

    Attributes:
        method: What the map shows.
        palette: Its colours.
        bar: All of them from the low to the high end, as a data URL.
        ticks: Places along the bar, 0 to 1, with the number and its value.
        is_first: Whether no other legend before has these colours.
    """

    method: Method
    palette: Palette
    bar: str
    ticks: tuple[tuple[float, str, float], ...]
    is_first: bool


def _list_map_legends() -> tuple[MapLegend, ...]:
    legends: list[MapLegend] = []
    for method, palette in combinations():
        scale = method.scale
        bar = legend_bar(choose_style(method, palette.name))
        ticks = tuple(
            (at, number, scale.low + at * (scale.high - scale.low))
            for at, number in scale.ticks
        )
        is_first = all(each.palette is not palette for each in legends)
        picture = png_data_url(bar)
        legends.append(MapLegend(method, palette, picture, ticks, is_first))
    return tuple(legends)


@dataclass(frozen=True)
class UploadPage:
    """The page that takes a scan and shows the answer.

    Attributes:
        max_upload_bytes: Largest file.
        signs_in: Whether people sign in to this service.
        formats: What is read, in a list for people.
        root: Relative way from the page to the service's root, so that the page
            also works below a path of a reverse proxy.
        version: Of the software.
        classes: In order of severity.
        model: What the page says of the model, by the kind of scan.
        model_sha256: Of the model that this is true of; empty if it is not known.
        facts: What else its card tells.
        spec: How scans are prepared for it; None if that is not known.
        uninformative: The warning of an answer that rules nothing out.
        example_warning: The warning of an answer for the drawn example.
        caption: What the heatmap shows.
        legend_bar: Every colour of the heatmap from low to high, as a data URL.
        legend: Colour, its name and what it stands for, the coldest first.
        methods: The maps that there are.
        fills: What a box over the scan can be replaced by.
        map_legends: Of each map in all colours that suit it.
        map_ranges: Where the scale of maps with a sign can be made to end, in logit
            units.
    """

    template: ClassVar[str] = "upload.html"

    max_upload_bytes: int
    signs_in: bool = False
    formats: str = FORMAT_LIST
    root: str = ".."
    version: str = __version__
    classes: tuple[ImpairmentClass, ...] = CLASSES
    model: Mapping[str, ModelNotes] = field(default_factory=dict)
    model_sha256: str = ""
    facts: AnswerFacts = field(default_factory=AnswerFacts)
    spec: InputSpec | None = None
    uninformative: str = UNINFORMATIVE
    example_warning: str = EXAMPLE_WARNING
    caption: str = CAPTION
    legend_bar: str = field(default_factory=_draw_legend_bar)
    legend: tuple[tuple[str, str, str], ...] = field(default_factory=_list_legend)
    methods: tuple[Method, ...] = METHODS
    fills: tuple[Fill, ...] = FILLS
    map_legends: tuple[MapLegend, ...] = field(default_factory=_list_map_legends)
    map_ranges: tuple[int, ...] = _MAP_RANGES


@dataclass(frozen=True)
class LoginPage:
    """The page that asks for a token.

    Attributes:
        problem: Why the last one was refused.
        root: Relative way from the page to the service's root.
        version: Of the software.
        signs_in: Whether people sign in to this service.
    """

    template: ClassVar[str] = "login.html"

    problem: str = ""
    root: str = "."
    version: str = __version__
    signs_in: bool = False  # there is nobody to sign out yet


@dataclass(frozen=True)
class Answer:
    """One answer of an operation.

    Attributes:
        status: The HTTP status.
        meaning: When it comes.
        example: A JSON document, or nothing.
    """

    status: str
    meaning: str
    example: Any


@dataclass(frozen=True)
class Operation:
    """One thing that programs can ask for.

    Attributes:
        method: The HTTP method.
        path: Its address.
        description: What it does.
        answers: What may come back.
    """

    method: str
    path: str
    description: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class ApiPage:
    """The page that tells programmers what they can call.

    Attributes:
        operations: In the order of their addresses.
        signs_in: Whether people sign in; not on this page, which is for all.
        root: Relative way from the page to the service's root.
        version: Of the software.
    """

    template: ClassVar[str] = "api.html"

    operations: tuple[Operation, ...]
    signs_in: bool = False
    root: str = "."
    version: str = __version__


class Page(Protocol):
    """What a template is filled with: its fields, by their names."""

    template: ClassVar[str]


def render(page: Page, language: str = SOURCE) -> str:
    """Fill a page's template with its data, and with the texts of a language."""
    return _templates(language).get_template(page.template).render(vars(page))


def page_routes(
    describe: Callable[[], dict[str, Any]], settings: Settings, facts: ModelFacts
) -> APIRouter:
    """Return a router that holds each page under its address.

    Args:
        describe: Gives the OpenAPI document, once all routes are known.
        settings: Limits that pages name.
        facts: Of the model that answers.

    Returns:
        The routes; none of them is part of the OpenAPI document.
    """
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    upload = UploadPage(
        settings.max_upload_bytes,
        settings.needs_token,
        model=describe_model(facts),
        model_sha256=facts.identity.sha256 if facts.identity else "",
        facts=facts.answers,
        spec=facts.spec,
    )
    uploads = {language: render(upload, language) for language in LANGUAGES}

    @cache
    def api_page(language: str) -> str:
        return render(ApiPage(tuple(_operations(describe()))), language)

    @router.get("/")
    async def home() -> RedirectResponse:
        return RedirectResponse(UPLOAD_PATH.removeprefix("/"))

    @router.get(UPLOAD_PATH)
    async def upload_page(request: Request) -> HTMLResponse:
        return answer_in(request, uploads.__getitem__)

    @router.get("/docs")
    def docs(request: Request) -> HTMLResponse:
        return answer_in(request, api_page)

    return router


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            answers = tuple(_answers(operation))
            text = operation.get("description", "")
            yield Operation(method.upper(), path, text, answers)


def _answers(operation: Mapping[str, Any]) -> Iterator[Answer]:
    for status, response in operation["responses"].items():
        content = response.get("content", {}).get("application/json", {})
        schema = content.get("schema", {})
        forms = (schema, *schema.get("anyOf", ()))
        names = [form.get("$ref", "").rpartition("/")[2] for form in forms]
        known = (EXAMPLES[name] for name in names if name in EXAMPLES)
        example = next(known, content.get("example"))
        yield Answer(status, response["description"], example)
