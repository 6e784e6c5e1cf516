"""The program `alzer`: its commands, and nothing else."""

from typing import Annotated

import typer

from alzer import __version__
from alzer.cli.audit import audit
from alzer.cli.audit_log import audit_log
from alzer.cli.bids_app.arguments import BidsAppCommand
from alzer.cli.bids_app.command import bids_app
from alzer.cli.clock import clock
from alzer.cli.dicom import dicom
from alzer.cli.evaluate import evaluate
from alzer.cli.exits import Commands, end_at_once
from alzer.cli.fhir import fhir
from alzer.cli.models import models
from alzer.cli.node import node
from alzer.cli.predict import predict
from alzer.cli.report import report
from alzer.cli.serve import serve
from alzer.cli.tokens import tokens
from alzer.cli.train import train
from alzer.cli.verify import verify

app = typer.Typer(
    name="alzer",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    serve,
    predict,
    verify,
    report,
    dicom,
    fhir,
    train,
    evaluate,
    audit,
    audit_log,
    clock,
):
    app.command(no_args_is_help=command in {predict, verify, report, dicom, fhir})(
        command
    )
app.command("bids", cls=BidsAppCommand, no_args_is_help=True)(bids_app)
app.add_typer(models, name="models")
app.add_typer(node, name="node")
app.add_typer(tokens, name="tokens")


def _version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        typer.echo(f"alzer {__version__}")
        raise typer.Exit


@app.callback()
def alzer(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Brain MRI slices: degree of impairment, with what influenced the model.

    Research and education software; not a medical device.
    """
    del version  # the callback has shown it


def main() -> None:
    """Run the program.

    Raises:
        SystemExit: With its exit code.
    """
    try:
        app()
    except SystemExit as end:
        if isinstance(end.code, int):
            end_at_once(end.code)
        raise
