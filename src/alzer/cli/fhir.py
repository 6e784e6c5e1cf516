"""`alzer fhir`: an analysis as FHIR R4 resources."""

import json
from pathlib import Path
from typing import Annotated

import typer

from alzer.analysis_bundle import read_bundle
from alzer.cli.kept_file import keep_file
from alzer.cli.options import ModelOption
from alzer.cli.report import bytes_of, card_to_quote
from alzer.fhir_r4.bundle import fhir_bundle
from alzer.reports.sources import source_of_bundle


def fhir(
    bundle: Annotated[
        Path,
        typer.Argument(
            metavar="BUNDLE", help="As `alzer predict --bundle` or the service gave it."
        ),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to; else standard output."
        ),
    ] = None,
    reference: Annotated[
        str,
        typer.Option(
            help="What the person is called in your study, as the only identifier of "
            "the subject. Don't name the person."
        ),
    ] = "",
    model: ModelOption = None,
) -> None:
    """Write an analysis as a FHIR R4 Bundle in JSON, of the type collection.

    It holds a DiagnosticReport, its Observations and the model as a Device, all
    preliminary; no name of a file or a person. Where the answer can't be relied on, it
    says why, in place of classes and probabilities.
    """
    analysis = read_bundle(bytes_of(bundle))
    source = source_of_bundle(analysis, card=card_to_quote(model), reference=reference)
    text = json.dumps(fhir_bundle(source), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        typer.echo(text, nl=False)
        return
    keep_file(output, text.encode())
    typer.echo(f"Wrote {output}.")
