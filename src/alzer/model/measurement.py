"""Measure how fast each engine is on this machine, in a process of its own.

The networks that lose leave nothing behind in the process that serves, and one that
the processor can't run ends this process only.
"""

import hashlib
import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import numpy as np

from alzer import __version__
from alzer.errors import AlzerError, EngineUnavailable
from alzer.model.bundle import Bundle, load_bundle
from alzer.model.engine import start_on_gpu
from alzer.model.evidence import Evidence, Floats
from alzer.model.mirroring import Network, OutOfMemory
from alzer.model.onnxruntime_engine import OnnxRuntimeNetwork
from alzer.model.openvino_engine import ANY, OpenVinoNetwork, has_bf16
from alzer.model.runtimes import Arithmetic, Runtime, on_gpu, usable_cores
from alzer.settings import EngineName

# Of the slices trained on, the share whose answer bf16-checked repeats in fp32.
REPEATED_SHARE: Final = 0.3

# A GPU is taken only if it gives what fp32 gives, on so many pairs, up to this share
# of the largest value: other orders of addition make 1e-5, TF32 or bf16 1e-3 and more.
_COMPARED: Final = 2
_AGREEMENT: Final = 2e-4

# Rounds go on until this much time has passed, but there are at least so many.
_MEASURE_FOR_S: Final = 1.0
_FEWEST_ROUNDS: Final = 5

# Lets the threads of one engine fall asleep before another one is timed.
_PAUSE_S: Final = 0.01

_GIVE_UP_AFTER_S: Final = 60.0

# What tells one processor from another; the rest of the file changes by the second.
_PROCESSORS: Final = Path("/proc/cpuinfo")
_PROCESSOR_FIELDS: Final = frozenset({
    "vendor_id", "cpu family", "model", "model name", "stepping", "flags",
    "CPU implementer", "CPU architecture", "CPU variant", "CPU part", "Features",
})  # fmt: skip

# An engine and the arithmetic of a single run.
_Variant = tuple[EngineName, Arithmetic]


def measure_apart(
    bundle: Path, threads: int, runtimes: Sequence[Runtime]
) -> dict[str, float]:
    """Measure the engines in another process.

    Args:
        bundle: The model's folder.
        threads: Threads for inference; 0 means all cores.
        runtimes: What to measure.

    Returns:
        Milliseconds per slice, with its mirror image and the mean share of repeats,
        by the runtime's name; without those that the processor does not have.

    Raises:
        EngineUnavailable: If nothing was measured.
    """
    names = [f"{runtime.engine}:{runtime.precision}" for runtime in runtimes]
    command = [sys.executable, "-m", __name__, str(bundle), str(threads), *names]
    try:
        done = subprocess.run(  # noqa: S603 - this module
            command, capture_output=True, check=True, timeout=_GIVE_UP_AFTER_S
        )
        timings: dict[str, float] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        message = "The engines could not be measured on this machine."
        raise EngineUnavailable(message) from error
    return timings


def measure(
    bundle: Bundle, threads: int, runtimes: Sequence[Runtime]
) -> dict[str, float]:
    """Measure the engines in turn, so that what else goes on hits all alike.

    Args:
        bundle: The model.
        threads: As for `measure_apart`.
        runtimes: As for `measure_apart`.

    Returns:
        As `measure_apart`.

    Raises:
        EngineUnavailable: If an engine refuses the model.
    """
    usable = [
        runtime
        for runtime in runtimes
        if _is_usable(runtime)
        and (not on_gpu(runtime.engine) or agrees(bundle, runtime.engine))
    ]
    networks = {
        variant: _open(bundle.onnx, variant, threads or usable_cores())
        for variant in dict.fromkeys(
            variant for runtime in usable for variant in _variants(runtime)
        )
    }
    pair = np.zeros((2, 1, bundle.spec.height, bundle.spec.width), np.float32)
    least = _time_in_turn({name: _run(net, pair) for name, net in networks.items()})
    return {str(runtime): _cost_ms(runtime, least) for runtime in usable}


def agrees(bundle: Bundle, engine: EngineName) -> bool:
    """Return whether an engine is there and gives what OpenVINO's fp32 gives.

    Args:
        bundle: The model.
        engine: Such as one on a GPU.

    Returns:
        False also if there is no such engine on this machine.
    """
    shape = (2 * _COMPARED, 1, bundle.spec.height, bundle.spec.width)
    noise = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    exact = OpenVinoNetwork(bundle.onnx, "fp32", usable_cores(), ANY).run(noise)
    try:
        found = _open(bundle.onnx, (engine, "fp32"), usable_cores(), ANY).run(noise)
    except (EngineUnavailable, OutOfMemory):
        return False
    return differs_by(found, exact) <= _AGREEMENT


