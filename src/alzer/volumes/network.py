"""Networks that turn a cube of voxels into another of the same size."""

import threading
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from alzer.errors import EngineUnavailable
from alzer.model.onnxruntime_engine import CPU, CUDA, providers_of, require_provider
from alzer.model.openvino_engine import (
    Device,
    compile_options,
    require_device,
    shared_core,
)
from alzer.model.runtimes import import_engine
from alzer.settings import EngineName

Cube = NDArray[np.float32]

_REFUSED: Final = (
    "The inference engine can't run a network for volumes; install alzer again."
)


class VolumeNetwork(Protocol):
    """A network for cubes of one size; safe to call from many threads."""

    @property
    def edge(self) -> int:
        """Voxels along each side of the cube."""

    def run(self, cube: Cube) -> Cube:
        """Return what the network makes of a cube, shape (i, j, k) as the cube's."""


def load_network(onnx: bytes, engine: EngineName, threads: int) -> VolumeNetwork:
    """Make a network ready to run in fp32.

    Args:
        onnx: One input and one output, shape (1, 1, i, j, k), a cube.
        engine: Which library computes.
        threads: Threads for one run.

    Raises:
        EngineUnavailable: If the engine is not installed or refuses the network.
    """
    if engine == "openvino":
        return _OpenVinoCube(onnx, threads)
    if engine == "openvino-gpu":
        return _OpenVinoCube(onnx, threads, "GPU")
    provider = CUDA if engine == "onnxruntime-cuda" else CPU
    return _OnnxRuntimeCube(onnx, threads, provider)


class _OpenVinoCube:
    """Compiled once; what lies between the layers is given back after each run."""

    def __init__(self, onnx: bytes, threads: int, device: Device = "CPU") -> None:
        core = shared_core(import_engine("openvino"))
        require_device(core, device)
        try:
            model = core.read_model(model=onnx)
            self.edge = int(model.inputs[0].shape[-1])
            self._compiled = core.compile_model(
                model, device, compile_options("fp32", threads, device)
            )
        except (RuntimeError, ValueError, IndexError) as error:
            raise EngineUnavailable(_REFUSED) from error
        # A run takes all threads and some hundred MB: two at once gain nothing.
        self._turn = threading.Lock()

    def run(self, cube: Cube) -> Cube:
        with self._turn:
            try:
                request = self._compiled.create_infer_request()
                request.infer([cube[None, None]], share_inputs=True)
                return np.array(request.get_output_tensor(0).data[0, 0])
            finally:
                del request
                self._compiled.release_memory()


class _OnnxRuntimeCube:
    """A session whose memory is not kept for the next run."""

    def __init__(self, onnx: bytes, threads: int, provider: str) -> None:
        onnxruntime = import_engine("onnxruntime")
        providers = providers_of(onnxruntime, provider)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.enable_cpu_mem_arena = False
        try:
            self._session: Any = onnxruntime.InferenceSession(
                onnx, options, providers=providers
            )
        except Exception as error:  # its errors share no narrower base
            raise EngineUnavailable(_REFUSED) from error
        require_provider(self._session, provider)
        self._input = self._session.get_inputs()[0]
        self.edge = int(self._input.shape[-1])
        self._turn = threading.Lock()

    def run(self, cube: Cube) -> Cube:
        with self._turn:
            (found,) = self._session.run(None, {self._input.name: cube[None, None]})
        return np.asarray(found[0, 0])
