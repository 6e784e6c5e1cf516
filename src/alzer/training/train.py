"""The training loop, top to bottom: one network, its checkpoints, its log."""

import copy
import io
import math
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
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
from alzer.training.files import write_whole
from alzer.training.history import Epoch, write_log
from alzer.training.inference import mixed_precision, predict
from alzer.training.initial_weights import InitialWeights
from alzer.training.network import ResNet50, seeded_network
from alzer.training.nuisance import change
from alzer.training.recipe import Recipe


class Progress(Protocol):
    """What a display of progress is told."""

    def step(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Tell that `done` of `total` steps of an epoch are done."""

    def epoch(self, epoch: Epoch) -> None:
        """Tell that an epoch has ended."""


class _Learner(nn.Module):
    """The network, and beside its last layer one for the auxiliary targets."""

    def __init__(self, network: ResNet50, targets: int, class_weight: float) -> None:
        super().__init__()
        self.network = network
        self.class_weight = class_weight
        self.auxiliary = nn.Linear(network.fc.in_features, targets)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        pooled = self.network.features(images).mean(dim=(2, 3))
        dropped = functional.dropout(pooled, self.network.dropout, self.training)
        # The same value, but only so much of the gradient goes through.
        kept = dropped.detach()
        shared = kept + self.class_weight * (dropped - kept)
        return self.network.fc(shared), self.auxiliary(dropped)


@dataclass
class _Run:
    learner: _Learner
    forward: Callable[[Tensor], tuple[Tensor, Tensor]]
    average: _Learner
    optimizer: torch.optim.AdamW
    generator: torch.Generator
    history: list[Epoch]


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

    @property
    def initial_sha256(self) -> str | None:
        """Digest of the file of those weights."""
        return None if self.initial is None else self.initial.sha256


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
    run = _start(recipe, task)
    checkpoint = folder / "checkpoint.pt"
    _resume(run, recipe, task.initial_sha256, checkpoint)
    for number in range(len(run.history) + 1, recipe.epochs + 1):
        started = time.monotonic()
        loss = _train_epoch(run, task, recipe, number, progress)
        validation_auc = _quick_auc(run.average.network, task)
        seconds = time.monotonic() - started
        run.history.append(Epoch(number, loss, validation_auc, seconds))
        _save(run, recipe, task.initial_sha256, checkpoint)
        write_log(folder / "log.csv", run.history)
        progress.epoch(run.history[-1])
    return run.average.network.eval()


def _start(recipe: Recipe, task: Task) -> _Run:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = seeded_network(recipe.seed, recipe.dropout)
    if task.initial is not None:
        task.initial.load_into(network)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        targets = task.targets.shape[1]
        learner = _Learner(network, targets, recipe.class_weight).to(device)
    learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a gap in torch's stubs
    decayed = [each for each in learner.parameters() if each.ndim > 1]
    others = [each for each in learner.parameters() if each.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": recipe.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ],
        lr=recipe.learning_rate,
    )
    average = copy.deepcopy(learner).requires_grad_(requires_grad=False)
    # Compiling takes longer than it saves on a CPU.
    forward = torch.compile(learner) if device.type == "cuda" else learner
    return _Run(learner, forward, average, optimizer, torch.Generator(), [])


def _resume(run: _Run, recipe: Recipe, initial: str | None, checkpoint: Path) -> None:
    if not checkpoint.exists():
        return
    try:
        saved = torch.load(checkpoint, weights_only=True, map_location="cpu")
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
        message = (
            f"{checkpoint.name} can't be read. Remove it to train this network anew, "
            "or give another --output."
        )
        raise TrainingRefused(message) from error
    if saved["recipe"] != recipe.as_dict():
        message = (
            "The output folder holds a run with other settings. Give another "
            "--output, or the settings that it was started with."
        )
        raise TrainingRefused(message)
    if saved.get("initial_weights") != initial:
        message = (
            "The output folder holds a run that started from other weights. Give "
            "another --output, or the same file with --initialise (none, if it was "
            "started without)."
        )
        raise TrainingRefused(message)
    run.learner.load_state_dict(saved["learner"])
    run.average.load_state_dict(saved["average"])
    run.optimizer.load_state_dict(saved["optimizer"])
    run.history.extend(Epoch(**each) for each in saved["history"])


def _save(run: _Run, recipe: Recipe, initial: str | None, checkpoint: Path) -> None:
    content = io.BytesIO()
    torch.save(
        {
            "recipe": recipe.as_dict(),
            "initial_weights": initial,
            "learner": run.learner.state_dict(),
            "average": run.average.state_dict(),
            "optimizer": run.optimizer.state_dict(),
            "history": [asdict(each) for each in run.history],
        },
        content,
    )
    write_whole(checkpoint, content.getvalue())


def _train_epoch(
    run: _Run, task: Task, recipe: Recipe, number: int, progress: Progress
) -> float:
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
        loss = _step(run, inputs, truth, recipe)
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


def _step(
    run: _Run, inputs: Tensor, truth: tuple[Tensor, Tensor], recipe: Recipe
) -> float:
    inputs = inputs.contiguous(memory_format=torch.channels_last)
    with mixed_precision(inputs.device):
        outputs = run.forward(inputs)
    loss = _loss(outputs, truth, recipe)
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
    _update_average(run, recipe.average)
    return loss.item()


def _update_average(run: _Run, decay: float) -> None:
    current = run.learner.state_dict()
    with torch.no_grad():
        for name, mean in run.average.state_dict().items():
            if mean.is_floating_point():
                mean.lerp_(current[name], 1.0 - decay)
            else:
                mean.copy_(current[name])


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
