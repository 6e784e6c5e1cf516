"""`alzer report`: the report of one analysis, as PDF or HTML."""

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from alzer.analysis_bundle import read_bundle
from alzer.cli.kept_file import keep_file
from alzer.cli.options import ModelOption, read_settings
from alzer.errors import DamagedBundle, InvalidRequest
from alzer.languages.catalogue import LANGUAGES, SOURCE
from alzer.model.bundle import read_card, shipped_bundle
from alzer.reports.composing import compose
from alzer.reports.html import write_html
from alzer.reports.pdf import write_pdf
from alzer.reports.report import Report
from alzer.reports.sources import Source, source_of_bundle

Record = Mapping[str, Any]

# One for each catalogue.
Language = StrEnum("Language", [(name, name) for name in LANGUAGES])  # type: ignore[misc]  # as Typer takes choices
_ENGLISH: Final = Language(SOURCE)

# What a zip archive begins with.
_ZIP: Final = b"PK"


def report(  # noqa: PLR0913 - a command's options are its parameters
    source: Annotated[
        Path,
        typer.Argument(
            metavar="BUNDLE|RECORD",
            help="A bundle as `alzer predict --bundle` or the service gave it, or a "
            "JSON file with the record of one scan.",
        ),
    ],
    *,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="Ends with .pdf or .html."),
    ],
    input_name: Annotated[
        str | None,
        typer.Option(
            "--input", help="Which of several records in the file: its `input`."
        ),
    ] = None,
    reference: Annotated[
        str,
        typer.Option(
            help="What the scan is called in the report. Don't name the person."
        ),
    ] = "",
    language: Annotated[
        Language, typer.Option(help="In which it is written.")
    ] = _ENGLISH,
    model: ModelOption = None,
) -> None:
    """Write the report of an analysis: a page for a slice, two for a whole head.

    It holds the answer, both pictures with their legend, what was judged of them, and
    the model with the figures of its own card; no name of a file or a person. A record
    knows less than a bundle: nothing of the file, and of pictures only the heatmap.
    PDF needs the extra 'report'; HTML does not.
    """
    _require_form(output)
    known: dict[str, Any] = {"card": card_to_quote(model), "reference": reference}
    content = bytes_of(source)
    if content.startswith(_ZIP):
        found = source_of_bundle(read_bundle(content), **known)
    else:
        record = _record_in(content, input_name)
        found = Source(record, overlay_png=_heatmap(record, source.parent), **known)
    written = _write(compose(found), output, language)
    keep_file(output, written)
    typer.echo(f"Wrote {output}.")


def _require_form(path: Path) -> None:
    """Check that the name of a file says in which form it is to be written.

    Raises:
        InvalidRequest: It does not.
    """
    if path.suffix.lower() not in {".pdf", ".html"}:
        message = "The report is written as .pdf or .html; name such a file with -o."
        raise InvalidRequest(message)


def _write(composed: Report, output: Path, language: str) -> bytes:
    if output.suffix.lower() == ".pdf":
        return write_pdf(composed, language)
    return write_html(composed, language=language).text.encode()


def card_to_quote(model: Path | None) -> Record:
    """Return the card of the model whose figures may be quoted; empty without one.

    Raises:
        DamagedBundle: The one that was named can't be read.
    """
    try:
        return read_card(read_settings(model=model).model or shipped_bundle())
    except DamagedBundle:
        if model is not None:
            raise
        return {}


def bytes_of(path: Path) -> bytes:
    """Read a file.

    Raises:
        InvalidRequest: It can't be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"The analysis can't be read ({error.strerror}). Check its path."
        raise InvalidRequest(message) from error


def _record_in(content: bytes, name: str | None) -> Record:
    """Return the record that is meant.

    Raises:
        InvalidRequest: The file holds no records, or more than one that is meant.
    """
    records = _records_in(content)
    meant = [one for one in records if name is None or one.get("input") == name]
    if len(meant) == 1:
        return meant[0]
    message = f"The file holds {len(meant)} such records; name one with --input."
    raise InvalidRequest(message)


def _records_in(content: bytes) -> list[Record]:
    """Read a JSON document or lines of such: a record, or several.

    Raises:
        InvalidRequest: The file holds no JSON.
    """
    try:
        text = content.decode()
        try:
            told = json.loads(text)
        except ValueError:
            told = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        message = (
            "The file is neither a bundle nor a record of an analysis. Name one that "
            "`alzer predict` wrote as zip or JSON."
        )
        raise InvalidRequest(message) from error
    records = told if isinstance(told, list) else [told]
    return [one for one in records if isinstance(one, dict)]


def _heatmap(record: Record, folder: Path) -> bytes | None:
    """Read the heatmap that a record names, from here or from beside the record."""
    name = record.get("heatmap")
    if not isinstance(name, str):
        return None
    for path in (Path(name), folder / name, folder / Path(name).name):
        if path.is_file():
            return path.read_bytes()
    return None
