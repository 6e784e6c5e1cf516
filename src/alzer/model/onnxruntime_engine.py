"""Networks that ONNX Runtime runs in fp32, on the CPU or on an NVIDIA GPU."""

import re
from typing import Any, Final

from alzer.errors import EngineUnavailable
from alzer.model.evidence import Evidence, Floats
from alzer.model.mirroring import OutOfMemory
from alzer.model.runtimes import import_engine

CPU: Final = "CPUExecutionProvider"
CUDA: Final = "CUDAExecutionProvider"

# TF32 would keep 10 bits of 23, and a search by timing would choose other arithmetic
# from start to start.
# Source: ONNX Runtime's documentation, "CUDA Execution Provider", use_tf32 and
# cudnn_conv_algo_search.
_CUDA_OPTIONS: Final = {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}

# How its memory arenas, and CUDA, say that nothing is left.
_NO_ROOM: Final = re.compile("allocate memory|out of memory|BFCArena", re.IGNORECASE)


class OnnxRuntimeNetwork:
    """A session of ONNX Runtime.

    Args:
        onnx: The model's file.
        threads: Threads for one run on the CPU.
        provider: What computes.

    Raises:
        EngineUnavailable: If ONNX Runtime is not installed, lacks the provider or
            refuses the model.
    """

    def __init__(self, onnx: bytes, threads: int, provider: str = CPU) -> None:
        onnxruntime = import_engine("onnxruntime")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        try:
            self._session = onnxruntime.InferenceSession(
                onnx, options, providers=providers_of(onnxruntime, provider)
            )
        except EngineUnavailable:
            raise
        except Exception as error:  # its errors share no narrower base
            message = (
                "ONNX Runtime can't run this model; is model.onnx of this project?"
            )
            raise EngineUnavailable(message) from error
        require_provider(self._session, provider)
        self._input = self._session.get_inputs()[0].name

    def run(self, pair: Floats) -> Evidence:
        """Return the evidence for inputs, shape (n, 1, row, column).

        Raises:
            OutOfMemory: If a GPU has no room for them.
        """
        try:
            return Evidence(*self._session.run(None, {self._input: pair}))
        except Exception as error:  # its errors share no narrower base
            if _NO_ROOM.search(str(error)):
                raise OutOfMemory from error
            raise


def providers_of(
    onnxruntime: Any,  # noqa: ANN401 - a module without types
    provider: str,
) -> list[Any]:
    """Return what a session is given so that a provider computes, and only that.

    Raises:
        EngineUnavailable: If this build of ONNX Runtime lacks it.
    """
    if provider not in onnxruntime.get_available_providers():
        message = (
            "The ONNX Runtime that is installed can't use an NVIDIA GPU; install "
            "alzer[cuda] in place of alzer[onnxruntime], or set ALZER_ENGINE to "
            "another."
        )
        raise EngineUnavailable(message)
    return [(provider, _CUDA_OPTIONS)] if provider == CUDA else [provider]


def require_provider(
    session: Any,  # noqa: ANN401 - its module has no types
    provider: str,
) -> None:
    """Refuse a session that went on without the provider that was asked for.

    ONNX Runtime falls back to the CPU silently where a GPU can't be used.

    Raises:
        EngineUnavailable: If another provider computes.
    """
    if session.get_providers()[0] != provider:
        message = (
            "ONNX Runtime finds no NVIDIA GPU that it can use; see whether nvidia-smi "
            "does, or set ALZER_ENGINE to another."
        )
        raise EngineUnavailable(message)
