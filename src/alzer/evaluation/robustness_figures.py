"""How often alterations change the answer for a slice, and by how much."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alzer.evaluation.intervals import Interval, stratified_bootstrap
from alzer.evaluation.metrics import Floats
from alzer.evaluation.networks import Calibration
from alzer.evaluation.predictions import HeldOut
from alzer.evaluation.robustness import ORIGINAL, AlteredResult
from alzer.evaluation.shares import wilson_interval
from alzer.evaluation.values import interval_values, rounded

NEIGHBOURS = "neighbouring slices of a person"


def robustness_figures(
    results: Sequence[AlteredResult],
    calibrations: Mapping[str, Calibration],
    held_out: HeldOut,
    repeats: int = 2000,
) -> dict[str, Any]:
    """Compute how often each alteration changes the class.

    Args:
        results: Of `alter_and_ask`; may be empty.
        calibrations: Of every network that answered.
        held_out: Of the study; gives neighbouring slices.
        repeats: Bootstrap draws of people, for neighbouring slices.

    Returns:
        Plain values for metrics.json: one row per alteration, with Wilson intervals,
        since each person counts once; one for neighbouring slices, with an interval
        over people.
    """
    by_name: dict[str, dict[str, AlteredResult]] = {}
    for result in results:
        by_name.setdefault(result.alteration, {})[result.subject] = result
    originals = by_name.pop(ORIGINAL, {})
    rows = [
        _row(name, originals, altered, calibrations)
        for name, altered in by_name.items()
    ]
    return {
        "people": len(originals),
        "rows": [*rows, *_neighbours(held_out, calibrations, repeats)],
    }


def _row(
    name: str,
    originals: Mapping[str, AlteredResult],
    altered: Mapping[str, AlteredResult],
    calibrations: Mapping[str, Calibration],
) -> dict[str, Any]:
    pairs = [
        (
            _probabilities(originals[subject], calibrations),
            _probabilities(result, calibrations),
        )
        for subject, result in altered.items()
        if result.answer and originals[subject].answer
    ]
    answers = [result.answer for result in altered.values() if result.answer]
    refused = sum(result.answer is None for result in altered.values())
    figures = {
        "alteration": name,
        "refused": refused,
        "not_relied_on": sum(bool(each.doubt or each.flagged) for each in answers),
    }
    if not pairs:
        nothing = Interval(np.nan, np.nan, np.nan)
        return {**figures, **_changes(np.empty((0, 2, 1)), nothing)}
    shares = np.array(pairs)
    flips = int(_differ(shares).sum())
    return {**figures, **_changes(shares, wilson_interval(flips, len(shares)))}


def _probabilities(
    result: AlteredResult, calibrations: Mapping[str, Calibration]
) -> Floats:
    logits = result.answer.logits if result.answer else ()
    return calibrations[result.network].probabilities(logits)


def _changes(shares: Floats, interval: Interval) -> dict[str, Any]:
    """Describe pairs of answers.

    Args:
        shares: Probabilities, shape (pair, before and after, class).
        interval: Of the share of pairs with two classes.

    Returns:
        Their number, those of two classes with the interval of their share, and the
        median and the 90th percentile of the change of the probability of impairment.
    """
    count = len(shares)
    change = np.abs(shares[:, 0, 0] - shares[:, 1, 0])
    median, most = np.quantile(change, (0.5, 0.9)) if count else (np.nan, np.nan)
    return {
        "pairs": count,
        "flips": int(_differ(shares).sum()),
        **interval_values(interval),
        "median_change": rounded(float(median)),
        "90th_percentile_of_change": rounded(float(most)),
    }


def _differ(shares: Floats) -> NDArray[np.bool_]:
    """Return which pairs, shape (pair, before and after, class), have two classes."""
    found = shares.argmax(axis=2)
    return np.asarray(found[:, 0] != found[:, 1])


def _neighbours(
    held_out: HeldOut, calibrations: Mapping[str, Calibration], repeats: int
) -> list[dict[str, Any]]:
    """Compare each slice of a person held out with the next one."""
    people = [
        pairs
        for place, fold in enumerate(held_out.folds)
        for pairs in _pairs_of_fold(
            held_out, place, calibrations[f"fold-{fold}"].temperature
        )
    ]
    if not people:
        return []
    counts = np.array([len(pairs) for pairs in people])
    flips = np.array([_differ(pairs).sum() for pairs in people])
    interval = stratified_bootstrap(
        lambda places: float(flips[places].sum() / counts[places].sum()),
        np.zeros(len(people)),
        repeats,
    )
    changes = _changes(np.concatenate(people), interval)
    return [{"alteration": NEIGHBOURS, "refused": 0, "not_relied_on": None, **changes}]


def _pairs_of_fold(held_out: HeldOut, place: int, temperature: float) -> list[Floats]:
    """Return each person's pairs, shape (pair, slice and next, class)."""
    slices = held_out.slices[place].at(temperature)
    positions = held_out.positions[place]
    people = []
    for subject in np.unique(slices.subjects):
        own = np.flatnonzero(slices.subjects == subject)
        own = own[np.argsort(positions[own], kind="stable")]
        first = np.flatnonzero(np.diff(positions[own]) == 1)
        if len(first):
            shares = slices.probabilities
            people.append(
                np.stack([shares[own[first]], shares[own[first + 1]]], axis=1)
            )
    return people
