"""Networks that OpenVINO runs."""

import numpy as np
import pytest

from alzer.errors import EngineUnavailable
from alzer.model.openvino_engine import OpenVinoNetwork
from alzer.model.preparation import InputSpec
from bundles import tiny_onnx

WEIGHTS, BIASES = (1.0, 0.5, -0.5, -1.0), (0.0, 1.0, 2.0, 3.0)
SHAPE = InputSpec().height, InputSpec().width


def test_logits_and_maps_are_those_of_the_graph() -> None:
    network = OpenVinoNetwork(tiny_onnx(WEIGHTS, BIASES), "fp32", threads=1)
    pair = np.stack([np.full((1, *SHAPE), level, np.float32) for level in (0.0, 2.0)])

    evidence = network.run(pair)

    for level, logits, maps in zip(
        (0.0, 2.0), evidence.logits, evidence.maps, strict=True
    ):
        expected = np.multiply(WEIGHTS, level)
        assert maps.mean(axis=(1, 2)) == pytest.approx(expected, abs=1e-4)
        assert logits == pytest.approx(expected + BIASES, abs=1e-4)
    assert evidence.ood_score is None


def test_what_is_no_model_is_refused_without_the_librarys_words() -> None:
    with pytest.raises(
        EngineUnavailable, match=r"can't run this model; is model\.onnx"
    ):
        OpenVinoNetwork(b"no model", "fp32", threads=1)


def test_a_later_run_leaves_earlier_evidence_as_it_was() -> None:
    network = OpenVinoNetwork(tiny_onnx(WEIGHTS, BIASES), "fp32", threads=1)
    first = network.run(np.zeros((2, 1, *SHAPE), np.float32))

    network.run(np.ones((2, 1, *SHAPE), np.float32))

    assert first.logits[0] == pytest.approx(BIASES, abs=1e-4)
