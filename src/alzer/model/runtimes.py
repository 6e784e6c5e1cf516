"""What can run a network: an engine, and the arithmetic that it computes in."""

import importlib
import os
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

from alzer.errors import EngineUnavailable
from alzer.settings import EngineName, Precision

# What a single run computes in; a precision may combine several.
Arithmetic = Literal["fp32", "bf16"]


@dataclass(frozen=True)
class Runtime:
    """An engine and a precision.

    Attributes:
        engine: The library that computes.
        precision: The arithmetic, where the processor has it.
    """

    engine: EngineName
    precision: Precision

    def __str__(self) -> str:
        """Return both names, as people read them."""
        return f"{self.engine} {self.precision}"


DEFAULT_RUNTIME = Runtime("openvino", "bf16-checked")


def import_engine(engine: EngineName) -> Any:  # noqa: ANN401 - a module without types
    """Import the library of an engine.

    Raises:
        EngineUnavailable: If it is not installed.
    """
    try:
        return importlib.import_module(engine)
    except ImportError as error:
        message = (
            f"The engine {engine} is not installed; install alzer[{engine}] "
            "or set ALZER_ENGINE to another."
        )
        raise EngineUnavailable(message) from error


def is_installed(engine: EngineName) -> bool:
    """Return whether the library of an engine is there, without importing it."""
    try:
        return find_spec(engine) is not None
    except ValueError:  # a module without a specification
        return False


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0))
