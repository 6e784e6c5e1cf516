"""How every benchmark speaks: a table for people, or JSON."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np


def quantile_ms(seconds: list[float], share: float = 0.5) -> float:
    """Give a quantile of durations.

    Args:
        seconds: Durations.
        share: 0.5 is the median.

    Returns:
        Milliseconds.
    """
    return float(np.quantile(seconds, share)) * 1000.0


def report(title: str, figures: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what was measured.

    Args:
        title: What it is about.
        figures: By name; names end in their unit.
        as_json: Whether a program reads it.
    """
    if as_json:
        print(json.dumps({"benchmark": title, **figures}))
        return
    print(title)
    width = max(map(len, figures))
    for name, value in figures.items():
        text = f"{value:.4g}" if isinstance(value, float) else str(value)
        print(f"  {name:<{width}}  {text}")
