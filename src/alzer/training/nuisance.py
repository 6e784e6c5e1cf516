"""What changes in features although the person stays the same.

A slice that is turned a little, lit otherwise or cut from a tighter mask shows the same
person, and so does its neighbour. The directions in which features differ then are no
evidence; the last layer is penalised for what it makes of them.

Source: Hatch and Stolcke 2006 (within-class covariance normalisation),
doi:10.1109/ICASSP.2006.1660168, for the idea.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from alzer.evaluation.metrics import Floats
from alzer.training.augmentation import augment
from alzer.training.background import project_out
from alzer.training.cohort import standardise_fields
from alzer.training.network import ResNet50
from alzer.training.pooling import Features, extract_features
from alzer.training.recipe import Recipe

# Every how manieth slice is changed, and how often.
VIEWED_EVERY = 4
VIEWS = 2

# Fields that are changed together.
_BATCH = 64


@dataclass(frozen=True)
class Views:
    """What a network makes of slices that were changed at random.

    Attributes:
        slices: Which slices, shape (slice,).
        features: Of each view of them, shape (view, slice, feature).
    """

    slices: NDArray[np.intp]
    features: Features | Floats


def extract_views(
    network: ResNet50, fields: NDArray[np.float16], recipe: Recipe
) -> Views:
    """Change some slices at random, as in training, and extract their features.

    Args:
        network: Trained.
        fields: Fields of view, shape (slice, row, column).
        recipe: How far to change them.

    Returns:
        The views; the same ones for the same fields and recipe.
    """
    generator = torch.Generator().manual_seed(recipe.seed)
    slices = np.arange(0, len(fields), VIEWED_EVERY)
    features = [
        extract_features(network, change(fields[slices], recipe, generator))
        for _ in range(VIEWS)
    ]
    return Views(slices, np.stack(features))


def change(
    fields: NDArray[np.float16], recipe: Recipe, generator: torch.Generator
) -> NDArray[np.float16]:
    """Change fields of view at random and standardise them, as the service would.

    Args:
        fields: shape (n, row, column).
        recipe: How far to go, and what the network expects.
        generator: The only source of randomness.

    Returns:
        The network's inputs, the same shape.
    """
    changed = []
    for start in range(0, len(fields), _BATCH):
        clean = torch.from_numpy(fields[start : start + _BATCH]).float()[:, None]
        drawn = augment(clean, recipe.augmentation, generator)[:, 0].numpy()
        changed.append(standardise_fields(drawn, recipe.spec))
    return np.concatenate(changed)


def project_views(features: Features | Floats, axes: Floats) -> Floats:
    """Leave directions out of the features of views.

    Args:
        features: shape (view, slice, feature).
        axes: shape (feature, axis), orthonormal.

    Returns:
        shape (view, slice, feature).
    """
    return np.stack([project_out(each, axes) for each in features])


def nuisance_differences(
    features: Floats, subjects: NDArray[np.str_], views: Views
) -> tuple[Floats, Floats]:
    """Return how features differ between views of a slice and between neighbours.

    Args:
        features: Of slices, ordered by subject and position, shape (slice, feature).
        subjects: Whose slices they are, shape (slice,).
        views: Of some of them, their features given likewise.

    Returns:
        Of views, shape (view * slice, feature), and of neighbours, shape
        (pair, feature).
    """
    moved = views.features - features[views.slices]
    neighbours = subjects[1:] == subjects[:-1]
    return (
        moved.reshape(-1, features.shape[1]),
        (features[1:] - features[:-1])[neighbours],
    )
