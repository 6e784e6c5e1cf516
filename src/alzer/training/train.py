"""The training loop, top to bottom: one network, its checkpoints, its log."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from alzer.errors import InvalidCohort, TrainingRefused
from alzer.evaluation.metrics import auc, by_subject
from alzer.training.cohort import Cohort, Split
from alzer.training.history import Epoch, write_log
from alzer.training.inference import mixed_precision, predict
from alzer.training.initial_weights import InitialWeights
from alzer.training.learner import TrainingRun, start_run
from alzer.training.network import ResNet50
from alzer.training.nuisance import change
from alzer.training.recipe import Recipe
from alzer.training.weights import CHECKPOINT


class Progress(Protocol):
    """What a display of progress is told."""

    def step(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Tell that `done` of `total` steps of an epoch are done."""

    def epoch(self, epoch: Epoch) -> None:
        """Tell that an epoch has ended."""


@dataclass(frozen=True)
class Task:
    """What to learn from, and on whom to check.

    Attributes:
        cohort: Labels and subjects of the slices.
        fields: Fields of view (`field_spec`), shape (slice, row, column); what is
            trained on is a random change of them, standardised.
        images: The same, standardised as they are.
        sides: Which slices to train on and which to hold out.
        targets: What else to learn, shape (slice, target), standardised; NaN where
            it is not known.
        initial: Weights of elsewhere to start from; None starts at random.
    """

    cohort: Cohort
    fields: NDArray[np.float16]
    images: NDArray[np.float16]
    sides: Split
    targets: NDArray[np.float32]
    initial: InitialWeights | None = None


def train(task: Task, recipe: Recipe, folder: Path, progress: Progress) -> ResNet50:
    """Train one network; go on where an interrupted run stopped.

    Args:
        task: What to learn from.
        recipe: How to train.
        folder: Where checkpoint.pt and log.csv are kept.
        progress: Told about every step and epoch.

    Returns:
        The network with averaged weights, in evaluation mode.

    Raises:
        InvalidCohort: If nobody is left to train on.
        TrainingRefused: If the folder holds a run of another recipe, one that started
            from other weights or a damaged checkpoint, or the loss is no longer a
            finite number.
        StorageUnavailable: If the checkpoint can't be written; what was written
            before stays.
    """
    if not len(task.sides.training):
        message = "Nobody is left to train on; check folds.csv."
        raise InvalidCohort(message)
    run = start_run(recipe, task.targets.shape[1], task.initial)
    checkpoint = folder / CHECKPOINT
    run.resume(checkpoint)
    for number in range(len(run.history) + 1, recipe.epochs + 1):
        started = time.monotonic()
        loss = _train_epoch(run, task, number, progress)
        validation_auc = _quick_auc(run.average.network, task)
        seconds = time.monotonic() - started
        run.history.append(Epoch(number, loss, validation_auc, seconds))
        run.save(checkpoint)
        write_log(folder / "log.csv", run.history)
        progress.epoch(run.history[-1])
    return run.average.network.eval()


def _train_epoch(
    run: TrainingRun, task: Task, number: int, progress: Progress
) -> float:
    recipe = run.recipe
    # Seeded by epoch, so a resumed run draws what the unbroken one would have.
    run.generator.manual_seed(recipe.seed * 1_000_003 + number)
    torch.manual_seed(recipe.seed * 1_000_003 + number)  # dropout draws globally
    drawn = _draw(task, recipe.slices_per_subject, run.generator)
    batches = list(_batches(drawn, recipe.batch_size))
    total_steps = recipe.epochs * len(batches)
    device = next(run.learner.parameters()).device
    labels = torch.from_numpy(task.cohort.labels)
    targets = torch.from_numpy(task.targets)
    run.learner.train()
    losses = []
    for index, batch in enumerate(batches):
        _set_rate(
            run.optimizer, recipe, (number - 1) * len(batches) + index, total_steps
        )
        inputs = torch.from_numpy(change(task.fields[batch], recipe, run.generator))
        inputs = inputs.float()[:, None].to(device)
        truth = labels[batch].to(device), targets[batch].to(device)
        loss = _step(run, inputs, truth)
        losses.append(loss)
        progress.step(number, index + 1, len(batches), float(np.mean(losses[-20:])))
    return float(np.mean(losses))


def _loss(
    outputs: tuple[Tensor, Tensor], truth: tuple[Tensor, Tensor], recipe: Recipe
) -> Tensor:
    logits, guesses = (each.float() for each in outputs)
    labels, targets = truth
    loss = functional.cross_entropy(
        logits, labels, label_smoothing=recipe.label_smoothing
    )
    known = targets.isfinite()
    if known.any():
        # The mean over all targets, known or not: those of few people weigh less.
        errors = functional.smooth_l1_loss(
            guesses[known], targets[known], reduction="sum"
        )
        loss = loss + recipe.auxiliary_weight * errors / targets.numel()
    return loss


def _step(run: TrainingRun, inputs: Tensor, truth: tuple[Tensor, Tensor]) -> float:
    inputs = inputs.contiguous(memory_format=torch.channels_last)
    with mixed_precision(inputs.device):
        outputs = run.forward(inputs)
    loss = _loss(outputs, truth, run.recipe)
    if not math.isfinite(loss.item()):
        message = (
            "The loss is no longer a finite number; start again with a lower "
            "--learning-rate. The last checkpoint is untouched."
        )
        raise TrainingRefused(message)
    run.optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]  # torch's own gap
    nn.utils.clip_grad_norm_(run.learner.parameters(), 1.0)
    run.optimizer.step()
    run.update_average()
    return loss.item()


def _set_rate(
    optimizer: torch.optim.Optimizer, recipe: Recipe, step: int, total: int
) -> None:
    rising = max(round(total * recipe.warm_up), 1)
    if step < rising:
        share = (step + 1) / rising
    else:
        share = 0.5 * (
            1.0 + math.cos(math.pi * (step - rising) / max(total - rising, 1))
        )
    for group in optimizer.param_groups:
        group["lr"] = recipe.learning_rate * share


def _draw(task: Task, per_subject: int, generator: torch.Generator) -> NDArray[np.intp]:
    """Draw some slices of every person, in random order."""
    training = task.sides.training
    subjects = task.cohort.subjects[training]
    chosen = []
    for subject in np.unique(subjects):
        own = training[subjects == subject]
        order = torch.randperm(len(own), generator=generator).numpy()
        chosen.append(own[order[:per_subject]])
    drawn = np.concatenate(chosen)
    order = torch.randperm(len(drawn), generator=generator).numpy()
    return np.asarray(drawn[order], np.intp)


def _batches(indices: NDArray[np.intp], batch_size: int) -> Iterator[NDArray[np.intp]]:
    """Cut into batches; a last one of a single image would break batch norm."""
    count = max(len(indices) // batch_size, 1)
    yield from np.array_split(indices, count)


def _quick_auc(network: ResNet50, task: Task) -> float:
    """Give the per-person AUC from every fourth slice, cheap enough per epoch."""
    few = task.sides.validation[::4]
    probabilities = predict(network, task.images[few])
    subjects, labels = task.cohort.subjects[few], task.cohort.labels[few]
    people = by_subject(subjects, labels, probabilities)
    return auc(people.impaired, people.impairment_score)
