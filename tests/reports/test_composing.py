"""A report says what its analysis says, and no more."""

from dataclasses import replace

import pytest

from alzer.analysis import Analysis
from alzer.classes import CLASS_NAMES
from alzer.errors import InvalidRequest
from alzer.map_check import check_map
from alzer.model.engine import Model
from alzer.reports.composing import compose, report_of
from alzer.reports.report import Report
from alzer.reports.sources import Source
from reports.made import DIGEST, MADE_AT, REASON, card_of, report_on


def facts(report: Report) -> dict[str, str]:
    rows = (*report.identity, *report.scan, *report.model)
    return {each.name: each.value for each in rows}


def test_it_tells_when_of_what_and_by_which_model(
    analysed: Analysis, model: Model
) -> None:
    report = report_on(analysed, analysis_id="12-ab", reference="Study 4")
    told = facts(report)

    assert told["Analysed"] == "7 March 2026, 09:05 UTC"
    assert told["Reference"] == "Study 4"
    assert told["Analysis"] == "12-ab"
    assert (told["Scan"], told["Format"]) == ("One slice", "DICOM")
    assert told["Size"] == "208 x 176 pixels"
    assert told["Spacing"] == "0.9 x 0.9 mm"
    assert told["SHA-256 of the file"] == DIGEST
    assert told["Model"] == f"{model.identity.name} {model.identity.version}"
    assert told["Digest (SHA-256)"] == model.identity.sha256


def test_without_a_reference_none_is_told(analysed: Analysis) -> None:
    assert "Reference" not in facts(report_on(analysed))


def test_the_headline_is_the_set_of_classes(analysed: Analysis) -> None:
    several = ("Very Mild Impairment", "Mild Impairment")
    likely = (0.1, 0.5, 0.3, 0.1)
    report = report_on(
        replace(analysed, possible_classes=several, probabilities=likely)
    )

    assert report.headline == "Very Mild Impairment or Mild Impairment"
    assert "can't tell these apart" in report.title
    assert "None of these classes can be ruled out for this scan." in report.remarks
    named = [share.name for share in report.shares if share.is_named]
    assert named == list(several)


def test_probabilities_have_no_more_digits_than_calibration_bears(
    analysed: Analysis,
) -> None:
    exact = (0.56789, 0.42411, 0.004, 0.004)
    shares = report_on(replace(analysed, probabilities=exact)).shares
    told = [share.percent.replace("\N{NO-BREAK SPACE}", " ") for share in shares]

    assert told == ["57 %", "42 %", "under 1 %", "under 1 %"]
    assert [share.name for share in shares] == list(CLASS_NAMES)


@pytest.mark.parametrize("calibrated", [True, False])
def test_it_says_whether_the_probabilities_are_calibrated(
    analysed: Analysis, *, calibrated: bool
) -> None:
    told = report_on(replace(analysed, calibrated=calibrated)).confidence

    assert told.startswith("Calibrated" if calibrated else "Not calibrated")


def test_beside_no_reliable_answer_neither_class_nor_heatmap_is_shown(
    doubtful: Analysis, model: Model
) -> None:
    report = report_on(doubtful, card=card_of(model))

    assert report.headline == "No reliable answer"
    assert report.remarks[0] == REASON
    assert report.shares == ()
    assert not report.has_heatmap
    assert [picture.is_heatmap for picture in report.pictures] == [False]
    assert report.no_heatmap == ""
    words = (report.title, *report.remarks, *(each.name for each in report.verdicts))
    assert not [name for name in CLASS_NAMES if name in " ".join(words)]


def test_the_reason_is_said_once(doubtful: Analysis) -> None:
    other = replace(doubtful, warnings=(REASON, "The picture was merged."))

    assert report_on(other).warnings == ("The picture was merged.",)


def test_a_model_is_said_to_be_as_good_as_its_own_card_says(
    analysed: Analysis, model: Model
) -> None:
    report = report_on(analysed, card=card_of(model))
    told = " ".join(facts(report).values())

    assert "0.60 (95 % interval 0.41 to 0.79), 31 people" in told
    assert "Village study" in told
    assert "OASIS" not in told
    assert "Made up for tests." in report.limits


def test_the_card_of_another_model_says_nothing_of_this_one(
    analysed: Analysis, model: Model
) -> None:
    other = {**card_of(model), "model_sha256": "cd" * 32}
    report = report_on(analysed, card=other)

    assert facts(report)["How good it is"].endswith("is not at hand.")
    assert "Made up for tests." not in report.limits


def test_limits_are_named_with_any_card_or_none(
    analysed: Analysis, model: Model
) -> None:
    for card in ({}, card_of(model)):
        report = report_on(analysed, card=card)

        assert "Not a medical device" in report.notice
        assert any("not where disease is" in limit for limit in report.limits)


def test_a_head_tells_its_preparation_and_measurements(head: Analysis) -> None:
    report = report_on(head)
    measured = {each.name: each.value for each in report.measurements}
    verdicts = {each.name: each for each in report.verdicts}

    assert report.about == "this person"
    assert report.pages == 2
    assert measured["Brain with its fluid"] == "1235 ml"
    assert measured["Turned by"] == "3.0\N{DEGREE SIGN}"
    assert verdicts["Preparation of the head"].verdict == "good"
    assert facts(report)["Size"].endswith("voxels")
    assert len(report.pictures) == 2


def test_the_check_of_the_map_is_told_where_it_was_made(
    analysed: Analysis, model: Model
) -> None:
    check = check_map(analysed, model)
    name = "Does what the map marks matter?"
    made, not_made = (
        next(each for each in report.verdicts if each.name == name)
        for report in (report_on(analysed, check=check), report_on(analysed))
    )

    assert made.sentences == (check.text,)
    assert made.verdict == ("confirmed" if check.passed else "not confirmed")
    assert not_made.verdict == "not checked"


def test_an_analysis_is_reported_on_at_once(analysed: Analysis, model: Model) -> None:
    report = report_of(analysed, card_of(model), [DIGEST], reference="Study 4")

    assert facts(report)["Reference"] == "Study 4"
    assert report.headline == analysed.headline.text


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"prediction": None, "headline": None, "class_probabilities": None},
        {"prediction": "Nothing", "headline": "x", "class_probabilities": {}},
    ],
)
def test_what_is_no_answer_is_refused(answer: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest, match="no answer"):
        compose(Source(answer), MADE_AT)
