"""`alzer audit-log`: who did what."""

import json
from typing import Annotated

import typer

from alzer.cli.options import DataDirOption, read_settings
from alzer.store.audit import read_log
from alzer.store.store import open_store


def audit_log(
    *,
    newest: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="How many lines at most.")
    ] = 100,
    data_dir: DataDirOption = None,
) -> None:
    """Show the audit log of a service, one JSON object per line, the latest last."""
    store = open_store(read_settings(data_dir=data_dir))
    for entry in read_log(store.database, newest):
        moment = entry.at.isoformat() if entry.at else None
        typer.echo(json.dumps({**vars(entry), "at": moment}))
