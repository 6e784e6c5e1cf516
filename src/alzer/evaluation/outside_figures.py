"""What answers for slices from outside are worth."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.metrics import roc_curve

from alzer.evaluation.agreement import count_changes, intraclass_correlation
from alzer.evaluation.intervals import Indices, stratified_bootstrap
from alzer.evaluation.judged_sessions import JudgedSessions, gather_judged
from alzer.evaluation.metrics import Floats, People, auc
from alzer.evaluation.networks import Calibration
from alzer.evaluation.outside import EVERYONE, SessionResult
from alzer.evaluation.reliability import calibration_error
from alzer.evaluation.values import interval_values, rounded

MODEL, CSF = "this model", "CSF fraction"


def outside_figures(
    results: Sequence[SessionResult],
    calibrations: Mapping[str, Calibration],
    repeats: int = 2000,
) -> dict[str, Any]:
    """Compute every figure of slices from outside.

    A person's score is the mean of their sessions', and a person counts as impaired
    if they are at any visit. Intervals come from drawing people, impaired and
    unimpaired ones apart.

    Args:
        results: Of `judge_sessions`.
        calibrations: Of every network that answered.
        repeats: Bootstrap draws of people.

    Returns:
        Plain values for metrics.json.
    """
    judged = gather_judged(results, calibrations)
    problems = Counter(each.problem for each in results if each.problem)
    by_everyone = sum(each.network == EVERYONE for each in judged.results)
    return {
        "sessions": len(judged.labels),
        "people": len(judged.impaired),
        "impaired_sessions": int((judged.labels > 0).sum()),
        "impaired_people": int(judged.impaired.sum()),
        "judged_by_folds": len(judged.labels) - by_everyone,
        "judged_by_the_model_for_everyone": by_everyone,
        "not_judged": _counted(problems),
        "predictors": _predictors(judged, repeats),
        "trust": _trust(judged, repeats),
        "agreement": _agreement(judged, repeats),
        "curves": {
            MODEL: _curve(judged, judged.impairment),
            CSF: _curve(judged, judged.csf),
        },
    }


def _predictors(judged: JudgedSessions, repeats: int) -> dict[str, Any]:
    """Score the model and simple measures on the same sessions."""
    nwbv, age = judged.measure("nwbv"), judged.measure("age")
    scores = {MODEL: judged.impairment, CSF: judged.csf, "nWBV": -nwbv, "age": age}
    return {
        name: _predictor(name, judged, score, repeats)
        for name, score in scores.items()
        if np.isfinite(score).any()
    }


def _predictor(
    name: str, judged: JudgedSessions, score: Floats, repeats: int
) -> dict[str, Any]:
    known = np.isfinite(score)
    same, own = judged.where(known), score[known]
    per_session, per_person = _session_auc(same, own), _person_auc(same, own)
    figures: dict[str, Any] = {
        "sessions": len(own),
        "people": len(same.impaired),
        "auc_per_session": _interval(per_session, same, repeats),
        "auc_per_person": _interval(per_person, same, repeats),
        "model_minus_this": None,
    }
    if name != MODEL:
        models = _person_auc(same, same.impairment)
        gain = stratified_bootstrap(
            lambda places: models(places) - per_person(places), same.impaired, repeats
        )
        values = interval_values(gain)
        figures["model_minus_this"] = {**values, "verdict": gain.verdict}
    return figures


def _interval(
    statistic: Callable[[Indices], float], judged: JudgedSessions, repeats: int
) -> dict[str, float | None]:
    return interval_values(stratified_bootstrap(statistic, judged.impaired, repeats))


def _session_auc(judged: JudgedSessions, score: Floats) -> Callable[[Indices], float]:
    groups, positive = judged.groups, judged.labels > 0

    def statistic(places: Indices) -> float:
        rows = np.concatenate([groups[place] for place in places])
        return auc(positive[rows], score[rows])

    return statistic


def _person_auc(judged: JudgedSessions, score: Floats) -> Callable[[Indices], float]:
    impaired = judged.impaired
    means = _person_means(judged, score)
    return lambda places: auc(impaired[places], means[places])


def _person_means(judged: JudgedSessions, score: Floats) -> Floats:
    """Return the mean score of each person's sessions, shape (person,)."""
    means = np.array([score[own].mean() for own in judged.groups])
    # Means of equal values are equal, however many there are.
    return np.round(means, 12)


