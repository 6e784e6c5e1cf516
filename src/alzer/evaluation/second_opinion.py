"""A second opinion: impaired or not by the CSF fraction alone, fitted and judged.

Each fold is judged by what was fitted to the people of the others, as the network is;
people of an outside study by what was fitted without the fold that they are in.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from alzer.evaluation.card_sections import place_section
from alzer.evaluation.csf_rows import CsfRows
from alzer.evaluation.intervals import Interval
from alzer.evaluation.metrics import Floats, People, auc, brier
from alzer.evaluation.reliability import calibration_error
from alzer.evaluation.values import interval_values, rounded
from alzer.model.second_opinion import MEASURE, CsfRegression

# As for the model: nobody impaired of OASIS-1 is much younger.
MATCHED_AGE_YEARS: Final = 60.0

# So weak that with one coefficient it changes nothing; sklearn's default would.
_INVERSE_REGULARISATION: Final = 1e6

_INTERVAL_PERCENT: Final = (2.5, 97.5)


def second_opinion_section(
    slices: CsfRows, sessions: CsfRows | None = None, repeats: int = 2000
) -> dict[str, Any] | None:
    """Return section `second_opinion` of a model's card.

    Args:
        slices: Of everyone that the model was trained on.
        sessions: Of another study, one image each.
        repeats: Draws of people for each interval.

    Returns:
        Plain values: for a slice and for a person the regression fitted to everyone,
        and how well it did on folds that it was not fitted to. None if the people of
        some fold can't be judged by the others.
    """
    if not _can_be_judged(slices):
        return None
    found: dict[str, Any] = {"measure": MEASURE}
    for name, rows in (("slice", slices), ("person", slices.by_person())):
        fit = fit_regression(rows)
        found[name] = {
            "intercept": rounded(fit.intercept),
            "slope": rounded(fit.slope),
            **_judge(rows, judge_held_out(rows, rows), repeats),
        }
    if sessions is not None and len(sessions.fractions):
        shares = judge_held_out(sessions, slices)
        found["outside"] = _judge_sessions(sessions, shares, repeats)
    return found


def with_second_opinion(
    card: Mapping[str, Any], section: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a bundle's card with the section.

    Args:
        card: Of a bundle.
        section: Of `second_opinion_section`.

    Returns:
        What card.json is to say.
    """
    return place_section(card, "second_opinion", section, after="person")


def fit_regression(rows: CsfRows) -> CsfRegression:
    """Fit impaired or not to the fraction; every person weighs the same.

    Args:
        rows: Of people of both kinds.
    """
    values = rows.fractions[:, None]
    # On one scale whatever the spread of the fractions.
    mean, deviation = float(values.mean()), float(values.std()) or 1.0
    model = LogisticRegression(C=_INVERSE_REGULARISATION)
    model.fit((values - mean) / deviation, rows.impaired, _person_weights(rows))
    slope = float(model.coef_[0, 0]) / deviation
    return CsfRegression(float(model.intercept_[0]) - slope * mean, slope)


def judge_held_out(rows: CsfRows, fitted: CsfRows) -> Floats:
    """Return the probability of impairment by what was fitted to the other folds.

    Args:
        rows: Images to judge.
        fitted: Images to fit to; those of a row's own fold are left out.

    Returns:
        shape (image,).
    """
    shares = np.empty(len(rows.fractions))
    for fold in np.unique(rows.folds):
        regression = fit_regression(fitted.where(fitted.folds != fold))
        for index in np.flatnonzero(rows.folds == fold):
            shares[index] = regression.probability(rows.fractions[index])
    return shares


def _can_be_judged(slices: CsfRows) -> bool:
    """Return whether both kinds of people are left without any one fold."""
    folds = np.unique(slices.folds)
    return len(folds) > 1 and all(
        len(np.unique(slices.impaired[slices.folds != fold])) == 2 for fold in folds
    )


def _judge(rows: CsfRows, shares: Floats, repeats: int) -> dict[str, Any]:
    older = rows.ages >= MATCHED_AGE_YEARS
    groups = {"everyone": np.ones(len(shares), bool)}
    if older.any():
        groups["age_60_and_over"] = older
    return {
        name: _score(rows.where(chosen), shares[chosen], repeats)
        for name, chosen in groups.items()
    }


def _score(rows: CsfRows, shares: Floats, repeats: int) -> dict[str, Any]:
    labels = rows.impaired.astype(np.int64)
    both = np.stack([1.0 - shares, shares], axis=1)
    return {
        "people": len(np.unique(rows.subjects)),
        "auc": interval_values(_auc_of(rows, shares, repeats)),
        "ece": rounded(calibration_error(People(rows.subjects, labels, both))),
        "brier": rounded(brier(labels, both)),
    }


def _judge_sessions(rows: CsfRows, shares: Floats, repeats: int) -> dict[str, Any]:
    """Score sessions, and people by the means of theirs: impaired in any counts."""
    names, person = np.unique(rows.subjects, return_inverse=True)
    people = CsfRows(
        names,
        np.bincount(person, rows.impaired) > 0,
        np.zeros(len(names), np.int64),
        np.zeros(len(names)),
        np.full(len(names), np.nan),
    )
    means = np.bincount(person, shares) / np.bincount(person)
    return {
        "sessions": len(shares),
        **_score(rows, shares, repeats),
        "auc_of_people": interval_values(_auc_of(people, means, repeats)),
        "mean_probability": rounded(float(shares.mean())),
        "share_impaired": rounded(float(rows.impaired.mean())),
    }


def _auc_of(rows: CsfRows, shares: Floats, repeats: int) -> Interval:
    """Return the area with its interval over people, all images of one together."""
    places = [
        np.flatnonzero(rows.subjects == name) for name in np.unique(rows.subjects)
    ]
    generator = np.random.default_rng(0)
    draws = []
    for chosen in generator.integers(0, len(places), (repeats, len(places))):
        drawn = np.concatenate([places[index] for index in chosen])
        draws.append(auc(rows.impaired[drawn], shares[drawn]))
    known = np.array(draws)[np.isfinite(draws)]
    low, high = (
        np.percentile(known, _INTERVAL_PERCENT) if len(known) else (np.nan, np.nan)
    )
    return Interval(auc(rows.impaired, shares), float(low), float(high))


def _person_weights(rows: CsfRows) -> Floats:
    _, person, counts = np.unique(
        rows.subjects, return_inverse=True, return_counts=True
    )
    return np.asarray(1.0 / counts[person])
