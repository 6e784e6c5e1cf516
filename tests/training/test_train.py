"""The training loop: what it learns from, keeps, and refuses."""

import json
import math
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from alzer.errors import InvalidCohort, StorageUnavailable, TrainingRefused
from alzer.training.auxiliary import auxiliary_targets
from alzer.training.cohort import (
    Split,
    field_spec,
    prepare_slices,
    split,
    standardise_fields,
)
from alzer.training.files import write_whole
from alzer.training.history import Epoch, read_log, write_log
from alzer.training.inference import predict
from alzer.training.recipe import Recipe
from alzer.training.tables import load_cohort
from alzer.training.train import Task, train
from cohorts import RECIPE


class Audience:
    """Remembers what it is told, and interrupts at one step."""

    def __init__(self, interrupt_at: tuple[int, int] | None = None) -> None:
        self.steps: list[tuple[int, int, int]] = []
        self.epochs: list[Epoch] = []
        self._interrupt_at = interrupt_at

    def step(self, epoch: int, done: int, total: int, loss: float) -> None:
        assert math.isfinite(loss)
        self.steps.append((epoch, done, total))
        if (epoch, done) == self._interrupt_at:
            raise KeyboardInterrupt

    def epoch(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)


@dataclass(frozen=True)
class Unbroken:
    """A run that nothing interrupted, and what was told about it."""

    network: nn.Module
    audience: Audience
    folder: Path


@pytest.fixture(scope="module")
def task(cohort_folder: Path) -> Task:
    cohort = load_cohort(cohort_folder)
    spec = field_spec(RECIPE.spec)
    fields = prepare_slices(cohort.slices, spec)
    images = standardise_fields(fields, RECIPE.spec)
    sides = split(cohort, 1)
    targets = auxiliary_targets(cohort, fields, spec, sides.training)
    return Task(cohort, fields, images, sides, targets)


