"""The report of many scans as one HTML page: nothing of it is loaded, nothing runs."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Final

from markupsafe import Markup

from alzer.reports.group import plots
from alzer.reports.group.report import GroupReport
from alzer.reports.html import environment

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
        environment()
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
