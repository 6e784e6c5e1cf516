"""What can run a network: an engine, and the arithmetic that it computes in."""

import importlib
import os
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final, Literal

from alzer.errors import EngineUnavailable
from alzer.settings import EngineName, EngineSetting, Precision, PrecisionSetting

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


# Those whose answers are those of fp32. Of two that are as fast, the first is
# taken: that which repeats nothing, and needs no library besides.
_INTERCHANGEABLE: Final = (
    Runtime("openvino", "fp32"),
    Runtime("onnxruntime", "fp32"),
    Runtime("openvino", "bf16-checked"),
)

# Without a measurement. On a processor without bf16 it is fp32.
DEFAULT_RUNTIME: Final = Runtime("openvino", "bf16-checked")


def candidates(
    engine: EngineSetting, precision: PrecisionSetting
) -> tuple[Runtime, ...]:
    """Return what the settings leave to choose from.

    Args:
        engine: As it is set.
        precision: As it is set; ONNX Runtime knows fp32 alone.

    Returns:
        At least one runtime. Of several, all give the same answers.
    """
    if engine == "onnxruntime":
        return (Runtime(engine, "fp32"),)
    found = tuple(
        runtime
        for runtime in _INTERCHANGEABLE
        if engine in {"auto", runtime.engine}
        and precision in {"auto", runtime.precision}
        and (runtime.engine == "openvino" or is_installed(runtime.engine))
    )
    # bf16 alone gives other answers: it is never one of several.
    return found or (Runtime("openvino", "bf16"),)


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
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
