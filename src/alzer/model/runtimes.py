"""What can run a network: an engine, and the arithmetic that it computes in."""

import importlib
import math
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, TypeGuard

from alzer.errors import EngineUnavailable
from alzer.settings import EngineName, EngineSetting, Precision, PrecisionSetting

# Engines that compute on a GPU.
GpuName = Literal["openvino-gpu", "onnxruntime-cuda"]

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

# The same on a GPU; a measurement tells whether it is there and agrees.
_ON_GPU: Final = (
    Runtime("onnxruntime-cuda", "fp32"),
    Runtime("openvino-gpu", "fp32"),
)

# Libraries by engine, and the extras that install them.
_LIBRARIES: Final[Mapping[EngineName, str]] = MappingProxyType({
    "openvino": "openvino", "openvino-gpu": "openvino",
    "onnxruntime": "onnxruntime", "onnxruntime-cuda": "onnxruntime",
})  # fmt: skip
_EXTRAS: Final[Mapping[EngineName, str]] = MappingProxyType({
    "openvino": "openvino", "openvino-gpu": "openvino",
    "onnxruntime": "onnxruntime", "onnxruntime-cuda": "cuda",
})  # fmt: skip

# How much time of its cores a container may take.
_CPU_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")

# What a driver leaves where it has found a GPU.
# Source: README of NVIDIA's driver, chapter "Installed Components"; Linux kernel,
# "DRM Userland API", render nodes.
DEVICES: Final = Path("/dev")
_DEVICE_FILES: Final[Mapping[EngineName, str]] = MappingProxyType(
    {"onnxruntime-cuda": "nvidia[0-9]*", "openvino-gpu": "dri/renderD*"}
)

# Without a measurement. On a processor without bf16 it is fp32.
DEFAULT_RUNTIME: Final = Runtime("openvino", "bf16-checked")


def candidates(
    engine: EngineSetting, precision: PrecisionSetting
) -> tuple[Runtime, ...]:
    """Return what the settings leave to choose from.

    Args:
        engine: As it is set.
        precision: As it is set; ONNX Runtime and GPUs know fp32 alone.

    Returns:
        At least one runtime. Of several, all give the same answers.
    """
    if engine == "onnxruntime" or on_gpu(engine):
        return (Runtime(engine, "fp32"),)
    found = tuple(
        runtime
        for runtime in (*_INTERCHANGEABLE, *filter(_may_run, _ON_GPU))
        if engine in {"auto", runtime.engine}
        and precision in {"auto", runtime.precision}
        and (runtime.engine == "openvino" or is_installed(runtime.engine))
    )
    # bf16 alone gives other answers: it is never one of several.
    return found or (Runtime("openvino", "bf16"),)


def on_gpu(engine: EngineSetting) -> TypeGuard[GpuName]:
    """Return whether an engine computes on a GPU."""
    return engine in _DEVICE_FILES


def _may_run(runtime: Runtime) -> bool:
    return is_installed(runtime.engine) and any(
        DEVICES.glob(_DEVICE_FILES[runtime.engine])
    )


def import_engine(engine: EngineName) -> Any:  # noqa: ANN401 - a module without types
    """Import the library of an engine.

    Raises:
        EngineUnavailable: If it is not installed.
    """
    try:
        return importlib.import_module(_LIBRARIES[engine])
    except ImportError as error:
        message = (
            f"The engine {engine} is not installed; install alzer[{_EXTRAS[engine]}] "
            "or set ALZER_ENGINE to another."
        )
        raise EngineUnavailable(message) from error


def is_installed(engine: EngineName) -> bool:
    """Return whether the library of an engine is there, without importing it."""
    try:
        return find_spec(_LIBRARIES[engine]) is not None
    except ValueError:  # a module without a specification
        return False


def usable_cores(quota: Path = _CPU_QUOTA) -> int:
    """Return the number of cores that this process may use.

    Args:
        quota: Where Linux tells how much of them a container may take.

    Returns:
        Those that it may run on, or fewer where a container has less time than that;
        at least 1.
    """
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    # Source: Linux, Control Group v2, CPU interface files. Unlimited is "max".
    with suppress(OSError, ValueError, ZeroDivisionError):
        most, period = quota.read_text("ascii").split()
        cores = min(cores, math.ceil(int(most) / int(period)))
    return max(1, cores)
