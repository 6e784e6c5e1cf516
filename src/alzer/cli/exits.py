"""From a failure to its exit code and its sentence: one table."""

import sys
from collections.abc import Mapping
from typing import Any, Final

import typer
from typer.core import TyperGroup

from alzer.errors import (
    AlzerError,
    InvalidRequest,
    Overloaded,
    StorageUnavailable,
    TrainingRefused,
    UnusableModel,
    UnusableScan,
)

SUCCESS: Final = 0
FAILURE: Final = 1
WRONG_CALL: Final = 2

# The nearest class in an error's ancestry decides. `alzer predict` turns an
# UnusableScan into a record and goes on; its exit code is then FAILURE too.
EXIT_CODE_BY_ERROR: Final[Mapping[type[AlzerError], int]] = {
    UnusableScan: FAILURE,
    InvalidRequest: WRONG_CALL,
    UnusableModel: FAILURE,
    TrainingRefused: FAILURE,
    StorageUnavailable: FAILURE,
    Overloaded: FAILURE,
}


def exit_code_of(error: type[AlzerError]) -> int:
    """Look up the exit code that stands for a class of errors."""
    nearest = (each for each in error.__mro__ if each in EXIT_CODE_BY_ERROR)
    return EXIT_CODE_BY_ERROR[next(nearest)]


def complain(sentence: str) -> None:
    """Tell the person at the terminal what went wrong."""
    sys.stderr.write(f"alzer: {sentence}\n")


class Commands(TyperGroup):
    """The commands, none of which shows a traceback for a foreseen failure."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer keeps its type private
        """Run the command that was called.

        Args:
            ctx: The parsed call.

        Returns:
            What the command returns.

        Raises:
            Exit: If the command fails in a foreseen way; carries the exit code.
        """
        try:
            return super().invoke(ctx)
        except AlzerError as error:
            complain(error.message)
            raise typer.Exit(exit_code_of(type(error))) from error
