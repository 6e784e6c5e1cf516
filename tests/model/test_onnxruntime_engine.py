"""Networks that ONNX Runtime runs."""

import numpy as np
import onnxruntime
import pytest

from alzer.errors import EngineUnavailable
from alzer.model.onnxruntime_engine import CUDA, OnnxRuntimeNetwork
from alzer.model.openvino_engine import OpenVinoNetwork
from alzer.model.preparation import InputSpec
from bundles import tiny_onnx


def test_the_evidence_is_that_of_the_other_engine() -> None:
    onnx = tiny_onnx((1.0, 0.5, -0.5, -1.0), (0.0, 1.0, 2.0, 3.0), ood_score=True)
    shape = 2, 1, InputSpec().height, InputSpec().width
    pair = np.random.default_rng(0).random(shape, np.float32)

    evidence = OnnxRuntimeNetwork(onnx, threads=1).run(pair)
    other = OpenVinoNetwork(onnx, "fp32", threads=1).run(pair)

    assert evidence.logits == pytest.approx(other.logits, abs=1e-4)
    assert evidence.maps == pytest.approx(other.maps, abs=1e-4)
    assert evidence.ood_score == pytest.approx(other.ood_score, rel=1e-4)


def test_what_is_no_model_is_refused_without_words_of_the_library() -> None:
    with pytest.raises(
        EngineUnavailable, match=r"can't run this model; is model\.onnx"
    ):
        OnnxRuntimeNetwork(b"no model", threads=1)


def test_a_gpu_that_is_not_there_is_named_and_never_replaced_by_the_processor() -> None:
    onnx = tiny_onnx((1.0, 0.5, -0.5, -1.0), (0.0, 1.0, 2.0, 3.0), ood_score=True)

    if CUDA in onnxruntime.get_available_providers():
        pytest.skip("There may be a GPU here.")
    with pytest.raises(EngineUnavailable, match=r"NVIDIA GPU; install\s+alzer\[cuda\]"):
        OnnxRuntimeNetwork(onnx, threads=1, provider=CUDA)
