"""Whether an analysis that is made again is the one in a bundle, and what differs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alzer.analysis_bundle import AnalysisBundle, preparation_digest
from alzer.model.engine import BF16_TOLERANCE

# What fp32 on another processor may change in a logit, in logit units: sums in another
# order, over a network of 50 layers.
FP32_TOLERANCE: Final = 1e-3

# What the prepared input may change by there, in units of the network's input, where
# values are about 1 and kept as float16: its spacing below 4, twice.
INPUT_TOLERANCE: Final = 4e-3


class Verdict(StrEnum):
    """How something compares."""

    EQUAL = "equal"
    ROUNDING = "equal within rounding"
    OTHER = "other"
    DIFFERS = "differs"


@dataclass(frozen=True)
class Comparison:
    """How one thing compares.

    Attributes:
        what: Such as `logits`.
        verdict: `other`: something was done otherwise, which need not change the
            answer, such as another version.
        detail: In words, with numbers.
    """

    what: str
    verdict: Verdict
    detail: str = ""


def compare(kept: AnalysisBundle, again: AnalysisBundle) -> tuple[Comparison, ...]:
    """Compare an analysis with one that was made again.

    Args:
        kept: The bundle.
        again: The bundle of the analysis that was made again.

    Returns:
        One entry for the input, the model, the software, the preparation, logits,
        maps, overlay and answer each.
    """
    rules: tuple[Callable[[AnalysisBundle, AnalysisBundle], Comparison], ...] = (
        _input,
        _model,
        _software,
        _preparation,
        _logits,
        _maps,
        _overlay,
        _answer,
    )
    return tuple(rule(kept, again) for rule in rules)


def is_equal(comparisons: Iterable[Comparison]) -> bool:
    """Return whether nothing differs."""
    return all(each.verdict is not Verdict.DIFFERS for each in comparisons)


def _input(kept: AnalysisBundle, again: AnalysisBundle) -> Comparison:
    before = set(kept.manifest["input"]["sha256"])
    if before and before <= set(again.manifest["input"]["sha256"]):
        return Comparison("input", Verdict.EQUAL, _count(len(before), "file"))
    return Comparison("input", Verdict.DIFFERS, "not the files that were analysed")


def _model(kept: AnalysisBundle, again: AnalysisBundle) -> Comparison:
    before, after = kept.manifest["model"], again.manifest["model"]
    name = f"{before['name']} {before['version']}"
    if before["sha256"] != after["sha256"]:
        other = f"{after['name']} {after['version']}"
        return Comparison("model", Verdict.DIFFERS, f"{name}, here {other}")
    runs = [f"{one['engine']} {one['precision']}" for one in (before, after)]
    if runs[0] != runs[1]:
        return Comparison(
            "model", Verdict.OTHER, f"{name} by {runs[0]}, here {runs[1]}"
        )
    return Comparison("model", Verdict.EQUAL, f"{name} by {runs[0]}")


def _software(kept: AnalysisBundle, again: AnalysisBundle) -> Comparison:
    before, after = kept.manifest["software"], again.manifest["software"]
    others = [
        f"{name} {before.get(name, 'none')}, here {after.get(name, 'none')}"
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]
    if others:
        return Comparison("software", Verdict.OTHER, "; ".join(others))
    return Comparison("software", Verdict.EQUAL, f"alzer {after['alzer']}")


def _preparation(kept: AnalysisBundle, again: AnalysisBundle) -> Comparison:
    if preparation_digest(kept.arrays) == preparation_digest(again.arrays):
        return Comparison("preparation", Verdict.EQUAL)
    inputs = _difference(kept.arrays["inputs"], again.arrays["inputs"])
    places = _difference(kept.arrays["places"], again.arrays["places"])
    if inputs is None or places is None:
        return Comparison("preparation", Verdict.DIFFERS, _SHAPES)
    near = inputs <= INPUT_TOLERANCE and places <= INPUT_TOLERANCE
    verdict = Verdict.ROUNDING if near else Verdict.DIFFERS
    detail = f"inputs by up to {inputs:.2g}, places by up to {places:.2g} pixels"
    return Comparison("preparation", verdict, detail)


def _logits(kept: AnalysisBundle, again: AnalysisBundle) -> Comparison:
    return _arrays("logits", kept, again, _logit_tolerance(kept, again))


def _maps(kept: AnalysisBundle, again: AnalysisBundle) -> Comparison:
    largest = float(np.abs(kept.arrays["maps"]).max(initial=0.0))
    share = 1e-3
    if _is_quick(kept) or _is_quick(again):
        share = BF16_TOLERANCE.map_share
    return _arrays("maps", kept, again, share * largest)


def _overlay(kept: AnalysisBundle, again: AnalysisBundle) -> Comparison:
    if kept.overlay_png == again.overlay_png:
        detail = "" if kept.overlay_png else "neither has one"
        return Comparison("overlay", Verdict.EQUAL, detail)
    if kept.overlay_png is None or again.overlay_png is None:
        return Comparison("overlay", Verdict.DIFFERS, "only one has a heatmap")
    near = all(
        each.verdict is not Verdict.DIFFERS
        for each in (_maps(kept, again), _preparation(kept, again))
    )
    verdict = Verdict.ROUNDING if near else Verdict.DIFFERS
    return Comparison("overlay", verdict, "other bytes")


def _answer(kept: AnalysisBundle, again: AnalysisBundle) -> Comparison:
    before, after = kept.manifest["answer"], again.manifest["answer"]
    tolerance = _logit_tolerance(kept, again)
    others = [
        f"{name}: {_short(before.get(name))}, here {_short(after.get(name))}"
        for name in sorted({*before, *after})
        if not _is_near(before.get(name), after.get(name), tolerance)
    ]
    if others:
        return Comparison("answer", Verdict.DIFFERS, "; ".join(others))
    if before == after:
        return Comparison("answer", Verdict.EQUAL, str(after["headline"]))
    return Comparison("answer", Verdict.ROUNDING, str(after["headline"]))


_SHAPES: Final = "another number of slices, or of another size"


def _arrays(
    what: str, kept: AnalysisBundle, again: AnalysisBundle, tolerance: float
) -> Comparison:
    difference = _difference(kept.arrays[what], again.arrays[what])
    if difference is None:
        return Comparison(what, Verdict.DIFFERS, _SHAPES)
    if difference == 0.0:
        return Comparison(what, Verdict.EQUAL)
    verdict = Verdict.ROUNDING if difference <= tolerance else Verdict.DIFFERS
    detail = f"by up to {difference:.2g} logit units, {tolerance:.2g} allowed"
    return Comparison(what, verdict, detail)


def _difference(one: NDArray[Any], other: NDArray[Any]) -> float | None:
    """Return the largest difference; None of arrays that can't be compared."""
    if one.shape != other.shape:
        return None
    gap = np.abs(one.astype(np.float64) - other.astype(np.float64))
    largest = float(gap.max(initial=0.0))
    return largest if np.isfinite(largest) else np.inf


def _is_quick(bundle: AnalysisBundle) -> bool:
    return bool(bundle.manifest["model"]["precision"] != "fp32")


def _logit_tolerance(kept: AnalysisBundle, again: AnalysisBundle) -> float:
    quick = _is_quick(kept) or _is_quick(again)
    return BF16_TOLERANCE.logits if quick else FP32_TOLERANCE


def _is_near(one: object, other: object, tolerance: float) -> bool:
    """Return whether two plain values are equal, numbers to within rounding."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(
            _is_near(one[key], other[key], tolerance) for key in one
        )
    if isinstance(one, float) and isinstance(other, float):
        # Of a probability, a logit's change makes a quarter at the most.
        return abs(one - other) <= tolerance / 4.0
    return bool(one == other)


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_short(each)}" for key, each in value.items())
    return str(value)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
