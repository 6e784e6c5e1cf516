"""Networks that ONNX Runtime runs on the CPU, in fp32."""

from alzer.errors import EngineUnavailable
from alzer.model.evidence import Evidence, Floats
from alzer.model.runtimes import import_engine


class OnnxRuntimeNetwork:
    """A session of ONNX Runtime.

    Args:
        onnx: The model's file.
        threads: Threads for one run.

    Raises:
        EngineUnavailable: If ONNX Runtime is not installed or refuses the model.
    """

    def __init__(self, onnx: bytes, threads: int) -> None:
        onnxruntime = import_engine("onnxruntime")
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

    def run(self, pair: Floats) -> Evidence:
        """Return the evidence for two inputs, shape (2, 1, row, column)."""
        return Evidence(*self._session.run(None, {self._input: pair}))
