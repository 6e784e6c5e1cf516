"""A whole training study: every fold, the model for everyone, the bundle.

The published figures come from the folds, each tested on people that its
network never saw. The model that ships is then trained on everyone with the
same recipe; nobody is left to test that one on.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from alzer.classes import CLASS_NAMES
from alzer.errors import TrainingRefused
from alzer.evaluation.metrics import People, by_subject
from alzer.training.card import Outcome, write_card
from alzer.training.cohort import Cohort, load_cohort, prepare_slices, split
from alzer.training.duplicates import require_no_duplicates
from alzer.training.export import export_onnx, write_bundle
from alzer.training.network import ResNet50
from alzer.training.plots import plot_curves
from alzer.training.train import (
    Progress,
    Recipe,
    Task,
    predict,
    read_log,
    train,
    weights_as_bytes,
    write_whole,
)

PREDICTIONS = "predictions.csv"
WEIGHTS = "network.pt"


class StudyProgress(Progress, Protocol):
    """What a display of a whole study is told."""

    def reading(self, done: int, total: int) -> None:
        """Tell that `done` of `total` slices have been read."""

    def begin(self, title: str) -> None:
        """Tell that the run of this title begins."""


@dataclass(frozen=True)
class Study:
    """What to train, and under which name.

    Attributes:
        data: A cohort's folder (see `load_cohort`).
        output: Where runs, logs, curves and the bundle go.
        recipe: How to train.
        folds: Which folds to validate on; None means all of them.
        name: Of the bundle.
        version: Of the bundle.
    """

    data: Path
    output: Path
    recipe: Recipe
    folds: tuple[int, ...] | None = None
    name: str = "alzer-resnet50"
    version: str = "1"


def run_study(study: Study, progress: StudyProgress) -> Path:
    """Train on every fold and on everyone, and write the bundle.

    Finished parts are kept: the same call after an interruption goes on from the
    last epoch that was completed.

    Args:
        study: What to train.
        progress: Told what happens.

    Returns:
        The bundle's folder.

    Raises:
        TrainingRefused: If data, folds or settings don't allow an honest result.
        StorageUnavailable: If the output can't be written.
    """
    cohort = load_cohort(study.data)
    folds = cohort.fold_numbers if study.folds is None else study.folds
    for fold in folds:
        split(cohort, fold)  # an unknown fold is named before anything is trained
    _claim(study.output, study.recipe)
    images = _read(cohort, study.recipe, progress)
    require_no_duplicates(cohort, images)
    run = _Run(cohort, images, study, progress)
    outcome = Outcome(
        cohort, study.recipe, {fold: _run_fold(run, fold) for fold in folds}
    )
    return _publish(study, outcome, _train_on_everyone(run))


@dataclass(frozen=True)
class _Run:
    """What every network of a study shares."""

    cohort: Cohort
    images: NDArray[np.float16]
    study: Study
    progress: StudyProgress

    def train(self, fold: int | None, folder: Path) -> ResNet50:
        task = Task(self.cohort, self.images, split(self.cohort, fold))
        return train(task, self.study.recipe, folder, self.progress)


def held_out_predictions(table: Path) -> People:
    """Read the predictions that a fold's network made for people it never saw.

    Args:
        table: predictions.csv of a fold.

    Returns:
        One row per person.
    """
    with table.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return by_subject(
        np.array([row["subject"] for row in rows]),
        np.array([int(row["label"]) for row in rows], np.int64),
        np.array([[float(row[name]) for name in CLASS_NAMES] for row in rows]),
    )


def _claim(output: Path, recipe: Recipe) -> None:
    # Two recipes mixed in one folder would give figures of neither.
    note = output / "recipe.txt"
    text = repr(recipe) + "\n"
    if note.exists() and note.read_text(encoding="utf-8") != text:
        message = (
            "The output folder holds a study with other settings. Give another "
            "--output, or the settings that it was started with."
        )
        raise TrainingRefused(message)
    write_whole(note, text.encode())


def _read(
    cohort: Cohort, recipe: Recipe, progress: StudyProgress
) -> NDArray[np.float16]:
    total, done = len(cohort.slices), 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress.reading(done, total)

    return prepare_slices(cohort.slices, recipe.spec, advance)


def _run_fold(run: _Run, fold: int) -> People:
    folder = run.study.output / f"fold-{fold}"
    table = folder / PREDICTIONS
    if not table.exists():
        run.progress.begin(f"fold {fold}")
        network = run.train(fold, folder)
        held_out = split(run.cohort, fold).validation
        probabilities = predict(network, run.images[held_out])
        write_whole(table, _as_table(run.cohort, held_out, probabilities))
        _finish(folder, network)
    return held_out_predictions(table)


def _train_on_everyone(run: _Run) -> ResNet50:
    folder = run.study.output / "everyone"
    if not (folder / WEIGHTS).exists():
        run.progress.begin("everyone")
        _finish(folder, run.train(None, folder))
    return load_network(folder / WEIGHTS)


def _as_table(
    cohort: Cohort, indices: NDArray[np.intp], probabilities: NDArray[np.float64]
) -> bytes:
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(["subject", "slice", "label", *CLASS_NAMES])
    for index, row in zip(indices, probabilities, strict=True):
        each = cohort.slices[index]
        values = [f"{value:.6f}" for value in row]
        writer.writerow([each.subject, each.position, each.label, *values])
    return lines.getvalue().encode()


def _finish(folder: Path, network: ResNet50) -> None:
    """Keep the weights; the optimiser's state has served."""
    write_whole(folder / WEIGHTS, weights_as_bytes(network))
    (folder / "checkpoint.pt").unlink(missing_ok=True)


def load_network(weights: Path) -> ResNet50:
    """Read the weights that a finished run left.

    Args:
        weights: network.pt of a run.

    Returns:
        The network, in evaluation mode.
    """
    network = ResNet50()
    network.load_state_dict(torch.load(weights, weights_only=True, map_location="cpu"))
    return network.eval()


def _publish(study: Study, outcome: Outcome, network: ResNet50) -> Path:
    bundle, spec = study.output / "bundle", study.recipe.spec
    card = write_card(outcome, study.name, study.version)
    write_bundle(bundle, export_onnx(network, spec), spec, card)
    logs = {
        log.parent.name: read_log(log) for log in sorted(study.output.glob("*/log.csv"))
    }
    write_whole(study.output / "curves.png", plot_curves(logs))
    return bundle
