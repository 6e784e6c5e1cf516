"""All figures of a study whose truth is known."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, roc_auc_score, roc_curve

from alzer.classes import CLASS_NAMES
from alzer.errors import InvalidRequest
from alzer.evaluation.baselines import run_baselines
from alzer.evaluation.controls import leaky_figures, permuted_figures
from alzer.evaluation.cross_fitting import cross_fit
from alzer.evaluation.scores import predicted
from alzer.evaluation.study import Material, Settings, evaluate, fitted_to_of
from evaluation.studies import draw_study, draw_subjects

QUICK = Settings(repeats=50, slice_repeats=20)
CARD = {"name": "drawn", "version": "1", "data": {"source": None}}


@pytest.fixture(scope="module")
def material() -> Material:
    subjects = draw_subjects()
    return Material(
        draw_study(subjects),
        subjects,
        CARD,
        permuted=draw_study(subjects, skill=0.0, seed=8),
        leaky=draw_study(subjects, skill=6.0),
    )


@pytest.fixture(scope="module")
def figures(material: Material) -> dict[str, Any]:
    return evaluate(material, QUICK)


def test_figures_are_plain_values_and_the_same_every_time(
    material: Material, figures: dict[str, Any]
) -> None:
    written = json.dumps(figures, allow_nan=False)

    assert json.loads(written) == figures
    assert evaluate(material, QUICK) == figures


def test_figures_per_person_are_those_of_scikit_learn(
    material: Material, figures: dict[str, Any]
) -> None:
    people = cross_fit(material.held_out).everyone

    found = figures["per_person"]["everyone"]

    assert found["people"] == 120
    assert found["impaired"] == 60
    assert found["auc"]["value"] == pytest.approx(
        roc_auc_score(people.impaired, people.impairment_score), abs=1e-4
    )
    assert found["quadratic_kappa"]["value"] == pytest.approx(
        cohen_kappa_score(people.labels, predicted(people), weights="quadratic"),
        abs=1e-4,
    )
    false, true, _ = roc_curve(
        people.impaired, people.impairment_score, drop_intermediate=False
    )
    curve = figures["curves"]["model"]
    assert curve["false_positive_rate"] == pytest.approx(false, abs=1e-4)
    assert curve["true_positive_rate"] == pytest.approx(true, abs=1e-4)


def test_older_people_are_judged_apart(figures: dict[str, Any]) -> None:
    older = figures["per_person"]["age_60_and_over"]

    # Ages run from 50 to 89 three times; one person's is not known.
    assert older["people"] == 90
    assert np.sum(figures["confusion"]["age_60_and_over"]) == 90


def test_slices_have_wider_ground_but_the_same_people(figures: dict[str, Any]) -> None:
    found = figures["per_slice"]["everyone"]

    assert found["slices"] == 360
    assert found["auc"]["low"] < found["auc"]["value"] < found["auc"]["high"]


def test_every_baseline_is_compared_with_the_model(
    material: Material, figures: dict[str, Any]
) -> None:
    baselines = figures["baselines"]

    assert list(baselines) == [
        "majority",
        "age",
        "mean fluid share",
        "fluid share per slice with area",
        "linear SVM on smoothed voxels",
    ]
    assert baselines["majority"]["everyone"]["auc"]["value"] == 0.5
    for name, people in run_baselines(material.subjects).items():
        assert baselines[name]["everyone"]["auc"]["value"] == pytest.approx(
            roc_auc_score(people.impaired, people.impairment_score), abs=1e-4
        )
    gain = baselines["majority"]["everyone"]["model_minus_this"]
    own = figures["per_person"]["everyone"]["auc"]["value"]
    assert gain["value"] == pytest.approx(own - 0.5, abs=1e-4)
    assert gain["low"] > 0.0
    assert gain["verdict"] == "better"


def test_groups_cover_everyone(figures: dict[str, Any]) -> None:
    groups = {each["group"]: each["people"] for each in figures["subgroups"]}

    assert groups["women"] + groups["men"] == 119
    assert groups["age not known"] == 1
    bands = [count for name, count in groups.items() if "years" in name]
    assert sum(bands) == 119


def test_sets_leave_out_a_class_of_too_few_people(figures: dict[str, Any]) -> None:
    for unit in ("slices", "people"):
        sets = figures["sets"][unit]
        classes = sets["classes"]

        assert classes["Moderate Impairment"] is None
        assert [classes[name]["people"] for name in CLASS_NAMES[:3]] == [60, 36, 22]
        assert sets["overall"]["people"] == 120


def test_a_temperature_of_before_is_evaluated_as_it_was_fitted() -> None:
    assert fitted_to_of({"calibration": {"temperature": 0.8}}) == "person means"
    assert fitted_to_of({"calibration": {"fitted_to": "slices"}}) == "slices"
    assert fitted_to_of({}) == "slices"


def test_a_calibration_error_is_not_given_an_interval(figures: dict[str, Any]) -> None:
    for name in ("ece", "ece_debiased"):
        found = figures["per_person"]["everyone"][name]

        assert found["value"] is not None
        assert (found["low"], found["high"]) == (None, None)


def test_controls_that_were_run_are_judged(
    material: Material, figures: dict[str, Any]
) -> None:
    controls = figures["controls"]

    assert material.permuted is not None
    assert material.leaky is not None
    assert controls["permuted"] == permuted_figures(material.permuted, QUICK.repeats)
    assert controls["leaky"] == leaky_figures(
        material.leaky, material.held_out, material.subjects
    )


def test_failures_are_the_surest_mistakes(figures: dict[str, Any]) -> None:
    shares = [each["probability"] for each in figures["failures"]]

    assert shares == sorted(shares, reverse=True)
    assert all(each["class"] != each["predicted"] for each in figures["failures"])


def test_predictions_of_other_people_are_refused(material: Material) -> None:
    fewer = list(material.subjects[1:])
    with pytest.raises(InvalidRequest, match="p000"):
        evaluate(replace(material, subjects=fewer), QUICK)

    stranger = replace(material.subjects[0], name="stranger")
    with pytest.raises(InvalidRequest, match="stranger, have no prediction"):
        evaluate(replace(material, subjects=[*material.subjects, stranger]), QUICK)

    other = replace(material.subjects[0], label=2)
    with pytest.raises(InvalidRequest, match="another class"):
        evaluate(replace(material, subjects=[other, *fewer]), QUICK)