def differs_by(found: Evidence, exact: Evidence) -> float:
    """Return the largest error of logits, maps and OOD scores.

    Args:
        found: For some inputs.
        exact: For the same inputs.

    Returns:
        As a share of the largest value of its kind, at least 1; infinite where
        something is no finite number.
    """
    pairs = [(found.logits, exact.logits), (found.maps, exact.maps)]
    if found.ood_score is not None and exact.ood_score is not None:
        pairs.append((found.ood_score, exact.ood_score))
    worst = max(
        float(np.abs(own - other).max()) / max(float(np.abs(other).max()), 1.0)
        for own, other in pairs
    )
    return worst if math.isfinite(worst) else math.inf


def _is_usable(runtime: Runtime) -> bool:
    return runtime.precision == "fp32" or has_bf16()


def _variants(runtime: Runtime) -> tuple[_Variant, ...]:
    """Return which networks a runtime runs."""
    exact: _Variant = (runtime.engine, "fp32")
    quick: _Variant = (runtime.engine, "bf16")
    if runtime.precision == "bf16-checked":
        return (quick, exact)
    return (exact if runtime.precision == "fp32" else quick,)


def _cost_ms(runtime: Runtime, least_ms: Mapping[_Variant, float]) -> float:
    first, *repeats = (least_ms[variant] for variant in _variants(runtime))
    return round(first + REPEATED_SHARE * sum(repeats), 3)


def _open(onnx: bytes, variant: _Variant, threads: int, inputs: int = 2) -> Network:
    engine, arithmetic = variant
    if on_gpu(engine):
        return start_on_gpu(onnx, engine)
    if engine == "openvino":
        return OpenVinoNetwork(onnx, arithmetic, threads, inputs)
    return OnnxRuntimeNetwork(onnx, threads)


def _run(network: Network, pair: Floats) -> Callable[[], object]:
    return lambda: network.run(pair)


def _time_in_turn(
    works: Mapping[_Variant, Callable[[], object]],
) -> dict[_Variant, float]:
    """Return the least time of each work in milliseconds.

    What else the machine does can only add to it. Each works twice in its turn and
    the second time counts: otherwise it would pay for what the one before left in
    the caches.
    """
    durations: dict[_Variant, list[float]] = {name: [] for name in works}
    started, rounds = time.perf_counter(), 0
    while rounds < _FEWEST_ROUNDS or time.perf_counter() - started < _MEASURE_FOR_S:
        for name, work in works.items():
            time.sleep(_PAUSE_S)
            work()
            begun = time.perf_counter()
            work()
            durations[name].append(time.perf_counter() - begun)
        rounds += 1
    return {name: min(each) * 1e3 for name, each in durations.items()}


def describe_machine(
    model_sha256: str, threads: int, runtimes: Sequence[Runtime]
) -> dict[str, str]:
    """Return what a measurement depends on; where it changed, measure again.

    Args:
        model_sha256: Of the model's file.
        threads: Threads for inference; 0 means all cores.
        runtimes: What is measured.

    Returns:
        Names and values.
    """
    return {
        "alzer": __version__,
        "model": model_sha256,
        "processor": _processor(),
        "cores": str(usable_cores()),
        "threads": str(threads or usable_cores()),
        "openvino": _version_of("openvino"),
        "onnxruntime": _version_of("onnxruntime"),
        "runtimes": ", ".join(map(str, runtimes)),
    }


def _version_of(engine: EngineName) -> str:
    try:
        return version(engine)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """Return the name of the processor, and a digest of its model and abilities."""
    try:
        first = _PROCESSORS.read_text("utf-8").partition("\n\n")[0]
    except (OSError, UnicodeDecodeError):
        return f"{platform.machine()} {platform.processor()}".strip()
    facts = {
        name.strip(): value.strip()
        for name, _, value in (line.partition(":") for line in first.splitlines())
        if name.strip() in _PROCESSOR_FIELDS
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return f"{facts.get('model name', platform.machine())} {digest[:12]}"


def main() -> None:
    """Measure what the command line names, and print it as JSON.

    Raises:
        SystemExit: If an engine refuses the model.
    """
    folder, threads, *names = sys.argv[1:]
    runtimes = [Runtime(*name.split(":")) for name in names]  # type: ignore[arg-type]  # by measure_apart
    try:
        timings = measure(load_bundle(Path(folder)), int(threads), runtimes)
    except AlzerError as error:
        raise SystemExit(error.message) from error
    sys.stdout.write(json.dumps(timings))
    sys.stdout.flush()
    os._exit(0)  # the engines' own ends take longer than what they would tidy up


if __name__ == "__main__":
    main()
