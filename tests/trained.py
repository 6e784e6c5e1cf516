"""A study of drawn people, trained for a moment."""

from dataclasses import dataclass, replace
from pathlib import Path

from alzer.training.history import Epoch
from alzer.training.study import Study, run_study
from cohorts import RECIPE, draw_cohort


@dataclass(frozen=True)
class TrainedStudy:
    """Where it lies.

    Attributes:
        data: The cohort, of three folds.
        output: What training left.
    """

    data: Path
    output: Path


class Silence:
    """Is told what happens, and says nothing."""

    def note(self, text: str) -> None:
        """Report what the person should know of the data."""

    def reading(self, done: int, total: int) -> None:
        """Report how many slices have been read."""

    def preparing(self, text: str) -> None:
        """Report how far whole heads are prepared."""

    def begin(self, title: str) -> None:
        """Report that a run begins."""

    def step(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Report one step."""

    def epoch(self, epoch: Epoch) -> None:
        """Report one epoch."""


def train_study(folder: Path) -> TrainedStudy:
    """Draw people and train a network for each fold, and one for everyone."""
    data = draw_cohort(folder / "data")
    recipe = replace(RECIPE, epochs=1, slices_per_subject=1)
    run_study(Study(data, folder / "study", recipe), Silence())
    return TrainedStudy(data, folder / "study")
