"""The training loop."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from alzer.errors import InvalidCohort, StorageUnavailable, TrainingRefused
from alzer.training.cohort import Split, load_cohort, prepare_slices, split
from alzer.training.train import (
    Epoch,
    Task,
    predict,
    read_log,
    train,
    write_log,
    write_whole,
)
from cohorts import RECIPE


class Silent:
    """Hears everything and says nothing."""

    def step(self, epoch: int, done: int, total: int, loss: float) -> None:
        pass

    def epoch(self, epoch: Epoch) -> None:
        pass


@pytest.fixture(scope="module")
def task(cohort_folder: Path) -> Task:
    cohort = load_cohort(cohort_folder)
    return Task(cohort, prepare_slices(cohort.slices, RECIPE.spec), split(cohort, 0))


def test_nobody_to_train_on_is_named(task: Task, tmp_path: Path) -> None:
    nobody = replace(task, sides=Split(np.arange(0), np.arange(3)))

    with pytest.raises(InvalidCohort, match="Nobody"):
        train(nobody, RECIPE, tmp_path, Silent())


def test_a_loss_that_is_no_number_stops_the_run(task: Task, tmp_path: Path) -> None:
    broken = replace(task, images=np.full_like(task.images, np.nan))

    with pytest.raises(TrainingRefused, match="finite"):
        train(broken, RECIPE, tmp_path, Silent())

    assert not list(tmp_path.iterdir())


def test_a_checkpoint_of_another_recipe_is_not_taken_up(
    task: Task, tmp_path: Path
) -> None:
    train(task, replace(RECIPE, epochs=1), tmp_path, Silent())

    with pytest.raises(TrainingRefused, match="other settings"):
        train(task, replace(RECIPE, epochs=1, seed=9), tmp_path, Silent())


def test_the_log_comes_back(tmp_path: Path) -> None:
    history = [Epoch(1, 1.25, 0.75, 3.5), Epoch(2, 1.0, float("nan"), 3.0)]

    write_log(tmp_path / "log.csv", history)
    back = read_log(tmp_path / "log.csv")

    assert back[0] == history[0]
    assert np.isnan(back[1].validation_auc)


class Lines(nn.Module):
    """Gives the sums of an image's first four rows."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images[:, 0, :4].sum(dim=2) * self.scale


def test_predictions_are_probabilities_in_order() -> None:
    images = np.zeros((5, 8, 8), np.float16)
    images[np.arange(4), np.arange(4)] = 1.0

    probabilities = predict(Lines(), images, batch_size=2)

    assert probabilities.argmax(axis=1)[:4].tolist() == [0, 1, 2, 3]
    assert probabilities.sum(axis=1) == pytest.approx(1.0)
    assert predict(Lines(), images[:0]).shape == (0, 4)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_whole(path, b"first")
    path.with_name("file.partial").mkdir()

    with pytest.raises(StorageUnavailable, match="again to go on"):
        write_whole(path, b"second")

    assert path.read_bytes() == b"first"
