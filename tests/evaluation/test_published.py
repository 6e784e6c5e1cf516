"""Published figures of what a model must beat."""

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from alzer.evaluation.metrics import auc
from alzer.evaluation.published import PUBLISHED_BASELINES

Row = dict[str, str]

METRICS = Path(__file__).resolve().parents[2] / "docs" / "evaluation" / "metrics.json"

# As they are called in the card, and in the evaluation.
MEASURED_NAMES = {
    "age alone": "age",
    "whole-brain volume (nWBV) of the full scan": "nWBV of the full scan",
    "share of dark pixels in the brain, mean of 32 slices": "mean fluid share",
    "share of dark pixels per slice, and brain area": "fluid share per slice with area",
    "linear SVM on smoothed voxels": "linear SVM on smoothed voxels",
}


def figure(baseline: Mapping[str, object], cohort: str) -> float:
    value = baseline[cohort]
    assert isinstance(value, float)
    return value


def test_every_baseline_is_named_once() -> None:
    names = [str(baseline["name"]) for baseline in PUBLISHED_BASELINES]

    assert sorted(names) == sorted(MEASURED_NAMES)


@pytest.mark.parametrize("cohort", ["everyone", "age_60_and_over"])
@pytest.mark.parametrize("name", MEASURED_NAMES)
def test_figures_are_those_of_the_evaluation(
    request: pytest.FixtureRequest, name: str, cohort: str
) -> None:
    if (name, cohort) == ("age alone", "age_60_and_over"):
        reason = "published as 0.43, while the evaluation measures 0.49"
        request.applymarker(pytest.mark.xfail(reason=reason))
    metrics = json.loads(METRICS.read_text("utf-8"))
    measured = metrics["baselines"][MEASURED_NAMES[name]][cohort]["auc"]["value"]

    (published,) = [row for row in PUBLISHED_BASELINES if row["name"] == name]

    assert figure(published, cohort) == pytest.approx(measured, abs=0.02)


def test_published_figures_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        PUBLISHED_BASELINES[0]["everyone"] = 0.1  # type: ignore[index]  # the point


@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("age alone", lambda row: float(row["age"])),
        ("nWBV", lambda row: -float(row["nwbv"])),
    ],
)
def test_figures_of_one_number_are_those_of_the_demographics(
    data_dir: Path, name: str, score: Callable[[Row], float]
) -> None:
    table = data_dir / "oasis1-axial" / "subjects.csv"
    with table.open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["age"]]
    impaired = np.array([row["class"] != "NonDemented" for row in rows])
    scores = np.array([score(row) for row in rows])

    measured = auc(impaired, scores)

    (published,) = [each for each in PUBLISHED_BASELINES if name in str(each["name"])]
    assert measured == pytest.approx(figure(published, "everyone"), abs=0.02)
