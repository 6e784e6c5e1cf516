"""Sessions from outside that a network answered for, by person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.evaluation.intervals import Indices
from alzer.evaluation.metrics import Floats
from alzer.evaluation.networks import Calibration
from alzer.evaluation.outside import SessionResult

# Probabilities of 0 and 1 have no log odds.
_LEAST = 1e-9


@dataclass(frozen=True)
class JudgedSessions:
    """Sessions that were judged, by person.

    Attributes:
        results: In the order of persons.
        probabilities: Calibrated, shape (session, class).
        persons: Index of each session's person, shape (session,).
        labels: Class index at the visit, shape (session,).
        cannot_tell: Whether no class is ruled out, shape (session,); NaN where
            that is unknown.
    """

    results: Sequence[SessionResult]
    probabilities: Floats
    persons: Indices
    labels: NDArray[np.int64]
    cannot_tell: Floats

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class, shape (session,)."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    @property
    def impairment(self) -> Floats:
        """Probability of any impairment, shape (session,)."""
        return 1.0 - self.probabilities[:, 0]

    @property
    def log_odds(self) -> Floats:
        """Log odds of any impairment, shape (session,)."""
        share = np.clip(self.impairment, _LEAST, 1.0 - _LEAST)
        return np.log(share / (1.0 - share))

    def measure(self, name: str) -> Floats:
        """Return a measure such as age, shape (session,); NaN where unknown."""
        values = (each.session.measures.get(name) for each in self.results)
        return np.array([np.nan if value is None else value for value in values])

    @property
    def csf(self) -> Floats:
        """Crude CSF fraction, shape (session,)."""
        return np.array([each.answer.csf for each in self.results if each.answer])

    def where(self, known: NDArray[np.bool_]) -> "JudgedSessions":
        """Return the sessions that a mask chooses."""
        kept = np.flatnonzero(known)
        _, persons = np.unique(self.persons[kept], return_inverse=True)
        return JudgedSessions(
            [self.results[place] for place in kept.tolist()],
            self.probabilities[kept],
            persons,
            self.labels[kept],
            self.cannot_tell[kept],
        )

    @property
    def groups(self) -> list[Indices]:
        """The sessions of each person."""
        return [
            np.flatnonzero(self.persons == person)
            for person in range(self.persons.max(initial=-1) + 1)
        ]

    @property
    def impaired(self) -> NDArray[np.bool_]:
        """Whether each person is impaired at any visit, shape (person,)."""
        return np.array([(self.labels[own] > 0).any() for own in self.groups], bool)


def gather_judged(
    results: Sequence[SessionResult], calibrations: Mapping[str, Calibration]
) -> JudgedSessions:
    """Gather the sessions that were answered for, their probabilities calibrated.

    Args:
        results: Of `judge_sessions`.
        calibrations: Of every network that answered.

    Returns:
        The sessions, in the order of persons.
    """
    asked = sorted(
        (each for each in results if each.answer is not None),
        key=lambda each: (each.session.person, each.session.name),
    )
    own = [calibrations[each.network] for each in asked]
    probabilities = np.array(
        [
            calibration.probabilities(each.answer.logits)
            for calibration, each in zip(own, asked, strict=True)
            if each.answer is not None
        ]
    )
    unsure = (
        calibration.cannot_tell(row)
        for calibration, row in zip(own, probabilities, strict=True)
    )
    _, persons = np.unique([each.session.person for each in asked], return_inverse=True)
    return JudgedSessions(
        asked,
        probabilities,
        persons,
        np.array([each.session.label for each in asked], np.int64),
        np.array([np.nan if each is None else float(each) for each in unsure]),
    )
