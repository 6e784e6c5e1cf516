"""A training run's state: what learns, its averaged weights, its checkpoints."""

import copy
import io
import pickle
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from alzer.errors import TrainingRefused
from alzer.training.files import write_whole
from alzer.training.history import Epoch
from alzer.training.initial_weights import InitialWeights
from alzer.training.network import ResNet50, seeded_network
from alzer.training.recipe import Recipe


class Learner(nn.Module):
    """The network, and beside its last layer one for the auxiliary targets."""

    def __init__(self, network: ResNet50, targets: int, class_weight: float) -> None:
        super().__init__()
        self.network = network
        self.class_weight = class_weight
        self.auxiliary = nn.Linear(network.fc.in_features, targets)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Give the logits, shape (n, class), and the targets, shape (n, target)."""
        pooled = self.network.features(images).mean(dim=(2, 3))
        dropped = functional.dropout(pooled, self.network.dropout, self.training)
        # The same value, but only so much of the gradient goes through.
        kept = dropped.detach()
        shared = kept + self.class_weight * (dropped - kept)
        return self.network.fc(shared), self.auxiliary(dropped)


@dataclass
class TrainingRun:
    """What one network's training carries from step to step.

    Attributes:
        recipe: How to train.
        initial_sha256: Digest of the weights of elsewhere it started from, if any.
        learner: What learns.
        forward: The same, compiled where that pays.
        average: The weights' running mean, which is kept in the end.
        optimizer: Of the learner.
        generator: The only source of randomness in sampling and augmentation.
        history: Epochs that are done.
    """

    recipe: Recipe
    initial_sha256: str | None
    learner: Learner
    forward: Callable[[Tensor], tuple[Tensor, Tensor]]
    average: Learner
    optimizer: torch.optim.AdamW
    generator: torch.Generator = field(default_factory=torch.Generator)
    history: list[Epoch] = field(default_factory=list)

    def resume(self, checkpoint: Path) -> None:
        """Go on from a checkpoint, if there is one.

        Args:
            checkpoint: What `save` wrote.

        Raises:
            TrainingRefused: If it is damaged, or of another recipe or other weights.
        """
        if not checkpoint.exists():
            return
        saved = _read(checkpoint)
        if saved["recipe"] != self.recipe.as_dict():
            message = (
                "The output folder holds a run with other settings. Give another "
                "--output, or the settings that it was started with."
            )
            raise TrainingRefused(message)
        if saved.get("initial_weights") != self.initial_sha256:
            message = (
                "The output folder holds a run that started from other weights. Give "
                "another --output, or the same file with --initialise (none, if it "
                "was started without)."
            )
            raise TrainingRefused(message)
        self.learner.load_state_dict(saved["learner"])
        self.average.load_state_dict(saved["average"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.history.extend(Epoch(**each) for each in saved["history"])

    def save(self, checkpoint: Path) -> None:
        """Write a checkpoint, whole or not at all.

        Args:
            checkpoint: Where to.

        Raises:
            StorageUnavailable: If it can't be written; what was there stays.
        """
        content = io.BytesIO()
        torch.save(
            {
                "recipe": self.recipe.as_dict(),
                "initial_weights": self.initial_sha256,
                "learner": self.learner.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "history": [asdict(each) for each in self.history],
            },
            content,
        )
        write_whole(checkpoint, content.getvalue())

    def update_average(self) -> None:
        """Move the running mean towards the present weights."""
        current = self.learner.state_dict()
        with torch.no_grad():
            for name, mean in self.average.state_dict().items():
                if mean.is_floating_point():
                    mean.lerp_(current[name], 1.0 - self.recipe.average)
                else:
                    mean.copy_(current[name])


def start_run(
    recipe: Recipe, targets: int, initial: InitialWeights | None
) -> TrainingRun:
    """Make a network that has learnt nothing yet, and all that its training needs.

    Args:
        recipe: How to train.
        targets: How many auxiliary targets there are.
        initial: Weights of elsewhere to start from; None starts at random.

    Returns:
        The run before its first step; it depends on the recipe's seed alone.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = seeded_network(recipe.seed, recipe.dropout)
    if initial is not None:
        initial.load_into(network)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        learner = Learner(network, targets, recipe.class_weight).to(device)
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
    sha256 = None if initial is None else initial.sha256
    return TrainingRun(recipe, sha256, learner, forward, average, optimizer)


def _read(checkpoint: Path) -> dict[str, Any]:
    try:
        saved = torch.load(checkpoint, weights_only=True, map_location="cpu")
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
        message = (
            f"{checkpoint.name} can't be read. Remove it to train this network anew, "
            "or give another --output."
        )
        raise TrainingRefused(message) from error
    return cast("dict[str, Any]", saved)
