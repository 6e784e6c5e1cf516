"""What a model must beat: simple predictors on the same people and folds.

Impaired or not is decided by one simple model; how much, by how common each
degree is among the impaired people that it was fitted to.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from alzer.classes import CLASSES
from alzer.evaluation.metrics import Floats, People
from alzer.scans.outline import head_mask

# Share of the bright end of the head's values below which a pixel counts as fluid.
FLUID_LEVEL = 0.3
BRIGHT_PERCENTILE = 98.0

# Slices taken of everyone, so that people with more or fewer can be compared.
SLICES = 32
VOXEL_SLICES = 16
VOXEL_SHAPE = (52, 44)


@dataclass(frozen=True)
class SliceMeasurements:
    """What simple predictors are told of one slice.

    Attributes:
        fluid: Share of the head's pixels that are dark, 0 to 1.
        area: Pixels of the head.
        small: The slice averaged over blocks, shape VOXEL_SHAPE, 1 is bright.
    """

    fluid: float
    area: float
    small: NDArray[np.float32]


@dataclass(frozen=True)
class Subject:
    """One person.

    Attributes:
        name: Pseudonym.
        label: Class index.
        fold: In which the person is held out.
        measures: Age, nWBV and so on, where known.
        slices: What is seen of each slice, in the order of their positions.
    """

    name: str
    label: int
    fold: int
    measures: Mapping[str, float]
    slices: Sequence[SliceMeasurements]


def measure_slice(pixels: NDArray[np.float32]) -> SliceMeasurements:
    """Measure one slice.

    Args:
        pixels: shape (row, column).

    Returns:
        Its measures.
    """
    inside = pixels[head_mask(pixels)]
    low = float(pixels.min())
    bright = float(np.percentile(inside, BRIGHT_PERCENTILE))
    scale = max(bright - low, 1e-6)
    shares = (inside - low) / scale
    rows, columns = VOXEL_SHAPE
    small = Image.fromarray((pixels - low) / scale).resize(
        (columns, rows), Image.Resampling.BOX
    )
    return SliceMeasurements(
        float((shares < FLUID_LEVEL).mean()), float(len(inside)), np.asarray(small)
    )


def run_baselines(subjects: Sequence[Subject]) -> dict[str, People]:
    """Fit and test every baseline that the data allow.

    Args:
        subjects: Everyone; each fold is judged by what was fitted to the others.

    Returns:
        By name, everyone as the baseline sees them, ordered by name.
    """
    people = sorted(subjects, key=lambda each: each.name)
    features: dict[str, Floats | None] = {
        "majority": np.zeros((len(people), 1)),
        "age": _measure(people, "age"),
        "nWBV of the full scan": _measure(people, "nwbv"),
        "mean fluid share": _stack(people, _mean_fluid),
        "fluid share per slice with area": _stack(people, _fluid_profile),
        "linear SVM on smoothed voxels": _stack(people, _voxels),
    }
    return {
        name: _judge(people, values, svm="SVM" in name)
        for name, values in features.items()
        if values is not None
    }


def _measure(people: Sequence[Subject], name: str) -> Floats | None:
    values = np.array([each.measures.get(name, np.nan) for each in people])
    known = np.isfinite(values)
    if known.sum() < len(people) / 2:
        return None
    # Who is not known counts as average, so that all predictors see the same people.
    return np.where(known, values, values[known].mean())[:, None]


def _stack(people: Sequence[Subject], of: Callable[[Subject], Floats]) -> Floats:
    return np.stack([of(each) for each in people])


def _mean_fluid(subject: Subject) -> Floats:
    return np.array([np.mean([each.fluid for each in subject.slices])])


def _fluid_profile(subject: Subject) -> Floats:
    places = _spread(len(subject.slices), SLICES)
    profile = [subject.slices[place].fluid for place in places]
    return np.array([*profile, np.mean([each.area for each in subject.slices])])


def _voxels(subject: Subject) -> Floats:
    places = _spread(len(subject.slices), VOXEL_SLICES)
    return np.concatenate([subject.slices[place].small.ravel() for place in places])


def _spread(count: int, wanted: int) -> NDArray[np.intp]:
    """Return places spread evenly from the first slice to the last."""
    return np.floor(np.arange(wanted) * count / wanted).astype(np.intp)


def _judge(people: Sequence[Subject], features: Floats, *, svm: bool) -> People:
    labels = np.array([each.label for each in people], np.int64)
    folds = np.array([each.fold for each in people])
    probabilities = np.zeros((len(people), len(CLASSES)))
    for fold in np.unique(folds):
        rest, own = folds != fold, folds == fold
        impaired = labels[rest] > 0
        share = _impaired_share(features[rest], impaired, features[own], svm=svm)
        degrees = np.bincount(labels[rest][impaired], minlength=len(CLASSES))
        probabilities[own] = share[:, None] * degrees / max(degrees.sum(), 1)
        probabilities[own, 0] = 1.0 - share
    return People(np.array([each.name for each in people]), labels, probabilities)


def _impaired_share(
    fitted: Floats, impaired: NDArray[np.bool_], asked: Floats, *, svm: bool
) -> Floats:
    if not np.ptp(fitted, axis=0).any() or impaired.all() or not impaired.any():
        return np.full(len(asked), impaired.mean())
    if svm:
        model = SVC(kernel="linear", C=1e-3).fit(fitted, impaired)
        return np.asarray(1.0 / (1.0 + np.exp(-model.decision_function(asked))))
    logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=4000))
    return np.asarray(logistic.fit(fitted, impaired).predict_proba(asked)[:, 1])
