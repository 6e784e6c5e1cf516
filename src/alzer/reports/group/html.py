"""The report of many scans as one HTML page: nothing of it is loaded, nothing runs."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from alzer.reports.group import plots
from alzer.reports.group.report import GroupReport

_FOLDER: Final = Path(__file__).parents[1] / "templates"


def write_group_html(report: GroupReport) -> str:
    """Write the report of many scans as HTML, to be opened from a folder.

    Args:
        report: What it says.

    Returns:
        The document; a browser may do nothing with it but draw it.
    """
    style = (_FOLDER / "group.css").read_text("utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return (
        _environment()
        .get_template("group.html")
        .render(
            report=report,
            # Of our own file.
            style=Markup(style),  # noqa: S704  # nosec B704
            policy=f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
            "base-uri 'none'; form-action 'none'",
            sheet=plots,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["jpeg_url"] = _jpeg_url
    return environment


def _jpeg_url(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"