@pytest.fixture(scope="module")
def unbroken(task: Task, tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    folder, audience = tmp_path_factory.mktemp("unbroken"), Audience()
    return Unbroken(train(task, RECIPE, folder, audience), audience, folder)


def weights(network: nn.Module) -> Tensor:
    return torch.cat([each.flatten().float() for each in network.state_dict().values()])


def test_every_step_and_epoch_is_told(unbroken: Unbroken) -> None:
    audience = unbroken.audience

    # Eight people, three slices of each, in batches of twelve; twice.
    assert audience.steps == [(1, 1, 2), (1, 2, 2), (2, 1, 2), (2, 2, 2)]
    assert [each.number for each in audience.epochs] == [1, 2]
    assert all(0.0 <= each.validation_auc <= 1.0 for each in audience.epochs)


def test_the_log_holds_what_was_told(unbroken: Unbroken) -> None:
    logged = read_log(unbroken.folder / "log.csv")

    assert [each.number for each in logged] == [1, 2]
    for line, told in zip(logged, unbroken.audience.epochs, strict=True):
        assert line.loss == pytest.approx(told.loss, abs=1e-5)
        assert line.validation_auc == pytest.approx(told.validation_auc, abs=1e-4)


def test_without_people_held_out_there_is_no_auc(task: Task, tmp_path: Path) -> None:
    everyone, audience = replace(task, sides=split(task.cohort, None)), Audience()
    one_of_each = replace(RECIPE, epochs=1, slices_per_subject=1)

    network = train(everyone, one_of_each, tmp_path, audience)

    assert audience.steps == [(1, 1, 1)]
    assert math.isnan(audience.epochs[0].validation_auc)
    assert math.isnan(read_log(tmp_path / "log.csv")[0].validation_auc)
    assert not network.training


def test_a_run_broken_off_within_an_epoch_ends_as_the_unbroken_one(
    task: Task, unbroken: Unbroken, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(task, RECIPE, tmp_path, Audience((2, 1)))
    audience = Audience()

    network = train(task, RECIPE, tmp_path, audience)

    assert audience.steps == [(2, 1, 2), (2, 2, 2)]
    assert len(read_log(tmp_path / "log.csv")) == 2
    difference = (weights(network) - weights(unbroken.network)).abs().max()
    assert float(difference) <= 2e-3


def test_a_run_of_another_recipe_is_not_continued(
    task: Task, unbroken: Unbroken
) -> None:
    other = replace(RECIPE, seed=9)

    with pytest.raises(TrainingRefused, match="other settings"):
        train(task, other, unbroken.folder, Audience())


@pytest.mark.parametrize("kept", [0, 1000, -1000])
def test_a_damaged_checkpoint_is_said_to_be_one(
    task: Task, unbroken: Unbroken, tmp_path: Path, kept: int
) -> None:
    whole = (unbroken.folder / "checkpoint.pt").read_bytes()
    (tmp_path / "checkpoint.pt").write_bytes(whole[:kept])

    with pytest.raises(TrainingRefused, match="Remove it to train"):
        train(task, RECIPE, tmp_path, Audience())


def test_a_finished_run_is_not_trained_again(task: Task, unbroken: Unbroken) -> None:
    audience = Audience()

    again = train(task, RECIPE, unbroken.folder, audience)

    assert audience.steps == []
    assert torch.equal(weights(again), weights(unbroken.network))


@pytest.mark.parametrize(
    ("rate", "value"), [(RECIPE.learning_rate, np.nan), (1e30, 0.0)]
)
def test_a_loss_that_is_no_number_stops_the_run(
    task: Task, tmp_path: Path, rate: float, value: float
) -> None:
    fields = task.fields + np.float16(value)

    with pytest.raises(TrainingRefused, match="no longer a finite number"):
        train(
            replace(task, fields=fields),
            replace(RECIPE, learning_rate=rate),
            tmp_path,
            Audience(),
        )

    assert not list(tmp_path.iterdir())


def test_nobody_to_train_on_is_named(task: Task, tmp_path: Path) -> None:
    nobody = replace(task, sides=Split(np.arange(0), np.arange(3)))

    with pytest.raises(InvalidCohort, match="Nobody is left"):
        train(nobody, RECIPE, tmp_path, Audience())


class Lines(nn.Module):
    """Gives the sums of an image's first four rows."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, images: Tensor) -> Tensor:
        return images[:, 0, :4].sum(dim=2) * self.scale


def test_predictions_are_probabilities_in_order() -> None:
    images = np.zeros((5, 8, 8), np.float16)
    images[np.arange(4), np.arange(4)] = 1.0

    probabilities = predict(Lines(), images, batch_size=2)

    assert probabilities.argmax(axis=1)[:4].tolist() == [0, 1, 2, 3]
    assert probabilities.sum(axis=1) == pytest.approx(1.0)
    assert predict(Lines(), images[:0]).shape == (0, 4)


def test_a_recipe_can_be_written_down() -> None:
    written = json.loads(json.dumps(Recipe(seed=7).as_dict()))

    assert written["seed"] == 7
    assert written["spec"]["height"] == Recipe().spec.height
    assert written["augmentation"]["mirror"] == 0.5


def test_the_log_comes_back(tmp_path: Path) -> None:
    history = [Epoch(1, 1.25, 0.75, 3.5), Epoch(2, 1.0, math.nan, 3.0)]

    write_log(tmp_path / "log.csv", history)
    one, two = read_log(tmp_path / "log.csv")

    assert one == history[0]
    assert (two.number, two.loss, two.seconds) == (2, 1.0, 3.0)
    assert math.isnan(two.validation_auc)


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    write_whole(tmp_path / "one" / "two" / "file", b"content")

    assert (tmp_path / "one" / "two" / "file").read_bytes() == b"content"


@contextmanager
def room_for(count: int) -> Iterator[None]:
    """Let no file grow beyond this many bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_without_room_the_old_file_stays_and_nothing_half_written(
    tmp_path: Path,
) -> None:
    path = tmp_path / "checkpoint.pt"
    write_whole(path, b"old")

    with (
        room_for(1000),
        pytest.raises(StorageUnavailable, match=r"checkpoint\.pt can't be written"),
    ):
        write_whole(path, bytes(5000))

    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_something_in_the_way_of_a_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_whole(path, b"first")
    path.with_name("file.partial").mkdir()

    with pytest.raises(StorageUnavailable, match="again to go on"):
        write_whole(path, b"second")

    assert path.read_bytes() == b"first"
