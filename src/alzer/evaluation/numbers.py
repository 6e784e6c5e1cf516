"""Figures as text."""

from collections.abc import Mapping, Sequence
from typing import Any

Figures = Mapping[str, Any]


def plain(value: float | None) -> str:
    """Return a score with two decimals."""
    return "not defined" if value is None else f"{value:.2f}"


def percent(value: float | None) -> str:
    """Return a share in percent."""
    return "not measured" if value is None else f"{100.0 * value:.1f} %"


def with_interval(interval: Figures) -> str:
    """Return a score and its 95 % interval."""
    value, low, high = (interval[each] for each in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return plain(value)
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def signed(interval: Figures) -> str:
    """Return a difference and its 95 % interval."""
    value, low, high = (interval[each] for each in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return "not defined"
    return f"{value:+.2f} ({low:+.2f} to {high:+.2f})"


def listed(names: Sequence[str]) -> str:
    """Return names as a list in words; at least one."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
