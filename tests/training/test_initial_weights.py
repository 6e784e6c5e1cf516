"""Weights of elsewhere: whose names are known, what fits, and what is refused."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from alzer.errors import TrainingRefused
from alzer.evaluation.metrics import People
from alzer.training.auxiliary import auxiliary_targets
from alzer.training.card import Outcome, write_card
from alzer.training.cohort import field_spec, prepare_slices, split, standardise_fields
from alzer.training.history import Epoch
from alzer.training.initial_weights import read_initial_weights
from alzer.training.network import ResNet50, seeded_network
from alzer.training.output import require_same_study
from alzer.training.tables import load_cohort
from alzer.training.train import Task, train
from cohorts import RECIPE
from networks import settled_network

State = dict[str, Tensor]

# The places of a ResNet-50's parts among all its children, as torchvision has them.
CHILDREN = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")


def in_colour(network: ResNet50) -> State:
    """Return weights as torchvision names them, with a stem for three colours."""
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    generator = torch.Generator().manual_seed(3)
    shares = torch.rand(64, 3, 7, 7, generator=generator) + 0.1
    state["conv1.weight"] = network.conv1.weight * shares / shares.sum(1, keepdim=True)
    state["fc.weight"], state["fc.bias"] = torch.zeros(1000, 2048), torch.zeros(1000)
    return {name: tensor.detach().contiguous() for name, tensor in state.items()}


def by_place(state: State) -> State:
    """Return weights under RadImageNet's names."""
    named = {}
    for name, tensor in state.items():
        part, _, rest = name.partition(".")
        if part in CHILDREN:
            named[f"backbone.{CHILDREN.index(part)}.{rest}"] = tensor
    return named


def prefixed(prefix: str) -> Callable[[State], State]:
    return lambda state: {prefix + name: tensor for name, tensor in state.items()}


def without_counters(state: State) -> State:
    return {name: each for name, each in state.items() if "num_batches" not in name}


def save(folder: Path, state: State, **metadata: str) -> Path:
    path = folder / "weights.safetensors"
    save_file(state, path, metadata)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(TrainingRefused) as refused:
        read_initial_weights(path)
    return refused.value.message


@pytest.fixture(scope="module")
def network() -> ResNet50:
    return settled_network()


@pytest.fixture(scope="module")
def state(network: ResNet50) -> State:
    return in_colour(network)


def features(network: ResNet50) -> Tensor:
    image = torch.randn(1, 1, 65, 65, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return network.eval().features(image)


@pytest.mark.parametrize(
    ("rename", "keys"),
    [
        (dict, "torchvision"),
        (prefixed("module."), "torchvision"),
        (prefixed("module.encoder."), "torchvision"),
        (without_counters, "torchvision"),
        (by_place, "RadImageNet"),
        (lambda state: prefixed("module.")(by_place(state)), "RadImageNet"),
    ],
)
def test_a_network_computes_what_the_weights_of_elsewhere_do(
    network: ResNet50,
    state: State,
    tmp_path: Path,
    rename: Callable[[State], State],
    keys: str,
) -> None:
    initial = read_initial_weights(save(tmp_path, rename(state)))
    started = seeded_network(5)
    initial.load_into(started)

    assert initial.keys == keys
    torch.testing.assert_close(features(started), features(network))
    assert torch.equal(started.fc.weight, seeded_network(5).fc.weight)


def test_a_grey_picture_gives_what_three_equal_colours_give(
    state: State, tmp_path: Path
) -> None:
    initial = read_initial_weights(save(tmp_path, state))
    grey = torch.randn(2, 1, 33, 33, generator=torch.Generator().manual_seed(1))

    colours = functional.conv2d(grey.expand(-1, 3, -1, -1), state["conv1.weight"])

    found = functional.conv2d(grey, initial.tensors["conv1.weight"])
    torch.testing.assert_close(found, colours, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_weights_of_half_the_bits_are_read(
    state: State, tmp_path: Path, kind: torch.dtype
) -> None:
    halved = {name: tensor.to(kind) for name, tensor in without_counters(state).items()}

    initial = read_initial_weights(save(tmp_path, halved))

    assert {tensor.dtype for tensor in initial.tensors.values()} == {torch.float32}
    expected = halved["layer4.2.conv3.weight"].float()
    assert torch.equal(initial.tensors["layer4.2.conv3.weight"], expected)


def test_what_is_missing_unknown_and_misshapen_is_named_in_one_sentence(
    state: State, tmp_path: Path
) -> None:
    changed = dict(state)
    for number in (1, 2, 3):
        del changed[f"layer3.4.conv{number}.weight"]
    del changed["layer1.0.downsample.0.weight"]
    changed["queue"] = torch.zeros(2)
    changed["bn1.bias"] = torch.zeros(32)

    told = refusal(save(tmp_path, changed))

    assert "4 tensors are missing (layer1.0.downsample.0.weight, " in told
    assert "and 1 more)" in told
    assert "1 tensor is unknown (queue)" in told
    assert "1 tensor is of another shape (bn1.bias 32 instead of 64)" in told
    assert told.startswith("weights.safetensors can't be started from: ")


def test_missing_names_are_those_that_the_file_would_have(
    state: State, tmp_path: Path
) -> None:
    changed = prefixed("model.")(by_place(state))
    del changed["model.backbone.7.2.bn3.running_var"]

    told = refusal(save(tmp_path, changed))

    assert "1 tensor is missing (model.backbone.7.2.bn3.running_var)" in told


def test_another_network_is_refused(state: State, tmp_path: Path) -> None:
    shallow = {name: each for name, each in state.items() if "conv3" not in name}

    assert "16 tensors are missing" in refusal(save(tmp_path, shallow))
    assert "tensors are missing" in refusal(save(tmp_path, {"a": torch.zeros(1)}))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "layer2.1.conv2.weight",
            float("nan"),
            "is not finite (layer2.1.conv2.weight)",
        ),
        ("bn1.running_mean", float("inf"), "is not finite (bn1.running_mean)"),
        ("bn1.running_var", -1.0, "is of negative variance (bn1.running_var)"),
    ],
)
def test_values_that_would_spoil_everything_are_refused(
    state: State, tmp_path: Path, name: str, value: float, words: str
) -> None:
    spoiled = {**state, name: state[name].clone()}
    spoiled[name].view(-1)[0] = value

    assert words in refusal(save(tmp_path, spoiled))


