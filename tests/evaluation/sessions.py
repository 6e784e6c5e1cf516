"""Results for slices from outside, drawn without any slice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from alzer.evaluation.networks import Calibration
from alzer.evaluation.outside import Session, SessionResult, SliceAnswer
from alzer.model.decision import Decision

PLAIN = {
    name: Calibration(1.0, Decision(thresholds=(0.2, 0.2, 0.2, None)))
    for name in ("fold-0", "everyone")
}


@dataclass(frozen=True)
class Visit:
    """What tells one visit from another in tests.

    Attributes:
        person: Whose it is.
        label: Class index.
        score: Log odds of impairment that the network gives.
        csf: CSF fraction.
        measures: Age and nWBV.
    """

    person: str
    label: int
    score: float
    csf: float = 0.2
    measures: Mapping[str, float] | None = None


def draw_visits(people: int = 60, skill: float = 1.0, seed: int = 0) -> list[Visit]:
    """Draw people with one to three visits; every second one is impaired."""
    generator = np.random.default_rng(seed)
    visits = []
    for place in range(people):
        own, label = generator.normal(), place % 2
        for _ in range(1 + place % 3):
            score = skill * label + own + 0.3 * generator.normal()
            csf = 0.2 + 0.05 * generator.normal()
            measures = {"age": 70.0 + 8.0 * generator.normal(), "nwbv": 0.7}
            visits.append(Visit(f"p{place:02}", label, score, csf, measures))
    return visits


def results_of(
    visits: Sequence[Visit], *, ood_score: float = 1.0, doubt: str = ""
) -> list[SessionResult]:
    """Return the results of visits, as if a network had given these scores."""
    return [
        SessionResult(
            Session(
                f"s{place:03}",
                visit.person,
                visit.label,
                subject=visit.person,
                measures=visit.measures or {},
            ),
            "fold-0",
            SliceAnswer(_logits(visit.score), ood_score, 2.0, visit.csf, doubt),
        )
        for place, visit in enumerate(visits)
    ]


def _logits(score: float) -> tuple[float, ...]:
    # The log odds of impairment are exactly the score: three equal classes share it.
    return (0.0, *(score - float(np.log(3.0)) for _ in range(3)))
