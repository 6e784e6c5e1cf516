"""A second opinion is fitted to people, and judged on those it was not fitted to."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from alzer.errors import InvalidRequest
from alzer.evaluation.csf_rows import (
    CsfRows,
    measure_slices,
    read_field,
    read_sessions,
)
from alzer.evaluation.second_opinion import (
    fit_regression,
    judge_held_out,
    second_opinion_section,
    with_second_opinion,
)
from alzer.evaluation.second_opinion_words import describe_second_opinion
from alzer.model.card import CardFields
from alzer.model.csf_fraction import csf_fraction
from alzer.model.preparation import InputSpec
from alzer.scans.formats import read_slice
from phantoms import as_png, draw_brain

PEOPLE = [("a", 0), ("a", 0), ("b", 2)]

SPEC = InputSpec(height=97, width=81, cell_stride=16)


def draw_rows(
    effect: float = 0.08, people: int = 120, slices: int = 3, seed: int = 0
) -> CsfRows:
    """Draw people whose fraction grows by the effect if they are impaired."""
    generator = np.random.default_rng(seed)
    impaired = np.arange(people) % 2 == 1
    level = 0.22 + effect * impaired + 0.06 * generator.standard_normal(people)
    person = np.repeat(np.arange(people), slices)
    return CsfRows(
        np.array([f"p{each:03}" for each in person]),
        impaired[person],
        person // 2 % 4,
        level[person] + 0.01 * generator.standard_normal(len(person)),
        np.asarray(55.0 + person % 30, np.float64),
    )


@pytest.fixture(scope="module")
def section() -> dict[str, Any]:
    found = second_opinion_section(draw_rows(), draw_rows(seed=3, slices=2), 100)
    assert found is not None
    return found


def test_the_regression_is_that_of_the_odds_that_people_were_drawn_by() -> None:
    generator = np.random.default_rng(0)
    values = generator.uniform(0.0, 0.5, 20000)
    impaired = generator.random(20000) < 1.0 / (1.0 + np.exp(4.0 - 16.0 * values))
    names = np.arange(20000).astype(str)
    rows = CsfRows(names, impaired, np.zeros(20000, int), values, values)

    found = fit_regression(rows)

    assert found.slope == pytest.approx(16.0, rel=0.05)
    assert found.intercept == pytest.approx(-4.0, rel=0.05)


def test_people_weigh_the_same_whatever_the_number_of_their_slices() -> None:
    rows = draw_rows(slices=1)
    twice = np.arange(len(rows.subjects)).repeat(np.where(rows.impaired, 5, 1))

    once, weighted = fit_regression(rows), fit_regression(rows.where(twice))

    assert weighted.slope == pytest.approx(once.slope, rel=1e-3)
    assert weighted.intercept == pytest.approx(once.intercept, rel=1e-3)


def test_nobody_is_judged_by_a_regression_that_they_took_part_in() -> None:
    rows = draw_rows()
    own = rows.folds == 2
    altered = CsfRows(
        rows.subjects, rows.impaired ^ own, rows.folds, rows.fractions, rows.ages
    )

    before, after = judge_held_out(rows, rows), judge_held_out(altered, altered)

    assert (before[own] == after[own]).all()
    assert (before[~own] != after[~own]).all()


def test_people_of_another_study_are_judged_without_their_fold() -> None:
    rows = draw_rows()
    sessions = draw_rows(seed=3)

    judged = judge_held_out(sessions, rows)

    for fold in range(4):
        fit = fit_regression(rows.where(rows.folds != fold))
        own = sessions.folds == fold
        expected = [fit.probability(value) for value in sessions.fractions[own]]
        assert judged[own] == pytest.approx(expected)


def test_the_section_has_what_answers_need(section: dict[str, Any]) -> None:
    card = {
        "name": "x",
        "version": "1",
        "model_sha256": "",
        "classes": [],
        "input": {},
        "second_opinion": section,
    }

    fit = CardFields.model_validate(card).second_opinion_fit

    assert fit is not None
    assert fit.slice.slope == section["slice"]["slope"] > 0.0
    assert fit.person.auc is not None
    assert fit.person.auc.group == "people of 60 and over"
    assert fit.person.auc.value == section["person"]["age_60_and_over"]["auc"]["value"]


def test_figures_have_intervals_over_people(section: dict[str, Any]) -> None:
    few = second_opinion_section(draw_rows(slices=30), repeats=100)
    assert few is not None

    for name in ("slice", "person"):
        auc = section[name]["everyone"]["auc"]
        assert auc["low"] < auc["value"] < auc["high"]
        assert section[name]["everyone"]["people"] == 120
        assert section[name]["age_60_and_over"]["people"] < 120
        assert 0.0 <= section[name]["everyone"]["ece"] < 0.15
    # Ten times the slices of the same people tell hardly more.
    widths = [
        each["slice"]["everyone"]["auc"]["high"]
        - each["slice"]["everyone"]["auc"]["low"]
        for each in (section, few)
    ]
    assert widths[1] > 0.7 * widths[0]


def test_where_there_is_nothing_the_area_is_a_half() -> None:
    found = second_opinion_section(draw_rows(effect=0.0, people=400), repeats=20)

    assert found is not None
    assert found["person"]["everyone"]["auc"]["value"] == pytest.approx(0.5, abs=0.08)


def test_sessions_are_scored_one_by_one_and_by_their_people(
    section: dict[str, Any],
) -> None:
    outside = section["outside"]

    assert outside["sessions"] == 240
    assert outside["people"] == 120
    assert outside["share_impaired"] == 0.5
    assert outside["auc"]["low"] < outside["auc_of_people"]["value"]


@pytest.mark.parametrize(
    "rows",
    [
        draw_rows().where(draw_rows().folds == 0),
        draw_rows().where(draw_rows().impaired | (draw_rows().folds == 1)),
    ],
    ids=["one fold", "all unimpaired in one fold"],
)
def test_what_can_not_be_judged_is_not_said(rows: CsfRows) -> None:
    assert second_opinion_section(rows, repeats=20) is None


def test_slices_are_measured_as_answers_are() -> None:
    field = read_field(lambda: read_slice(as_png(draw_brain())), SPEC)
    slices = [SimpleNamespace(subject=name, label=label) for name, label in PEOPLE]

    rows = measure_slices(
        slices, [field, np.zeros((97, 81)), field], {"a": 3, "b": 1}, {"a": 70.0}
    )

    assert rows.fractions.tolist() == [csf_fraction(field)] * 2
    assert rows.subjects.tolist() == ["a", "b"]
    assert rows.impaired.tolist() == [False, True]
    assert rows.folds.tolist() == [3, 1]
    assert rows.ages[0] == 70.0
    assert np.isnan(rows.ages[1])


def test_sessions_come_with_their_images(tmp_path: Path) -> None:
    (tmp_path / "axl").mkdir()
    (tmp_path / "axl" / "s1.png").write_bytes(as_png(draw_brain()))
    table = tmp_path / "sessions.csv"
    table.write_text(
        "subject,fold,cdr,age,axl\na,3,0.5,71,s1.png\na,3,,72,s1.png\nb,1,0,,\n",
        "utf-8",
    )

    rows = read_sessions(table, SPEC)

    assert rows.subjects.tolist() == ["a"]
    assert (rows.folds[0], rows.impaired[0], rows.ages[0]) == (3, True, 71.0)
    assert 0.0 < rows.fractions[0] < 0.5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("subject,fold\na,1\n", "no table of sessions"),
        ("subject,fold,cdr,age,axl\na,1,1,70,s.nii\n", "can't be used"),
    ],
)
def test_a_table_that_can_not_be_read_is_named(
    tmp_path: Path, text: str, reason: str
) -> None:
    table = tmp_path / "sessions.csv"
    table.write_text(text, "utf-8")

    with pytest.raises(InvalidRequest, match=reason):
        read_sessions(table, SPEC)


def test_a_card_takes_the_section_and_keeps_all_else(section: dict[str, Any]) -> None:
    card = {"name": "x", "person": {"a": 1}, "classes": []}

    added = with_second_opinion(card, section)
    again = with_second_opinion(added, {"measure": "new"})

    assert list(added) == ["name", "person", "second_opinion", "classes"]
    assert added == {**card, "second_opinion": section}
    assert again == {**card, "second_opinion": {"measure": "new"}}


def test_the_card_in_words_has_the_figures(section: dict[str, Any]) -> None:
    told = describe_second_opinion(section)

    auc = section["person"]["everyone"]["auc"]
    rows = {row[0]: row for row in told.tables[0].rows}
    row = rows["a person, mean of the slices, everyone"]
    assert row[2] == f"{auc['value']:.2f} ({auc['low']:.2f} to {auc['high']:.2f})"
    assert "240 sessions of 120 people" in told.text[1]
    assert describe_second_opinion(None).text == ["Not measured."]
