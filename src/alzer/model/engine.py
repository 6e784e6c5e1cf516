"""Run the network: OpenVINO on the CPU by default, ONNX Runtime elsewhere."""

import importlib
import os
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from alzer.errors import EngineUnavailable
from alzer.model.bundle import Bundle
from alzer.model.decision import Decision
from alzer.model.preparation import InputSpec
from alzer.settings import EngineName, Precision

Floats = NDArray[np.float32]

# Where bf16 puts the two best classes closer together than this, fp32 decides.
# The largest error of bf16 on a close difference, over all slices trained on, was
# 0.148 (docs/decisions/0004-engine-and-precision.md).
CLOSE_CALL_LOGITS = 0.15


@dataclass(frozen=True)
class Evidence:
    """What one forward pass gives.

    Attributes:
        logits: shape (n, class).
        maps: shape (n, class, row, column); the mean of a map plus its class's
            bias is the logit.
        ood_score: How unlike the training slices each input is, shape (n,); None
            if the model does not say.
    """

    logits: Floats
    maps: Floats
    ood_score: Floats | None = None


@dataclass(frozen=True)
class ModelIdentity:
    """Which model gave an answer, and how it was run.

    Attributes:
        name: What the model is called.
        version: Its version.
        sha256: Of the model file, hexadecimal.
        engine: openvino or onnxruntime.
        precision: The arithmetic in use: fp32, bf16 or bf16-checked.
    """

    name: str
    version: str
    sha256: str
    engine: str
    precision: str


class Engine(Protocol):
    """Something that runs the graph; safe to call from many threads."""

    @property
    def precision(self) -> str:
        """The arithmetic in use."""

    def run(self, batch: Floats) -> Evidence:
        """Give the evidence for inputs of shape (n, 1, row, column)."""


@dataclass(frozen=True)
class Model:
    """A bundle made ready to run.

    Attributes:
        spec: What the network expects.
        identity: Which model it is.
        engine: What runs it.
        decision: What may be made of a prediction.
    """

    spec: InputSpec
    identity: ModelIdentity
    engine: Engine
    decision: Decision = field(default_factory=Decision)

    def run(self, batch: Floats) -> Evidence:
        """Give logits and maps.

        Args:
            batch: Prepared inputs, shape (n, 1, row, column).

        Returns:
            The evidence, one entry per input.
        """
        return self.engine.run(batch)


def load_model(
    bundle: Bundle,
    engine: EngineName = "openvino",
    precision: Precision = "bf16-checked",
    threads: int = 0,
) -> Model:
    """Make a bundle ready to run.

    Args:
        bundle: A verified model.
        engine: Which engine to use.
        precision: The arithmetic to use where the processor has it.
        threads: Threads for inference; 0 means all cores.

    Returns:
        The model; its identity names the arithmetic actually in use.

    Raises:
        EngineUnavailable: If the engine is not installed or refuses the model.
    """
    start = _start_openvino if engine == "openvino" else _OnnxRuntime
    runner: Engine = start(_module(engine), bundle.onnx, precision, threads or _cores())
    identity = ModelIdentity(
        bundle.name, bundle.version, bundle.sha256, engine, runner.precision
    )
    return Model(bundle.spec, identity, runner, bundle.decision)


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _module(engine: EngineName) -> Any:  # noqa: ANN401 - a module without types
    try:
        return importlib.import_module(engine)
    except ImportError as error:
        message = (
            f"The engine {engine} is not installed; install alzer[{engine}] "
            "or set ALZER_ENGINE to another."
        )
        raise EngineUnavailable(message) from error


@cache
def _core(openvino: Any) -> Any:  # noqa: ANN401 - a module without types
    """Give the one Core of this process, never taken down.

    A Core puts the signals of the thread that makes it on a stack of its own, and
    its end puts back what it found there: where one of several ends, that can be the
    stack of one that has ended, and the next signal ends the process.
    """
    return openvino.Core()


