"""The engines, on a real ResNet-50."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from alzer.errors import EngineUnavailable
from alzer.model.bundle import Bundle
from alzer.model.engine import CLOSE_CALL_LOGITS, Model, load_model
from alzer.settings import EngineName
from alzer.training.network import ResNet50, ResNet50WithMaps
from networks import random_novelty

# Models end in the order in which they began, not the other way round.
SIGNAL_AFTER_MODELS = """
import signal
import sys
from pathlib import Path

from alzer.model.bundle import load_bundle
from alzer.model.engine import load_model

models = [load_model(load_bundle(Path(sys.argv[1])), threads=1) for _ in range(3)]
while models:
    del models[0]
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.fixture(scope="module")
def model(resnet_bundle: Bundle) -> Model:
    return load_model(resnet_bundle, "openvino", "fp32", 2)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    generator = np.random.default_rng(0)
    return generator.standard_normal((12, 1, 97, 65)).astype(np.float32)


def relative(one: np.ndarray, other: np.ndarray) -> float:
    """Give the largest difference as a share of the largest value."""
    return float(np.abs(one - other).max() / np.abs(other).max())


def test_the_engines_agree(
    resnet_bundle: Bundle, model: Model, images: np.ndarray
) -> None:
    other = load_model(resnet_bundle, "onnxruntime", "fp32", 2)

    one, two = model.run(images), other.run(images)

    assert other.identity.engine == "onnxruntime"
    assert relative(one.logits, two.logits) <= 1e-4
    assert relative(one.maps, two.maps) <= 1e-4
    assert one.ood_score is not None
    assert two.ood_score is not None
    assert relative(one.ood_score, two.ood_score) <= 1e-4


def test_the_engine_gives_what_the_network_gives(
    network: ResNet50, model: Model, images: np.ndarray
) -> None:
    with torch.no_grad():
        whole = ResNet50WithMaps(network, random_novelty())
        logits, maps, ood_score = whole(torch.from_numpy(images))

    evidence = model.run(images)

    # Weights are stored in float16, which keeps three digits.
    assert relative(evidence.logits, logits.numpy()) <= 5e-3
    assert relative(evidence.maps, maps.numpy()) <= 5e-3
    assert evidence.ood_score is not None
    assert relative(evidence.ood_score, ood_score.numpy()) <= 5e-3


def test_the_mean_of_a_map_and_the_bias_are_the_logit(
    network: ResNet50, model: Model, images: np.ndarray
) -> None:
    evidence = model.run(images)

    parts = evidence.maps.mean(axis=(2, 3)) + network.fc.bias.detach().numpy()
    assert relative(parts, evidence.logits) <= 1e-4


def test_a_batch_gives_what_its_images_give_alone(
    model: Model, images: np.ndarray
) -> None:
    together = model.run(images)

    alone = [model.run(each[None]) for each in images]

    assert (
        relative(np.concatenate([each.logits for each in alone]), together.logits)
        <= 1e-4
    )
    assert (
        relative(np.concatenate([each.maps for each in alone]), together.maps) <= 1e-4
    )


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_many_threads_get_the_same_answers(
    resnet_bundle: Bundle, images: np.ndarray, engine: EngineName
) -> None:
    model = load_model(resnet_bundle, engine, "fp32", 2)
    serial = [model.run(each[None]).maps for each in images]

    with ThreadPoolExecutor(16) as pool:
        parallel = list(
            pool.map(lambda index: model.run(images[index % 12][None]).maps, range(48))
        )

    for index, maps in enumerate(parallel):
        assert (maps == serial[index % 12]).all()


def test_many_threads_can_ask_for_the_first_batch(
    resnet_bundle: Bundle, model: Model, images: np.ndarray
) -> None:
    new = load_model(resnet_bundle, "openvino", "fp32", 2)
    sizes = [1, 2, 3, 12] * 2

    with ThreadPoolExecutor(len(sizes)) as pool:
        batches = list(pool.map(lambda size: new.run(images[:size]).maps, sizes))

    whole = model.run(images).maps
    for size, maps in zip(sizes, batches, strict=True):
        assert relative(maps, whole[:size]) <= 1e-4


def test_bf16_is_near_and_says_what_it_is(
    resnet_bundle: Bundle, model: Model, images: np.ndarray
) -> None:
    quick = load_model(resnet_bundle, "openvino", "bf16", 2)

    evidence = quick.run(images)

    assert quick.identity.precision in {"bf16", "fp32"}
    assert relative(evidence.maps, model.run(images).maps) <= 0.05


def test_close_calls_are_those_of_fp32(
    resnet_bundle: Bundle, model: Model, images: np.ndarray
) -> None:
    checked = load_model(resnet_bundle, "openvino", "bf16-checked", 2)
    exact = model.run(images)
    best = np.sort(exact.logits, axis=1)
    close = best[:, -1] - best[:, -2] < CLOSE_CALL_LOGITS / 4.0

    evidence = checked.run(images)

    assert checked.identity.precision in {"bf16-checked", "fp32"}
    assert (evidence.logits.argmax(axis=1) == exact.logits.argmax(axis=1)).all()
    assert evidence.maps[close] == pytest.approx(exact.maps[close], abs=1e-4)


def test_equal_classes_are_always_decided_in_fp32(
    resnet_bundle: Bundle, images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With every difference a close call, all of the answer is that of fp32.
    monkeypatch.setattr("alzer.model.engine.CLOSE_CALL_LOGITS", 1e9)
    checked = load_model(resnet_bundle, "openvino", "bf16-checked", 2)
    exact = load_model(resnet_bundle, "openvino", "fp32", 2)

    one, two = checked.run(images), exact.run(images)

    assert relative(one.logits, two.logits) <= 1e-5
    assert relative(one.maps, two.maps) <= 1e-5


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_an_engine_that_is_not_installed_is_named(
    resnet_bundle: Bundle, monkeypatch: pytest.MonkeyPatch, engine: EngineName
) -> None:
    monkeypatch.setitem(sys.modules, engine, None)

    with pytest.raises(EngineUnavailable, match=engine):
        load_model(resnet_bundle, engine)


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_what_is_no_model_is_refused(resnet_bundle: Bundle, engine: EngineName) -> None:
    with pytest.raises(EngineUnavailable, match="can't run this model"):
        load_model(replace(resnet_bundle, onnx=b"no model"), engine)


def test_all_cores_are_used_unless_told_otherwise(
    resnet_bundle: Bundle, images: np.ndarray
) -> None:
    evidence = load_model(resnet_bundle, "openvino", "fp32").run(images[:1])

    assert evidence.logits.shape == (1, 4)
    assert evidence.maps.shape == (1, 4, 4, 3)


def test_a_signal_after_models_ended_is_an_ordinary_signal(bundle_path: Path) -> None:
    command = [sys.executable, "-c", SIGNAL_AFTER_MODELS, str(bundle_path)]

    done = subprocess.run(  # noqa: S603 - our own
        command, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "interrupted\n")
