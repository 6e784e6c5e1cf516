"""Everything that decides what comes out of a training run."""

from dataclasses import asdict, dataclass, field
from typing import Any

from alzer.model.preparation import InputSpec
from alzer.training.augmentation import Augmentation

# Small enough for a CPU; the last stage, evaluated at every position once it is
# trained, still has maps of 7 x 6 cells.
TRAINED_SPEC = InputSpec(
    height=97,
    width=81,
    standardisation="tissue",
    mean=0.37,
    deviation=0.42,
    cell_stride=16,
)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what comes out of a training run.

    Attributes:
        epochs: Passes over the training people.
        slices_per_subject: Slices drawn anew from each person per epoch;
            neighbouring slices show nearly the same.
        batch_size: Images per step.
        learning_rate: Peak of the schedule (linear rise, cosine fall).
        warm_up: Share of all steps in which the rate rises.
        weight_decay: Of AdamW.
        label_smoothing: Probability mass spread over all classes.
        dropout: Share of pooled features dropped.
        class_weight: Of the classes' loss for all layers but the last, which always
            learns them; 0 keeps the few noisy labels out of the features.
        auxiliary_weight: Of the loss of what is learnt beside the classes.
        inverse_regularisation: C of the penalty with which the last layer is fitted
            to people in the end.
        regularisation_candidates: Among these the former is chosen by inner folds,
            for each network by its own training people; none means that it is fixed.
        nuisance_weight: Of the penalty on what the last layer makes of changes that
            leave the person the same (`nuisance`).
        average: Decay per step of the averaged weights that are kept.
        seed: Of initialisation, sampling and augmentation.
        spec: The network's input.
        augmentation: Random changes of the training images.
    """

    epochs: int = 14
    slices_per_subject: int = 10
    batch_size: int = 16
    learning_rate: float = 7e-4
    warm_up: float = 0.1
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    dropout: float = 0.2
    class_weight: float = 0.25
    auxiliary_weight: float = 1.0
    inverse_regularisation: float = 0.3
    regularisation_candidates: tuple[float, ...] = ()
    nuisance_weight: float = 5.0
    average: float = 0.99
    seed: int = 2026
    spec: InputSpec = TRAINED_SPEC
    augmentation: Augmentation = field(default_factory=Augmentation)

    def as_dict(self) -> dict[str, Any]:
        """Give the recipe as plain values, for the card and the checkpoints."""
        values = asdict(self)
        # A card is JSON, which knows no tuples.
        values["regularisation_candidates"] = list(self.regularisation_candidates)
        return values
