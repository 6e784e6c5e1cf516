"""`alzer models export`: a model in a form that others run."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from alzer.cli.extras import load_extra
from alzer.model.bundle import shipped_bundle


class ExportForm(StrEnum):
    """In which form a model is written."""

    onnx = "onnx"
    monai = "monai"


def export(
    bundle: Annotated[
        Path | None,
        typer.Argument(
            metavar="[BUNDLE]", help="Folder of a model; else the one that ships."
        ),
    ] = None,
    *,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="Folder to write into."),
    ],
    form: Annotated[
        ExportForm, typer.Option("--as", help="In which form.")
    ] = ExportForm.onnx,
    licence: Annotated[
        str | None,
        typer.Option(
            help="Under which licence your own model may be used; else none is stated."
        ),
    ] = None,
) -> None:
    """Write a model as ONNX or as a MONAI Bundle, for other runtimes.

    Both give alzer's logits: the mean over an input and its mirror image. The ONNX file
    tells in its metadata what it is, what it expects and what it is not; the MONAI
    Bundle has that, TorchScript and a configuration that runs. Inputs are prepared
    slices. Needs the extra 'train'.
    """
    exchange = load_extra("training.exchange", "Exporting a model")
    model = bundle or shipped_bundle()
    written = exchange.export_model(model, output, form.value, licence)
    typer.echo(f"Wrote {written}.")