class _Network:
    """A network compiled by OpenVINO; one request object per caller, reused.

    Args:
        core: OpenVINO's.
        onnx: The model's file.
        batch: Inputs per run; -1: any number.
        options: Of the compiler.

    Raises:
        EngineUnavailable: If the engine refuses the model.
    """

    def __init__(
        self,
        core: Any,  # noqa: ANN401 - of a module without types
        onnx: bytes,
        batch: int,
        options: dict[str, Any],
    ) -> None:
        try:
            model = core.read_model(model=onnx)
            _, *shape = model.inputs[0].partial_shape
            model.reshape([batch, *shape])
            self._compiled = core.compile_model(model, "CPU", options)
        except (RuntimeError, ValueError, IndexError) as error:
            message = "OpenVINO can't run this model; is model.onnx of this project?"
            raise EngineUnavailable(message) from error
        self._outputs = range(len(self._compiled.outputs))
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()

    def run(self, batch: Floats) -> Evidence:
        try:
            request = self._idle.get_nowait()
        except queue.Empty:
            request = self._compiled.create_infer_request()
        try:
            request.infer([batch], share_inputs=True)
            # Copies: the request's buffers are used again by the next caller.
            return Evidence(
                *(request.get_output_tensor(each).data.copy() for each in self._outputs)
            )
        finally:
            self._idle.put(request)


def _options(precision: Precision, threads: int) -> dict[str, Any]:
    return {
        "INFERENCE_PRECISION_HINT": "f32" if precision == "fp32" else "bf16",
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
    }


class _OpenVino:
    """OpenVINO on the CPU: one network for single inputs, another for batches.

    Knowing the number beforehand makes a single input quicker; a service needs no
    other, so that the network for batches is made by the first of them.
    """

    def __init__(
        self,
        core: Any,  # noqa: ANN401 - of a module without types
        onnx: bytes,
        precision: Precision,
        threads: int,
    ) -> None:
        self.precision = precision
        options = _options(precision, threads)
        self._compile = partial(_Network, core, onnx, options=options)
        self._for_one = self._compile(1)
        self._for_many: _Network | None = None
        self._making = threading.Lock()

    def run(self, batch: Floats) -> Evidence:
        network = self._for_one if len(batch) == 1 else self._batches()
        return network.run(batch)

    def _batches(self) -> _Network:
        with self._making:
            if self._for_many is None:
                self._for_many = self._compile(-1)
            return self._for_many


class _CheckedOpenVino:
    """bf16, with close calls between classes decided in fp32."""

    precision: Precision = "bf16-checked"

    def __init__(
        self,
        core: Any,  # noqa: ANN401 - of a module without types
        onnx: bytes,
        threads: int,
    ) -> None:
        self._quick = _OpenVino(core, onnx, "bf16", threads)
        # Made ready meanwhile: most answers don't need it. For any number of inputs,
        # it takes much of its memory only at its first run.
        starter = ThreadPoolExecutor(1, "fp32-engine")
        options = _options("fp32", threads)
        self._exact = starter.submit(_Network, core, onnx, -1, options)
        starter.shutdown(wait=False)

    def run(self, batch: Floats) -> Evidence:
        evidence = self._quick.run(batch)
        best_two = np.sort(evidence.logits, axis=1)[:, -2:]
        close = np.flatnonzero(best_two[:, 1] - best_two[:, 0] < CLOSE_CALL_LOGITS)
        if len(close):
            exact = self._exact.result().run(batch[close])
            evidence.logits[close] = exact.logits
            evidence.maps[close] = exact.maps
            if evidence.ood_score is not None:
                evidence.ood_score[close] = exact.ood_score
        return evidence


def _start_openvino(
    openvino: Any,  # noqa: ANN401 - a module without types
    onnx: bytes,
    precision: Precision,
    threads: int,
) -> Engine:
    core = _core(openvino)
    # The engine itself silently keeps fp32 where the processor has no bf16.
    offered = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if precision == "fp32" or "BF16" not in offered:
        return _OpenVino(core, onnx, "fp32", threads)
    if precision == "bf16":
        return _OpenVino(core, onnx, "bf16", threads)
    return _CheckedOpenVino(core, onnx, threads)


class _OnnxRuntime:
    """ONNX Runtime on the CPU, always in fp32."""

    precision: Precision = "fp32"

    def __init__(
        self,
        onnxruntime: Any,  # noqa: ANN401 - a module without types
        onnx: bytes,
        _precision: Precision,
        threads: int,
    ) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        try:
            self._session = onnxruntime.InferenceSession(
                onnx, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its errors share no narrower base
            message = (
                "ONNX Runtime can't run this model; is model.onnx of this project?"
            )
            raise EngineUnavailable(message) from error
        self._input = self._session.get_inputs()[0].name

    def run(self, batch: Floats) -> Evidence:
        return Evidence(*self._session.run(None, {self._input: batch}))
