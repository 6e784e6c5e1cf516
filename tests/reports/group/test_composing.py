"""From all records of a data set to what its report says."""

from datetime import UTC, datetime
from typing import Any

import pytest

from alzer.classes import CLASS_NAMES
from alzer.headline import NO_CLASS_FITS, NO_RELIABLE_ANSWER
from alzer.reports.group import composing
from alzer.reports.group.composing import Material, compose_group
from alzer.reports.group.report import GroupReport, Thumbnail
from alzer.reports.group.rows import ScanRow, row_of
from alzer.reports.report import HEATMAP_LIMIT
from bids_sets import failure_of, record_of

NOT, MILD = (0.9, 0.1, 0.0, 0.0), (0.1, 0.2, 0.7, 0.0)
CARD = {"model_sha256": "ab", "limitations": ["It is small."], "data": {"people": 9}}


def report_on(*records: dict[str, Any], **known: Any) -> GroupReport:  # noqa: ANN401 - as `Material` has them
    rows = [row_of(one) for one in records]
    now = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    return compose_group(Material(rows, **known), lambda _: None, now)


def test_scans_are_counted_by_what_can_not_be_ruled_out() -> None:
    both = list(CLASS_NAMES[:2])
    report = report_on(
        record_of("sub-01", MILD),
        record_of("sub-02", NOT),
        record_of("sub-03", NOT),
        record_of("sub-04", NOT, possible_classes=both, headline="A or B"),
        record_of("sub-05", NOT, reliable=False, headline=NO_RELIABLE_ANSWER),
        record_of("sub-06", NOT, possible_classes=[], headline=NO_CLASS_FITS),
        failure_of("sub-07"),
    )

    assert [(each.name, each.number) for each in report.headlines] == [
        (CLASS_NAMES[0], 2), ("A or B", 1), (CLASS_NAMES[2], 1), (NO_CLASS_FITS, 1),
        (NO_RELIABLE_ANSWER, 1), ("Not analysed", 1),
    ]  # fmt: skip
    assert sum(each.number for each in report.headlines) == 7
    assert report.classes[0] == (CLASS_NAMES[0], 3, 4)
    assert {fact.name: fact.value for fact in report.summary}["With an answer"] == "5"


def test_images_without_a_result_and_mixed_models_are_told() -> None:
    other = {"name": "m", "version": "2", "sha256": "cd"}
    report = report_on(
        record_of("sub-01", NOT), record_of("sub-02", NOT, model=other), missing=3
    )
    notes = " ".join(report.notes)

    assert "without a result: 3" in notes
    assert "several models" in notes
    assert "several models" not in " ".join(report_on(record_of("sub-01", NOT)).notes)


def test_probabilities_that_are_not_calibrated_are_told() -> None:
    report = report_on(record_of("sub-01", NOT, calibrated=False))

    assert any("not calibrated" in note for note in report.notes)


def test_the_card_is_quoted_only_for_its_own_model() -> None:
    own = report_on(record_of("sub-01", NOT), card=CARD)
    other = report_on(record_of("sub-01", NOT), card={**CARD, "model_sha256": "x"})

    assert "It is small." in own.limits
    assert own.limits[0] == HEATMAP_LIMIT
    assert any("9 people" in fact.value for fact in own.model)
    assert not any("9 people" in fact.value for fact in other.model)
    assert report_on(failure_of("sub-01")).model[0].value == "none answered"


def test_the_report_shows_no_more_pictures_than_a_page_bears(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(composing, "MOST_LOOKS", 2)
    records = [record_of("sub-01", NOT), record_of("sub-02", NOT), failure_of("sub-03")]
    asked: list[str] = []

    def draw(row: ScanRow) -> Thumbnail:
        asked.append(row.participant)
        return Thumbnail(b"jpeg", f"Slices of {row.name}.", "x.png")

    report = compose_group(
        Material([row_of(one) for one in records]), draw, datetime.now(UTC)
    )

    assert asked == ["sub-03", "sub-01"]
    assert report.more_looks == 1
    assert report.looks[0].picture == b"jpeg"
    assert report.looks[0].words == "Slices of sub-03."