def test_another_type_is_named(state: State, tmp_path: Path) -> None:
    changed = {**state, "bn1.bias": state["bn1.bias"].double()}

    assert "and bfloat16 (bn1.bias F64)" in refusal(save(tmp_path, changed))


@pytest.mark.parametrize("content", [b"", b"\x80\x04pickled", bytes(100)])
def test_a_file_of_another_format_is_not_opened(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "resnet50.pth"
    path.write_bytes(content)

    assert "resnet50.pth can't be read as safetensors" in refusal(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "absent.safetensors")


@pytest.fixture(scope="module")
def task(cohort_folder: Path) -> Task:
    cohort = load_cohort(cohort_folder)
    spec = field_spec(RECIPE.spec)
    fields = prepare_slices(cohort.slices, spec)
    images = standardise_fields(fields, RECIPE.spec)
    sides = split(cohort, 1)
    targets = auxiliary_targets(cohort, fields, spec, sides.training)
    return Task(cohort, fields, images, sides, targets)


class Silence:
    """Is told of steps and epochs, and stops after a first one of these or never."""

    def __init__(self, *, stops: bool = True) -> None:
        self._stops = stops

    def step(self, epoch: int, done: int, total: int, loss: float) -> None: ...

    def epoch(self, epoch: Epoch) -> None:
        assert epoch.number > 0
        if self._stops:
            raise KeyboardInterrupt


def test_a_run_goes_on_only_with_the_weights_that_it_started_from(
    task: Task, state: State, tmp_path: Path
) -> None:
    initial = read_initial_weights(save(tmp_path, state))
    started, other = replace(task, initial=initial), replace(initial, sha256="0" * 64)
    recipe = replace(RECIPE, slices_per_subject=1)
    with pytest.raises(KeyboardInterrupt):
        train(started, recipe, tmp_path / "run", Silence())

    for wrong in (task, replace(task, initial=other)):
        with pytest.raises(TrainingRefused, match="started from other weights"):
            train(wrong, recipe, tmp_path / "run", Silence())
    with pytest.raises(KeyboardInterrupt):  # goes on, to the end of the next epoch
        train(started, recipe, tmp_path / "run", Silence())


def test_training_begins_where_the_weights_lie(
    task: Task, state: State, tmp_path: Path
) -> None:
    initial = read_initial_weights(save(tmp_path, state))
    still = replace(RECIPE, epochs=1, learning_rate=1e-12, slices_per_subject=1)
    started = replace(task, initial=initial)

    network = train(started, still, tmp_path / "run", Silence(stops=False))

    found = dict(network.named_parameters())
    assert torch.allclose(
        found["layer3.2.conv2.weight"].cpu(), state["layer3.2.conv2.weight"], atol=1e-6
    )


def test_a_study_keeps_to_the_weights_that_it_started_from(
    task: Task, tmp_path: Path
) -> None:
    require_same_study(tmp_path / "random", RECIPE, task.cohort)
    require_same_study(tmp_path / "given", RECIPE, task.cohort, "a" * 64)
    require_same_study(tmp_path / "given", RECIPE, task.cohort, "a" * 64)

    for folder, digest in (("random", "a" * 64), ("given", None), ("given", "b" * 64)):
        with pytest.raises(TrainingRefused, match="other initial weights"):
            require_same_study(tmp_path / folder, RECIPE, task.cohort, digest)


def test_a_study_of_before_there_was_a_choice_started_at_random(
    task: Task, tmp_path: Path
) -> None:
    require_same_study(tmp_path, RECIPE, task.cohort)
    (tmp_path / "initial-weights.txt").unlink()

    with pytest.raises(TrainingRefused, match="other initial weights"):
        require_same_study(tmp_path, RECIPE, task.cohort, "a" * 64)
    require_same_study(tmp_path, RECIPE, task.cohort)


def test_the_card_names_the_file_by_its_digest_and_what_it_says_of_itself(
    task: Task, state: State, tmp_path: Path
) -> None:
    path = save(
        tmp_path, state, license="CC BY-NC 4.0", source="a\nhospital", other="x"
    )
    initial = read_initial_weights(path).as_dict()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    outcome = Outcome(task.cohort, RECIPE, {}, {}, {}, {}, {}, initial)
    plain = replace(outcome, initial_weights=None)

    card, without = (_card(each, task) for each in (outcome, plain))

    told = card["initial_weights"]
    assert told["sha256"] == digest
    assert told["keys"] == "torchvision"
    assert (told["license"], told["source"]) == ("CC BY-NC 4.0", "a hospital")
    assert "see their licence" in told["note"]
    assert told["note"] in card["limitations"]
    assert str(tmp_path) not in str(card)
    assert path.name not in str(card)
    assert without["initial_weights"] is None
    assert not any("elsewhere (" in each for each in without["limitations"])


def _card(outcome: Outcome, task: Task) -> dict[str, Any]:
    names, first = np.unique(task.cohort.subjects, return_index=True)
    labels = task.cohort.labels[first]
    people = People(names, labels, np.eye(4)[labels])
    return write_card(replace(outcome, held_out={0: people}), "name", "1")
