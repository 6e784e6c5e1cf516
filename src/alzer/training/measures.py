"""What pooled features say of the auxiliary targets, slice by slice.

The few labels of people decide better between a few well-known measures than
between thousands of features.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from alzer.evaluation.metrics import Floats
from alzer.training.auxiliary import Targets
from alzer.training.pooling import Features

# Weight of the squared penalty, per slice, on features of deviation 1.
RIDGE = 0.006


def fit_measures(
    features: Features | Floats, targets: Targets, deviation: Floats
) -> Floats:
    """Fit linear readings of the targets, and of the constant 1, to slices.

    Nothing is added to the features, not even a constant: the constant's reading is
    what stands for one.

    Args:
        features: Pooled, shape (slice, feature).
        targets: shape (slice, target), of about deviation 1; NaN where not known.
        deviation: Of each feature, shape (feature,).

    Returns:
        The readings' weights, shape (target + 1, feature); the constant's are last.
    """
    scaled = features / deviation
    wanted = np.concatenate([targets, np.ones((len(targets), 1))], axis=1)
    known = np.isfinite(wanted)
    weights = np.zeros((wanted.shape[1], features.shape[1]))
    for pattern in np.unique(known, axis=1).T:
        alike = (known == pattern[:, None]).all(axis=0)
        weights[alike] = _ridge(scaled[pattern], wanted[pattern][:, alike])
    return weights / deviation


def _ridge(features: Floats, targets: NDArray[np.floating]) -> Floats:
    model = Ridge(RIDGE * len(features), fit_intercept=False, solver="cholesky")
    return np.asarray(model.fit(features, targets).coef_).reshape(targets.shape[1], -1)
