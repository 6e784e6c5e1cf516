"""A bundle made ready to run: OpenVINO or ONNX Runtime, on the CPU or a GPU."""

from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from alzer.model.answer_facts import AnswerFacts
from alzer.model.bundle import Bundle
from alzer.model.checking import CheckedEngine
from alzer.model.decision import Decision, Tolerance
from alzer.model.evidence import Evidence, Floats
from alzer.model.mirroring import BatchedMirroredEngine, MirroredEngine, Network
from alzer.model.onnxruntime_engine import CUDA, OnnxRuntimeNetwork
from alzer.model.openvino_engine import ANY, OpenVinoNetwork, has_bf16
from alzer.model.person import PersonLimits
from alzer.model.preparation import InputSpec
from alzer.model.runtimes import Arithmetic, on_gpu, usable_cores
from alzer.model.second_opinion import SecondOpinionFit
from alzer.settings import EngineName, Precision

# More than the largest errors of bf16 near a limit: 0.122, 0.027 and 0.017 over 4000
# slices of the training (docs/decisions/0004-engine-and-precision.md).
BF16_TOLERANCE: Final = Tolerance(logits=0.15, ood_share=0.05, map_share=0.05)

# Inputs that a GPU is given at once; fewer where its memory is too small.
GPU_BATCH: Final = 64


@dataclass(frozen=True)
class ModelIdentity:
    """Which model gave an answer, and how it was run.

    Attributes:
        name: What the model is called.
        version: Its version.
        sha256: Of the model file, hexadecimal.
        engine: openvino or onnxruntime; with `-gpu` or `-cuda`, on a GPU.
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
        """Return the evidence for inputs of shape (n, 1, row, column)."""


@dataclass(frozen=True)
class Model:
    """A bundle made ready to run.

    Attributes:
        spec: What the network expects.
        identity: Which model it is.
        engine: What runs it.
        decision: What may be made of a prediction.
        person: What may be made of all slices of a person.
        second_opinion: The simple measure beside the network's answer, if its card
            has one.
        answer_facts: What its card tells those who read an answer.
    """

    spec: InputSpec
    identity: ModelIdentity
    engine: Engine
    decision: Decision = field(default_factory=Decision)
    person: PersonLimits = field(default_factory=PersonLimits)
    second_opinion: SecondOpinionFit | None = None
    answer_facts: AnswerFacts = field(default_factory=AnswerFacts)

    def run(self, batch: Floats) -> Evidence:
        """Return the evidence for inputs, averaged with that for their mirror images.

        An input and its mirror image get the same logits and OOD score to the last
        bit, and maps that are each other's mirror images. An input gets the same
        in every batch.

        Args:
            batch: Prepared inputs, shape (n, 1, row, column), n >= 1.

        Returns:
            The evidence, one entry per input.
        """
        return self.engine.run(batch)

    def run_exactly(self, batch: Floats) -> Evidence:
        """Return the same as `run`, without what a quicker arithmetic may change.

        Args:
            batch: Prepared inputs, shape (n, 1, row, column), n >= 1.

        Returns:
            The evidence, one entry per input.
        """
        if isinstance(self.engine, CheckedEngine):
            return self.engine.run_exactly(batch)
        return self.engine.run(batch)

    def settles_person(self, probabilities: NDArray[np.float64]) -> bool:
        """Return whether the arithmetic in use can change nothing said of a person.

        Args:
            probabilities: Of the person, shape (class,).

        Returns:
            False if they are so close to a limit that the slices should be run again,
            exactly.
        """
        if not isinstance(self.engine, CheckedEngine):
            return True
        return self.person.is_settled(probabilities, self.engine.tolerance.logits)


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
        precision: The arithmetic to use where the engine and the processor have it.
        threads: Threads for inference; 0 means all cores.

    Returns:
        The model; its identity names the arithmetic actually in use.

    Raises:
        EngineUnavailable: If the engine is not installed or refuses the model.
    """
    threads = threads or usable_cores()
    if on_gpu(engine):
        network = start_on_gpu(bundle.onnx, engine)
        runner: Engine = BatchedMirroredEngine(network, "fp32", GPU_BATCH)
    elif engine == "openvino":
        runner = _start_openvino(bundle, precision, threads)
    else:
        runner = MirroredEngine(OnnxRuntimeNetwork(bundle.onnx, threads), "fp32")
    identity = ModelIdentity(
        bundle.name, bundle.version, bundle.sha256, engine, runner.precision
    )
    return Model(
        bundle.spec,
        identity,
        runner,
        bundle.decision,
        bundle.person,
        bundle.second_opinion,
        bundle.answer_facts,
    )


def start_on_gpu(onnx: bytes, engine: EngineName) -> Network:
    """Make a network ready to run on a GPU, in fp32.

    Args:
        onnx: The model's file.
        engine: One that computes on a GPU.

    Raises:
        EngineUnavailable: If there is no such GPU, no library for it, or it refuses
            the model.
    """
    if engine == "onnxruntime-cuda":
        return OnnxRuntimeNetwork(onnx, 1, CUDA)
    return OpenVinoNetwork(onnx, "fp32", 1, ANY, device="GPU")


def _start_openvino(bundle: Bundle, precision: Precision, threads: int) -> Engine:
    if precision == "fp32" or not has_bf16():
        return _openvino(bundle.onnx, "fp32", threads)
    quick = _openvino(bundle.onnx, "bf16", threads)
    if precision == "bf16":
        return quick
    # For any number of inputs: its weights take memory when they are needed.
    exact = partial(_openvino, bundle.onnx, "fp32", threads, ANY)
    return CheckedEngine(quick, exact, bundle.decision, BF16_TOLERANCE)


def _openvino(
    onnx: bytes, arithmetic: Arithmetic, threads: int, inputs: int = 2
) -> MirroredEngine:
    return MirroredEngine(
        OpenVinoNetwork(onnx, arithmetic, threads, inputs), arithmetic
    )
