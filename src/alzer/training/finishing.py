"""What is fitted to a network's training slices once its layers have been learnt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.training.auxiliary import Targets
from alzer.training.background import background_axes, leave_out, project_out
from alzer.training.head import Penalty
from alzer.training.last_layer import TrainingSlices, fit_last_layer
from alzer.training.network import OodScore, ResNet50
from alzer.training.nuisance import Views, extract_views, project_views
from alzer.training.ood_limit import fit_ood_score, pair_distances, quantile_limit
from alzer.training.pooling import extract_pairs
from alzer.training.recipe import Recipe
from alzer.training.selection import choose_regularisation


@dataclass(frozen=True)
class Trained:
    """A network with all that is fitted to its own training slices.

    Attributes:
        network: Its last layer is fitted to people.
        ood_score: The distance from the training slices.
        reach: Within what nearly all of these stay.
        inverse_regularisation: Of its last layer.
    """

    network: ResNet50
    ood_score: OodScore
    reach: float
    inverse_regularisation: float


@dataclass(frozen=True)
class OwnSlices:
    """A network's own training slices.

    Attributes:
        fields: Fields of view, shape (slice, row, column).
        images: The same as the network expects them.
        subjects: Whose slices they are, shape (slice,).
        labels: Class index, shape (slice,).
        targets: Auxiliary targets, shape (slice, target).
    """

    fields: NDArray[np.float16]
    images: NDArray[np.float16]
    subjects: NDArray[np.str_]
    labels: NDArray[np.int64]
    targets: Targets


def finish(network: ResNet50, own: OwnSlices, recipe: Recipe) -> Trained:
    """Fit the last layer and the distance from the training slices.

    Args:
        network: Trained, as it is served; its last layer is replaced.
        own: What it was trained on.
        recipe: How far slices are changed, and how much the last layer is held back.

    Returns:
        The network and what was fitted.
    """
    pairs = extract_pairs(network, own.images)
    views = extract_views(network, own.fields, recipe)
    background = background_axes(network, own.images, own.fields, recipe.spec)
    slices = TrainingSlices(
        project_out(pairs.mean, background),
        own.subjects,
        own.labels,
        own.targets,
        Views(views.slices, project_views(views.features, background)),
    )
    c = choose_regularisation(network, slices, recipe)
    fit_last_layer(network, slices, Penalty(c, recipe.nuisance_weight))
    leave_out(network, background)
    ood_score = fit_ood_score(pairs.both)
    return Trained(
        network, ood_score, quantile_limit(pair_distances(ood_score, pairs)), c
    )
