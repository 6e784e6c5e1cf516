"""Published figures of what a model must beat."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from alzer.evaluation.metrics import auc
from alzer.evaluation.published import PUBLISHED_BASELINES

Row = dict[str, str]


def figure(baseline: Mapping[str, object], cohort: str) -> float:
    value = baseline[cohort]
    assert isinstance(value, float)
    return value


def test_every_baseline_is_named_once_and_given_for_both_cohorts() -> None:
    names = [each["name"] for each in PUBLISHED_BASELINES]

    assert len(set(names)) == len(names)
    for each in PUBLISHED_BASELINES:
        # Age helps with everyone only; nothing here is worse than a wrong guess.
        assert 0.4 < figure(each, "age_60_and_over") < figure(each, "everyone") < 1.0


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
