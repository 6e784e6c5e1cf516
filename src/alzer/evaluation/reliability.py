"""Whether confidence is what it says: reliability, and calibration errors.

Every person weighs the same, also where each has many rows (slices).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from alzer.evaluation.metrics import Floats, People, person_weights

# Equally wide bins of confidence.
BINS = 10


@dataclass(frozen=True)
class ReliabilityBin:
    """Predictions with about the same confidence.

    Attributes:
        rows: How many predictions.
        share: Their share of the weight, 0 to 1.
        confidence: Their mean probability of the most probable class.
        accuracy: How often the most probable class was right.
    """

    rows: int
    share: float
    confidence: float
    accuracy: float


def reliability(people: People) -> tuple[ReliabilityBin, ...]:
    """Compare confidence with accuracy.

    Args:
        people: Predictions; a person may have several rows.

    Returns:
        The bins that hold anybody, in order of confidence.
    """
    confidence, right = _confidence(people)
    weights, place = person_weights(people.subjects), _bin_of(confidence)
    bins = []
    for index in np.unique(place):
        own = place == index
        share = float(weights[own].sum())
        bins.append(
            ReliabilityBin(
                int(own.sum()),
                share,
                float((weights * confidence)[own].sum()) / share,
                float((weights * right)[own].sum()) / share,
            )
        )
    return tuple(bins)


def calibration_error(people: People) -> float:
    """Return the expected calibration error (ECE) of the most probable class.

    It is biased: with finitely many people, bins of a model that is perfectly
    calibrated are off by chance as well, and every deviation adds to it.

    Source: Guo et al. 2017, arXiv:1706.04599, equation 3.

    Args:
        people: Predictions; a person may have several rows.

    Returns:
        0 to 1: how far confidence and accuracy are apart, on average.
    """
    return float(np.abs(_gaps(people)[0]).sum())


def debiased_calibration_error(people: People) -> float:
    """Return the ECE less what chance alone adds to it.

    The gap of a bin is taken as normal around its true value, with the deviation
    that it shows over people. How much the mean of its absolute value exceeds the
    absolute value of its mean is subtracted. Rows of one person depend on each
    other, so that the deviation is that of sums over each person's rows.

    Source: Kumar et al. 2019, arXiv:1909.10155, section 5, for the L1 error by a
    normal approximation.

    Args:
        people: Predictions of at least two people; a person may have several rows.

    Returns:
        0 to 1.
    """
    gaps, deviations = _gaps(people)
    excess = _mean_absolute(np.abs(gaps), deviations) - np.abs(gaps)
    return float(max((np.abs(gaps) - excess).sum(), 0.0))


@dataclass(frozen=True)
class ChanceError:
    """The ECE that a perfectly calibrated model would show with as many people.

    Attributes:
        mean: On average.
        high: That 95 % of such studies stay below.
    """

    mean: float
    high: float


def calibration_error_by_chance(people: People) -> ChanceError:
    """Return how large an ECE chance alone makes.

    The gaps of the bins are drawn as normal around 0, with the deviations that they
    show over people.

    Source: Broecker & Smith 2007, doi:10.1175/WAF993.1, for asking what a reliable
    forecast would show.

    Args:
        people: Predictions of at least two people; a person may have several rows.
    """
    _, deviations = _gaps(people)
    drawn = np.random.default_rng(0).standard_normal((4000, BINS)) * deviations
    errors = np.abs(drawn).sum(axis=1)
    return ChanceError(float(errors.mean()), float(np.quantile(errors, 0.95)))


def _gaps(people: People) -> tuple[Floats, Floats]:
    """Return each bin's weighted gap and its standard deviation, shape (bin,)."""
    confidence, right = _confidence(people)
    terms = person_weights(people.subjects) * (right - confidence)
    names, person = np.unique(people.subjects, return_inverse=True)
    sums = np.zeros((len(names), BINS))
    np.add.at(sums, (person, _bin_of(confidence)), terms)
    correction = len(names) / max(len(names) - 1, 1)
    spread = ((sums - sums.mean(axis=0)) ** 2).sum(axis=0) * correction
    return sums.sum(axis=0), np.sqrt(spread)


def _mean_absolute(means: Floats, deviations: Floats) -> Floats:
    """Return the mean of the absolute value of normal numbers (folded normal)."""
    scale = np.maximum(deviations, 1e-12)
    ratio = means / scale
    peak = scale * np.sqrt(2.0 / np.pi) * np.exp(-0.5 * ratio**2)
    return np.asarray(peak + means * (1.0 - 2.0 * ndtr(-ratio)))


def _confidence(people: People) -> tuple[Floats, NDArray[np.bool_]]:
    right = people.probabilities.argmax(axis=1) == people.labels
    return people.probabilities.max(axis=1), right


def _bin_of(confidence: Floats) -> NDArray[np.intp]:
    return np.minimum((confidence * BINS).astype(np.intp), BINS - 1)
