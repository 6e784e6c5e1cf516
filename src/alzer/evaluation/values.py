"""Figures as the values that metrics.json holds."""

from dataclasses import asdict

import numpy as np

from alzer.evaluation.intervals import Interval


def interval_values(interval: Interval) -> dict[str, float | None]:
    """Give a score with its interval, rounded for the file."""
    return {key: rounded(value) for key, value in asdict(interval).items()}


def rounded(value: float) -> float | None:
    """Round for the file; NaN (one class only) has no place in JSON."""
    return round(value, 4) if np.isfinite(value) else None
