"""A report as one HTML document: nothing of it is loaded, and nothing in it runs."""

import json
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from alzer.classes import CLASS_NAMES
from alzer.explain.overlay import LEGEND
from alzer.languages.catalogue import SOURCE, texts_in
from alzer.languages.sentences import translator_to
from alzer.reports.pictures import legend_bar
from alzer.reports.report import Report
from alzer.reports.translating import translate

Density = Literal["roomy", "tight", "tightest"]

# From the largest to the smallest print, until all of it is on as many pages as it
# may take.
DENSITIES: Final[tuple[Density, ...]] = ("roomy", "tight", "tightest")

_FOLDER: Final = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Document:
    """A report as HTML.

    Attributes:
        text: The document; it holds its pictures and its style.
        content_security_policy: What a browser may do with it: draw it, that is all.
    """

    text: str
    content_security_policy: str


def write_html(
    report: Report,
    *,
    density: Density = "roomy",
    pdf_link: str = "",
    pdf_note: str = "",
    language: str = SOURCE,
) -> Document:
    """Write a report as HTML, to be read on a screen or printed.

    Args:
        report: What it says, in English.
        density: How small its print and pictures are on paper.
        pdf_link: Where it is to be had as PDF; nowhere by default.
        pdf_note: What to say beside that; neither is printed.
        language: In which it is written; what nobody has translated is in English.

    Returns:
        The document.
    """
    style = _style_of(report, language)
    text = (
        environment(language)
        .get_template("report.html")
        .render(
            report=translate(report, language),
            # Of our own file and whole numbers.
            style=Markup(style),  # noqa: S704  # nosec B704
            density=density,
            pdf_link=pdf_link,
            pdf_note=translator_to(language).say(pdf_note),
            legend=LEGEND,
            legend_bar=_legend_bar(),
            is_unimpaired=report.explained == CLASS_NAMES[0],
        )
    )
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return Document(
        text,
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )


def _style_of(report: Report, language: str) -> str:
    """Return all of the style: elements have none of their own, as policies forbid."""
    text = texts_in(language).gettext("Page {page} of {pages}")
    foot = json.dumps(text, ensure_ascii=False)
    for name in ("page", "pages"):
        foot = foot.replace(f"{{{name}}}", f'" counter({name}) "')
    number = f"@page {{ @bottom-right {{ content: {foot}; }} }}\n"
    widths = sorted({share.width for share in report.shares})
    bars = "".join(f".w{width} {{ width: {width}%; }}\n" for width in widths)
    return f"{_style()}{number}{bars}"


@cache
def _style() -> str:
    return (_FOLDER / "report.css").read_text("utf-8")


@cache
def environment(language: str = SOURCE) -> Environment:
    """Return what fills the templates of reports; nothing in them is HTML by itself.

    Args:
        language: Of the texts that stand in them.
    """
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    texts = texts_in(language)
    made.install_gettext_callables(  # type: ignore[attr-defined]  # of i18n
        texts.gettext, texts.ngettext, newstyle=True
    )
    made.globals["say"] = translator_to(language).say
    made.globals["language"] = language
    made.filters["data_url"] = _data_url
    made.filters["jpeg_url"] = _jpeg_url
    made.filters["capitalize_first"] = _capitalize_first
    return made


_legend_bar = cache(legend_bar)


def _data_url(png: bytes) -> str:
    return f"data:image/png;base64,{b64encode(png).decode()}"


def _jpeg_url(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"


def _capitalize_first(text: str) -> str:
    return text[:1].upper() + text[1:]
