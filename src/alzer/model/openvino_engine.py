"""Networks that OpenVINO runs, on the CPU or on an Intel GPU."""

import queue
from functools import cache
from typing import Any, Literal

from alzer.errors import EngineUnavailable
from alzer.model.evidence import Evidence, Floats
from alzer.model.runtimes import Arithmetic, import_engine

Device = Literal["CPU", "GPU"]

# Inputs of any number.
ANY = -1


def has_bf16() -> bool:
    """Return whether OpenVINO computes in bf16 on this processor.

    It silently keeps fp32 where the processor has no bf16.

    Raises:
        EngineUnavailable: If OpenVINO is not installed.
    """
    core = shared_core(import_engine("openvino"))
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@cache
def shared_core(openvino: Any) -> Any:  # noqa: ANN401 - a module without types
    """Return the one Core of this process, never taken down.

    A Core puts the signals of the thread that makes it on a stack of its own, and
    its end puts back what it found there: where one of several ends, that can be the
    stack of one that has ended, and the next signal ends the process.
    """
    return openvino.Core()


class OpenVinoNetwork:
    """A network compiled by OpenVINO; one request object per caller, reused.

    Args:
        onnx: The model's file.
        arithmetic: fp32, or bf16 where the processor has it.
        threads: Threads for one run.
        inputs: Inputs per run. A network for ANY number takes half of its memory
            at its first run only.
        device: What computes: CPU or GPU.

    Raises:
        EngineUnavailable: If OpenVINO is not installed or refuses the model.
    """

    def __init__(
        self,
        onnx: bytes,
        arithmetic: Arithmetic,
        threads: int,
        inputs: int = 2,
        *,
        device: Device = "CPU",
    ) -> None:
        core = shared_core(import_engine("openvino"))
        require_device(core, device)
        try:
            model = core.read_model(model=onnx)
            _, *shape = model.inputs[0].partial_shape
            model.reshape([inputs, *shape])
            self._compiled = core.compile_model(
                model, device, compile_options(arithmetic, threads, device)
            )
        except (RuntimeError, ValueError, IndexError) as error:
            message = "OpenVINO can't run this model; is model.onnx of this project?"
            raise EngineUnavailable(message) from error
        self._outputs = range(len(self._compiled.outputs))
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()

    def run(self, pair: Floats) -> Evidence:
        """Return the evidence for two inputs, shape (2, 1, row, column)."""
        try:
            request = self._idle.get_nowait()
        except queue.Empty:
            request = self._compiled.create_infer_request()
        try:
            request.infer([pair], share_inputs=True)
            # Copies: the request's buffers are used again by the next caller.
            return Evidence(
                *(
                    request.get_output_tensor(index).data.copy()
                    for index in self._outputs
                )
            )
        finally:
            self._idle.put(request)


def require_device(core: Any, device: Device) -> None:  # noqa: ANN401 - no types
    """Refuse a device that OpenVINO does not see.

    Raises:
        EngineUnavailable: If there is none.
    """
    if not any(name.split(".")[0] == device for name in core.available_devices):
        message = (
            "OpenVINO finds no Intel GPU that it can use; install its driver, or set "
            "ALZER_ENGINE to another."
        )
        raise EngineUnavailable(message)


def compile_options(
    arithmetic: Arithmetic, threads: int, device: Device = "CPU"
) -> dict[str, Any]:
    """Return what OpenVINO is told when it compiles a network.

    Args:
        arithmetic: fp32, or bf16 where the processor has it.
        threads: Threads for one run on the CPU.
        device: What computes.
    """
    of_cpu: dict[str, Any] = {}
    if device == "CPU":
        # Pinned threads of several processes meet on the first cores, whatever the
        # others do: two processes with one thread each would take twice as long.
        of_cpu = {"INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False}
    return {
        "INFERENCE_PRECISION_HINT": "f32" if arithmetic == "fp32" else "bf16",
        "PERFORMANCE_HINT": "LATENCY",
        **of_cpu,
    }
