"""`alzer node`: a DICOM node that answers series, and how far it has come."""

import asyncio
import json
import sys
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from alzer.cli.escaping import printable
from alzer.cli.exits import Commands
from alzer.cli.extras import load_extra
from alzer.cli.options import (
    DataDirOption,
    EngineOption,
    ModelOption,
    PrecisionOption,
    ThreadsOption,
    read_settings,
)
from alzer.errors import InvalidRequest
from alzer.node.overview import Overview, overview, spool_folder
from alzer.node.settings import NodeSettings
from alzer.web.logs import configure_logging

node = typer.Typer(cls=Commands, invoke_without_command=True)


class StatusFormat(StrEnum):
    """How the status is written."""

    table = "table"
    json = "json"


@node.callback()
def run(  # noqa: PLR0913 - a command's options are its parameters
    context: typer.Context,
    *,
    data_dir: DataDirOption = None,
    model: ModelOption = None,
    engine: EngineOption = None,
    precision: PrecisionOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Run a DICOM node: series come in, and results go out as DICOM objects.

    It takes series by C-STORE and STOW-RS or fetches them from a PACS, analyses each
    that is complete, and sends what it made to the destinations. ALZER_NODE_* say
    which and where. It needs the extra 'dicom'. Ctrl-C or SIGTERM ends it; nothing
    that it has promised is lost.
    """
    if context.invoked_subcommand is not None:
        return
    running = load_extra("node.running", "The node", "dicom")
    settings = read_settings(
        data_dir=data_dir,
        model=model,
        engine=engine,
        precision=precision,
        threads=threads,
    )
    configure_logging(settings.log_level)
    asyncio.run(
        running.run(running.build_node(settings, read_node_settings()), _announce)
    )
    typer.echo("Stopped.")


@node.command()
def status(
    *,
    data_dir: DataDirOption = None,
    chosen: Annotated[
        StatusFormat, typer.Option("--format", "-f", help="How it is written.")
    ] = StatusFormat.table,
) -> None:
    """Show how many series wait, are done, have failed or are not wanted, and why.

    It reads the spool, beside a node that runs or without one.
    """
    settings = read_settings(data_dir=data_dir)
    found = overview(spool_folder(settings, read_node_settings()))
    if chosen is StatusFormat.json:
        sys.stdout.write(json.dumps(asdict(found), indent=2) + "\n")
    else:
        _show(found)


def read_node_settings() -> NodeSettings:
    """Read the settings of the node from the environment.

    Returns:
        The settings.

    Raises:
        InvalidRequest: If one has an unusable value; the message names it.
    """
    try:
        return NodeSettings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"ALZER_NODE_{str(first['loc'][0]).upper()}"
        message = f"{name} is not usable: {first['msg']}."
        raise InvalidRequest(message) from error


def _announce() -> None:
    typer.echo("The node is ready.")
    typer.echo("Research and education software; not a medical device. Ctrl-C ends it.")


def _show(found: Overview) -> None:
    table = Table("series", "count", box=None)
    for stage, count in found.stages.items():
        table.add_row(stage, str(count))
    for reason, count in found.reasons.items():
        table.add_row(f"  because of {escape(printable(reason))}", str(count))
    for address, count in found.undelivered.items():
        table.add_row(f"  not taken by {escape(printable(address))}", str(count))
    Console(width=100).print(table, highlight=False)
