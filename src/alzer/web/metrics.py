"""Figures for Prometheus: how much is asked, how long it takes, what comes out."""

import math
from collections import Counter as Tally
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    generate_latest,
)

from alzer.analysis import Analysis
from alzer.classes import CLASS_NAMES
from alzer.model.engine import ModelIdentity

# An analysis takes some 15 ms; a busy queue some hundreds.
_SECONDS: Final = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05),
    *(0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0),
)

# Predictions whose mix is compared; some days of a small clinic.
_RECENT: Final = 500
_FEWEST: Final = 50


class Metrics:
    """Everything that is measured while the service runs.

    Args:
        expected_mix: Share of each class that the predictions are compared with,
            by name; none: the drift is not measured.
        model: What answers.
    """

    def __init__(
        self, expected_mix: Mapping[str, float], model: ModelIdentity | None
    ) -> None:
        self._expected = expected_mix
        self._recent: deque[str] = deque(maxlen=_RECENT)
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "alzer_requests", "Requests answered.", ["method", "route", "status"],
            registry=registry,
        )  # fmt: skip
        self.request_seconds = Histogram(
            "alzer_request_seconds", "From head to answer.", ["route"],
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self.stage_seconds = Histogram(
            "alzer_stage_seconds", "Time of one stage of an analysis.", ["stage"],
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self.analyses = Counter(
            "alzer_analyses", "Analyses by predicted class.", ["prediction"],
            registry=registry,
        )  # fmt: skip
        self.unreliable = Counter(
            "alzer_unreliable_answers",
            "Answers that can't be relied on; divide by alzer_analyses_total.",
            registry=registry,
        )
        self.refusals = Counter(
            "alzer_refused_files", "Files that could not be used.", ["code"],
            registry=registry,
        )  # fmt: skip
        self._places = Gauge(
            "alzer_places_taken", "Requests that are worked on or wait.",
            registry=registry,
        )  # fmt: skip
        self._drift = Gauge(
            "alzer_class_mix_drift",
            f"Population stability index of the last {_RECENT} predictions against the "
            "class mix of the training; NaN below 50. Above 0.25 the mix has changed.",
            registry=registry,
        )
        self._drift.set_function(self.drift)
        for name in CLASS_NAMES:
            self.analyses.labels(name)
        if model is not None:
            told = {key: str(value) for key, value in vars(model).items()}
            Info("alzer_model", "What answers.", registry=registry).info(told)

    def watch_places(self, taken: Callable[[], int]) -> None:
        """Register what returns the number of requests under way."""
        self._places.set_function(taken)

    def count(self, analysis: Analysis) -> None:
        """Count an analysis that was acknowledged."""
        self.analyses.labels(analysis.prediction).inc()
        self._recent.append(analysis.prediction)
        if analysis.reliable is False:
            self.unreliable.inc()
        for stage, spent_ms in analysis.timings_ms.items():
            self.stage_seconds.labels(stage).observe(spent_ms / 1000.0)

    def drift(self) -> float:
        """Compare the recent predictions with the expected mix.

        Returns:
            The population stability index; NaN as long as there are too few.
        """
        if len(self._recent) < _FEWEST or not self._expected:
            return math.nan
        tally, index = Tally(tuple(self._recent)), 0.0
        total = sum(tally.values()) + 0.5 * len(CLASS_NAMES)
        for name in CLASS_NAMES:
            found = (tally[name] + 0.5) / total  # never zero: the logarithm is finite
            expected = max(self._expected.get(name, 0.0), 1e-3)
            index += (found - expected) * math.log(found / expected)
        return index

    def write(self) -> bytes:
        """Write all figures in Prometheus' text format."""
        return generate_latest(self.registry)
