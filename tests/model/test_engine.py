"""The engines, on a real ResNet-50."""

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from alzer.errors import EngineUnavailable
from alzer.model.bundle import Bundle
from alzer.model.engine import Model, load_model
from alzer.settings import EngineName, Precision
from alzer.training.network import ResNet50, ResNet50WithMaps
from cores import ALL_CORES
from networks import random_ood_score

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


# What a thread may run on, while and after the network runs in it.
CORES_WHILE_IT_RUNS = """
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np

from alzer.model.bundle import load_bundle
from alzer.model.engine import load_model

cores = {int(core) for core in sys.argv[2].split(",")}
os.sched_setaffinity(0, cores)
model = load_model(load_bundle(Path(sys.argv[1])), "openvino", "fp32", int(sys.argv[3]))
images = np.zeros((1, 1, model.spec.height, model.spec.width), np.float32)
ends = threading.Event()


def run():
    while not ends.is_set():
        model.run(images)


thread = threading.Thread(target=run)
thread.start()
seen = set()
for _ in range(3000):
    for task in os.listdir("/proc/self/task"):
        with suppress(ProcessLookupError):
            seen.add(frozenset(os.sched_getaffinity(int(task))))
ends.set()
thread.join()
print(sorted(map(sorted, seen)))
"""


Models = Callable[[EngineName, Precision], Model]


@pytest.fixture(scope="module")
def model(resnet_model: Model) -> Model:
    return resnet_model


@pytest.fixture(scope="module")
def models(resnet_bundle: Bundle, resnet_model: Model) -> Models:
    """Return the network's model by engine and precision, each compiled once."""

    @cache
    def load(engine: EngineName, precision: Precision) -> Model:
        if (engine, precision) == ("openvino", "fp32"):
            return resnet_model
        return load_model(resnet_bundle, engine, precision, 2)

    return load


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    generator = np.random.default_rng(0)
    return generator.standard_normal((12, 1, 97, 65)).astype(np.float32)


def relative(one: np.ndarray, other: np.ndarray) -> float:
    """Return the largest difference as a share of the largest value."""
    return float(np.abs(one - other).max() / np.abs(other).max())


def test_the_engines_agree(models: Models, model: Model, images: np.ndarray) -> None:
    other = models("onnxruntime", "fp32")

    one, two = model.run(images), other.run(images)

    assert other.identity.engine == "onnxruntime"
    assert relative(one.logits, two.logits) <= 1e-4
    assert relative(one.maps, two.maps) <= 1e-4
    assert one.ood_score is not None
    assert two.ood_score is not None
    assert relative(one.ood_score, two.ood_score) <= 1e-4


def test_the_engine_gives_the_mean_of_an_image_and_its_mirror_image(
    network: ResNet50, model: Model, images: np.ndarray
) -> None:
    with torch.no_grad():
        whole = ResNet50WithMaps(network, random_ood_score())
        logits, maps, ood_score = (
            output.numpy() for output in whole(torch.from_numpy(images))
        )
        mirrored = [
            output.numpy()
            for output in whole(torch.from_numpy(images[..., ::-1].copy()))
        ]

    evidence = model.run(images)

    # Weights are stored in float16, which keeps three digits.
    assert relative(evidence.logits, (logits + mirrored[0]) / 2.0) <= 5e-3
    assert relative(evidence.maps, (maps + mirrored[1][..., ::-1]) / 2.0) <= 5e-3
    assert evidence.ood_score is not None
    assert relative(evidence.ood_score, (ood_score + mirrored[2]) / 2.0) <= 5e-3


def test_the_mean_of_a_map_and_the_bias_are_the_logit(
    network: ResNet50, model: Model, images: np.ndarray
) -> None:
    evidence = model.run(images)

    parts = evidence.maps.mean(axis=(2, 3)) + network.fc.bias.detach().numpy()
    assert relative(parts, evidence.logits) <= 1e-4


RUNTIMES: list[tuple[EngineName, Precision]] = [
    ("openvino", "fp32"),
    ("openvino", "bf16"),
    ("openvino", "bf16-checked"),
    ("onnxruntime", "fp32"),
]


@pytest.mark.parametrize(("engine", "precision"), RUNTIMES)
def test_a_mirror_image_gets_the_same_answer_to_the_last_bit(
    models: Models, images: np.ndarray, engine: EngineName, precision: Precision
) -> None:
    model = models(engine, precision)

    one, two = model.run(images), model.run(images[..., ::-1])

    assert (one.logits == two.logits).all()
    assert (one.maps == two.maps[..., ::-1]).all()
    assert one.ood_score is not None
    assert two.ood_score is not None
    assert (one.ood_score == two.ood_score).all()


@pytest.mark.parametrize(("engine", "precision"), RUNTIMES)
def test_a_batch_gives_what_its_images_give_alone_to_the_last_bit(
    models: Models, images: np.ndarray, engine: EngineName, precision: Precision
) -> None:
    model = models(engine, precision)

    together = model.run(images[:5])
    alone = [model.run(image[None]) for image in images[:5]]

    assert (np.concatenate([one.logits for one in alone]) == together.logits).all()
    assert (np.concatenate([one.maps for one in alone]) == together.maps).all()


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_many_threads_get_the_same_answers(
    models: Models, images: np.ndarray, engine: EngineName
) -> None:
    model = models(engine, "fp32")
    serial = [model.run(each[None]).maps for each in images]

    with ThreadPoolExecutor(16) as pool:
        parallel = list(
            pool.map(lambda index: model.run(images[index % 12][None]).maps, range(48))
        )

    for index, maps in enumerate(parallel):
        assert (maps == serial[index % 12]).all()


def test_bf16_is_near_and_says_what_it_is(
    models: Models, model: Model, images: np.ndarray
) -> None:
    quick = models("openvino", "bf16")

    evidence = quick.run(images)

    assert quick.identity.precision in {"bf16", "fp32"}
    assert relative(evidence.maps, model.run(images).maps) <= 0.05


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


@pytest.mark.skipif(len(ALL_CORES) < 2, reason="one core")
@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_network_keeps_to_no_core_so_that_processes_do_not_meet_on_it(
    bundle_path: Path, threads: str
) -> None:
    cores = sorted(ALL_CORES)
    told = ",".join(map(str, cores))
    command = [sys.executable, "-c", CORES_WHILE_IT_RUNS, str(bundle_path), told]

    done = subprocess.run(  # noqa: S603 - our own
        [*command, threads], capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout) == [cores]
