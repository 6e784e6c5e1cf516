"""The last layer of a network, fitted to its training slices and to views of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.evaluation.metrics import Floats
from alzer.training.auxiliary import Targets
from alzer.training.head import (
    Penalty,
    TrainingPeople,
    average_people,
    fit_head,
    with_views,
)
from alzer.training.measures import fit_measures
from alzer.training.network import ResNet50
from alzer.training.nuisance import Views, nuisance_differences


@dataclass(frozen=True)
class TrainingSlices:
    """What the last layer is fitted to, slice by slice.

    Attributes:
        features: As served and without what the background says, shape (slice,
            feature).
        subjects: Whose slices they are, shape (slice,); ordered by subject and
            position.
        labels: Class index, shape (slice,).
        targets: Auxiliary targets, shape (slice, target).
        views: Of some slices, without what the background says.
    """

    features: Floats
    subjects: NDArray[np.str_]
    labels: NDArray[np.int64]
    targets: Targets
    views: Views

    def of(self, names: NDArray[np.str_]) -> "TrainingSlices":
        """Return the slices of some people."""
        own = np.isin(self.subjects, names)
        kept = own[self.views.slices]
        places = np.cumsum(own) - 1
        views = Views(places[self.views.slices[kept]], self.views.features[:, kept])
        return TrainingSlices(
            self.features[own],
            self.subjects[own],
            self.labels[own],
            self.targets[own],
            views,
        )

    def as_people(self) -> TrainingPeople:
        """Return everyone as they are and in each view, with what changes in views."""
        some = self.views.slices
        return with_views(
            average_people(self.features, self.subjects, self.labels),
            [
                average_people(each, self.subjects[some], self.labels[some])
                for each in self.views.features
            ],
            [each for each in self._differences() if len(each)],
        )

    def _differences(self) -> Iterator[Floats]:
        yield from nuisance_differences(self.features, self.subjects, self.views)


def fit_last_layer(network: ResNet50, slices: TrainingSlices, penalty: Penalty) -> None:
    """Fit the last layer to people.

    Args:
        network: Its other layers stay as they are.
        slices: Of the people.
        penalty: How much the last layer is held back.
    """
    people, views = slices.as_people(), slices.views
    of_views = [slices.targets[views.slices]] * len(views.features)
    measures = fit_measures(
        np.concatenate([slices.features, *views.features]),
        np.concatenate([slices.targets, *of_views]),
        people.deviation,
    )
    fit_head(network, people, measures, penalty)
