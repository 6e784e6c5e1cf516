"""Modules that need packages which serving does not install."""

import importlib
import sys
from typing import Any

import typer

from alzer.cli.exits import FAILURE, complain


def load_extra(module: str, purpose: str, extra: str = "train") -> Any:  # noqa: ANN401 - a module, loaded when it is needed
    """Load a module of alzer that needs an extra.

    Args:
        module: Its name below `alzer`.
        purpose: What it is needed for, as the subject of a sentence.
        extra: Name of the extra.

    Returns:
        The module.

    Raises:
        Exit: A package is missing; the person is told how to install it.
    """
    try:
        return importlib.import_module(f"alzer.{module}")
    except ModuleNotFoundError as error:
        complain(
            f"{purpose} needs packages that are not installed ({error.name} is "
            f"missing). Install them in alzer's folder: {sys.executable} -m pip "
            f"install -c constraints.txt -e '.[{extra}]'"
        )
        raise typer.Exit(FAILURE) from error