def _trust(judged: JudgedSessions, repeats: int) -> dict[str, Any]:
    """Return shares that are not relied on, and how true the probabilities are."""
    slices = [each.answer for each in judged.results if each.answer is not None]
    flagged = np.array(
        [np.nan if each.flagged is None else float(each.flagged) for each in slices]
    )
    doubted = np.array([float(bool(each.doubt)) for each in slices])
    doubts = Counter(each.doubt for each in slices if each.doubt)
    return {
        "flagged": _share(judged, flagged, repeats),
        "doubted": _share(judged, doubted, repeats),
        "cannot_tell": _share(judged, judged.cannot_tell, repeats),
        "doubts": _counted(doubts),
        "ece": rounded(calibration_error(_as_rows(judged))),
        "mean_probability_of_impairment": rounded(float(judged.impairment.mean())),
        "share_impaired": rounded(float((judged.labels > 0).mean())),
    }


def _as_rows(judged: JudgedSessions) -> People:
    """Return the sessions as rows of people."""
    persons = np.array([each.session.person for each in judged.results])
    return People(persons, judged.labels, judged.probabilities)


def _share(
    judged: JudgedSessions, truths: Floats, repeats: int
) -> dict[str, Any] | None:
    """Return the share of sessions of which something is true; None if unknown."""
    known = np.isfinite(truths)
    if not known.any():
        return None
    same, own = judged.where(known), truths[known]
    groups = same.groups
    values = _interval(
        lambda places: float(own[np.concatenate([groups[p] for p in places])].mean()),
        same,
        repeats,
    )
    return {"sessions": int(own.sum()), "of": len(own), **values}


def _agreement(judged: JudgedSessions, repeats: int) -> dict[str, Any]:
    """Compare the visits of one person with equal CDR."""
    visits = [own for group in judged.groups if len(own := _alike(judged, group)) > 1]
    changes = [count_changes(judged.predicted[own].tolist()) for own in visits]
    changed, pairs = (np.array([each[k] for each in changes], int) for k in (0, 1))
    everybody = np.zeros(len(visits))

    def icc_of(values: Floats) -> dict[str, float | None]:
        groups = [values[own] for own in visits]
        return interval_values(
            stratified_bootstrap(
                lambda places: intraclass_correlation([groups[p] for p in places]),
                everybody,
                repeats,
            )
        )

    flips = stratified_bootstrap(
        lambda places: (
            float(changed[places].sum() / pairs[places].sum())
            if len(places)
            else float("nan")
        ),
        everybody,
        repeats,
    )
    return {
        "people": len(visits),
        "sessions": sum(map(len, visits)),
        "pairs": int(pairs.sum()),
        "pairs_of_two_classes": int(changed.sum()),
        "flip_rate": interval_values(flips),
        "icc_of_log_odds": icc_of(judged.log_odds),
        "icc_of_csf": icc_of(judged.csf),
    }


def _alike(judged: JudgedSessions, group: Indices) -> Indices:
    """Return the largest group of a person's sessions with one class."""
    found, counts = np.unique(judged.labels[group], return_counts=True)
    return np.asarray(group[judged.labels[group] == found[counts.argmax()]])


def _curve(judged: JudgedSessions, score: Floats) -> dict[str, list[float]] | None:
    """Return the ROC curve per person; None if all are of one kind."""
    if judged.impaired.all() or not judged.impaired.any():
        return None
    means = _person_means(judged, score)
    false, true, _ = roc_curve(judged.impaired, means, drop_intermediate=False)
    return {
        "false_positive_rate": [round(float(value), 4) for value in false],
        "true_positive_rate": [round(float(value), 4) for value in true],
    }


def _counted(reasons: Counter[str]) -> list[dict[str, Any]]:
    return [
        {"reason": reason, "sessions": count} for reason, count in reasons.most_common()
    ]
