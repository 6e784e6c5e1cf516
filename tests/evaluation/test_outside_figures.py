"""Figures of slices from outside, against the definitions."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from alzer.evaluation.outside import NO_IMAGE, Session, SessionResult
from alzer.evaluation.outside_figures import outside_figures
from evaluation.sessions import PLAIN, Visit, draw_visits, results_of

REPEATS = 100


def test_areas_are_those_of_scikit_learn() -> None:
    visits = draw_visits()

    found = outside_figures(results_of(visits), PLAIN, REPEATS)

    own = found["predictors"]["this model"]
    positive = [visit.label > 0 for visit in visits]
    scores = [visit.score for visit in visits]
    assert own["auc_per_session"]["value"] == pytest.approx(
        roc_auc_score(positive, scores), abs=1e-4
    )
    chance = [1.0 / (1.0 + np.exp(-score)) for score in scores]
    people = sorted({visit.person for visit in visits})
    means = [
        np.mean([chance[k] for k, each in enumerate(visits) if each.person == name])
        for name in people
    ]
    impaired = [any(v.label for v in visits if v.person == name) for name in people]
    assert own["auc_per_person"]["value"] == pytest.approx(
        roc_auc_score(impaired, means), abs=1e-4
    )
    low, high = (own["auc_per_person"][end] for end in ("low", "high"))
    assert low < own["auc_per_person"]["value"] < high
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_person_counts_as_impaired_if_at_any_visit() -> None:
    visits = [
        *draw_visits(20),
        Visit("turning", 0, -1.0),
        Visit("turning", 1, -1.0),
    ]

    found = outside_figures(results_of(visits), PLAIN, REPEATS)

    assert (found["people"], found["impaired_people"]) == (21, 11)


def test_a_model_is_better_or_worse_than_fluid_only_if_surely_so() -> None:
    visits = draw_visits(100, skill=3.0)
    fluid = [
        Visit(v.person, v.label, 0.01 * k % 0.3, v.score) for k, v in enumerate(visits)
    ]
    same = [Visit(v.person, v.label, v.score, v.score) for v in visits]
    verdicts = [
        outside_figures(results_of(each), PLAIN, REPEATS)["predictors"]["CSF fraction"]
        for each in (visits, fluid, same)
    ]

    words = [each["model_minus_this"]["verdict"] for each in verdicts]
    assert words == ["better", "worse", "no clear difference"]


def test_measures_are_compared_on_the_sessions_that_have_them() -> None:
    visits = draw_visits(40)
    visits[0] = replace(visits[0], measures={"nwbv": 0.7})

    found = outside_figures(results_of(visits), PLAIN, REPEATS)["predictors"]

    assert found["age"]["sessions"] == len(visits) - 1
    assert found["nWBV"]["sessions"] == len(visits)
    # Everybody's is the same.
    assert found["nWBV"]["auc_per_person"]["value"] == 0.5


def test_less_brain_counts_for_impairment() -> None:
    visits = [
        replace(visit, measures={"nwbv": 0.75 - 0.05 * visit.label})
        for visit in draw_visits(20)
    ]

    found = outside_figures(results_of(visits), PLAIN, REPEATS)["predictors"]

    assert found["nWBV"]["auc_per_person"]["value"] == 1.0
    assert list(found) == ["this model", "CSF fraction", "nWBV"]


def test_visits_that_are_alike_agree_and_others_flip() -> None:
    alike = [
        Visit(f"p{place}", place % 2, float(place), 0.01 * place)
        for place in range(12)
        for _ in range(2)
    ]
    flipping = [Visit(f"p{k // 2}", 0, 9.0 if k % 2 else -9.0) for k in range(24)]
    stable, torn = (
        outside_figures(results_of(each), PLAIN, REPEATS)["agreement"]
        for each in (alike, [*flipping, Visit("impaired", 1, 0.0)])
    )

    assert stable["icc_of_log_odds"]["value"] == 1.0
    assert stable["icc_of_csf"]["value"] == 1.0
    assert stable["flip_rate"]["value"] == 0.0
    assert (torn["people"], torn["pairs"]) == (12, 12)
    assert torn["flip_rate"]["value"] == 1.0
    assert torn["icc_of_log_odds"]["value"] == pytest.approx(-1.0)


def test_visits_of_another_degree_are_not_compared() -> None:
    visits = [
        Visit(f"p{place}", label, 9.0 if label else -9.0)
        for place in range(8)
        for label in (0, 0, 1)
    ]

    found = outside_figures(results_of(visits), PLAIN, REPEATS)["agreement"]

    assert (found["pairs"], found["pairs_of_two_classes"]) == (8, 0)


def test_what_is_not_relied_on_is_counted() -> None:
    visits = draw_visits(30)
    near, far = results_of(visits), results_of(visits, ood_score=2.5, doubt="Odd.")
    absent = SessionResult(Session("x", "x", 0), "fold-0", None, NO_IMAGE)
    mixed = [*near[:15], *far[15:], absent]

    found = outside_figures(mixed, PLAIN, REPEATS)

    trust = found["trust"]
    count = len(visits) - 15
    assert trust["flagged"]["sessions"] == trust["doubted"]["sessions"] == count
    assert trust["flagged"]["value"] == pytest.approx(count / len(visits), abs=1e-4)
    assert trust["doubts"] == [{"reason": "Odd.", "sessions": count}]
    assert found["not_judged"] == [{"reason": NO_IMAGE, "sessions": 1}]
    assert found["sessions"] == len(visits)


def test_a_network_without_a_limit_flags_nobody_and_says_so() -> None:
    results = [
        replace(each, answer=each.answer and replace(each.answer, ood_limit=None))
        for each in results_of(draw_visits(20))
    ]

    assert outside_figures(results, PLAIN, REPEATS)["trust"]["flagged"] is None


def test_answers_of_a_fold_are_made_as_sure_as_its_temperature_says() -> None:
    results = results_of(
        [Visit(f"p{k}", k % 2, 4.0 if k % 2 else -4.0) for k in range(40)]
    )
    softer = {"fold-0": replace(PLAIN["fold-0"], temperature=4.0)}

    sure, soft = (
        outside_figures(results, each, REPEATS)["trust"] for each in (PLAIN, softer)
    )

    assert sure["share_impaired"] == soft["share_impaired"] == 0.5
    assert soft["cannot_tell"]["value"] > sure["cannot_tell"]["value"] - 1e-9
    assert soft["ece"] != sure["ece"]
