"""Run a chain of 3-D convolutions on boxes of any size."""

import threading
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import EngineUnavailable
from alzer.model.openvino_engine import compile_options, has_bf16, shared_core
from alzer.model.runtimes import Arithmetic, import_engine
from alzer.volumes.tfjs import Convolution

Cube = NDArray[np.float32]
Labels = NDArray[np.uint8]

# Layers look at most so many voxels beyond the box that is asked for. What lies farther
# away has influence through the first layers only, where they take it for air.
FARTHEST_MARGIN: Final = 31


class MeshNet:
    """A network that names each voxel's class; safe to call from many threads.

    Each layer is computed only as far beyond the box that is asked for as the layers
    after it look, and not beyond the margin; past it they see air.

    Args:
        layers: At least one.
        threads: Threads for one run.
        arithmetic: fp32 or bf16; None is bf16 where the processor has it.

    Attributes:
        margin: Voxels by which the input is wider than the output at each side.

    Raises:
        EngineUnavailable: If OpenVINO is not installed.
    """

    def __init__(
        self,
        layers: Sequence[Convolution],
        threads: int,
        arithmetic: Arithmetic | None = None,
    ) -> None:
        self._openvino = import_engine("openvino")
        self._layers = tuple(layers)
        self._options = compile_options(
            arithmetic or ("bf16" if has_bf16() else "fp32"), threads
        )
        self._pads, self.margin = _pads(self._layers)
        # A run takes all threads and some hundred MB: two at once gain nothing.
        self._turn = threading.Lock()

    def run(self, greys: Cube) -> Labels:
        """Return the most probable class of each voxel.

        Args:
            greys: shape (i, j, k), as the network was trained; each side longer than
                twice the margin.

        Returns:
            shape (i, j, k), each side shorter by twice the margin.

        Raises:
            EngineUnavailable: If OpenVINO can't run the network.
        """
        core = shared_core(self._openvino)
        with self._turn:
            try:
                compiled = core.compile_model(
                    self._graph(greys.shape), "CPU", self._options
                )
                request = compiled.create_infer_request()
                request.infer([np.ascontiguousarray(greys)[None, None]])
                classes = request.get_output_tensor(0).data[0, 0]
            except RuntimeError as error:
                message = (
                    "OpenVINO can't run the add-on's network; is there memory enough?"
                )
                raise EngineUnavailable(message) from error
            return np.asarray(classes.astype(np.uint8))

    def _graph(self, shape: tuple[int, ...]) -> Any:  # noqa: ANN401 - OpenVINO's Model
        """Return the network for one size of box; weights are not copied."""
        layer = self._openvino.opset13
        box = layer.parameter([1, 1, *shape], np.float32)
        values, last = box, len(self._layers) - 1
        for number, convolution in enumerate(self._layers):
            pads = [self._pads[number]] * 3
            dilations = [convolution.dilation] * 3
            kernel = layer.constant(convolution.kernel)
            values = layer.convolution(values, kernel, [1, 1, 1], pads, pads, dilations)
            bias = layer.constant(convolution.bias.reshape(1, -1, 1, 1, 1))
            values = layer.add(values, bias)
            if number < last:
                values = layer.elu(values, 1.0)
        one = layer.constant(np.int32(1))
        best = layer.topk(values, one, 1, "max", "none", "i32").output(1)
        return self._openvino.Model([best], [box])


def _pads(layers: Sequence[Convolution]) -> tuple[list[int], int]:
    """Return by how much air each layer's input is widened, and the whole margin."""
    pads, margin = [], 0
    for layer in reversed(layers):
        wider = min(FARTHEST_MARGIN, margin + layer.reach)
        pads.append(layer.reach - (wider - margin))
        margin = wider
    return pads[::-1], margin
