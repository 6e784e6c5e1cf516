"""The structured report, as other programs read it."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from highdicom.sr import srread

from alzer.analysis import Analysis
from alzer.classes import CLASS_NAMES
from alzer.dicom_out.objects import Choice, ResultObjects, as_file, result_objects
from alzer.explain.faithfulness import Faithfulness
from alzer.second_opinion import SecondOpinion
from dicom_out.made import codes_in, dumped, items_of, meaning, numbers_in, texts_in

ONLY = Choice(kinds=("report",))


def test_probabilities_are_those_of_the_answer(
    of_head: ResultObjects, head: Analysis
) -> None:
    report = of_head.by_kind["report"]
    numbers = [one for one in items_of(report) if meaning(one) == "Probability"]
    of_what = [
        str(one.ContentSequence[0].ConceptCodeSequence[0].CodeMeaning)
        for one in numbers
    ]

    assert numbers_in(report, "Probability") == pytest.approx(head.probabilities)
    assert all(
        of.startswith(name) for of, name in zip(of_what, CLASS_NAMES, strict=True)
    )


def test_set_and_verdicts_are_codes(head: Analysis) -> None:
    sure = replace(
        head, reliable=True, possible_classes=("No Impairment", "Mild Impairment")
    )
    report = result_objects(sure, (), ONLY).by_kind["report"]
    possible = codes_in(report, "Class that can't be ruled out")

    assert possible == ["No Impairment (CDR 0)", "Mild Impairment (CDR 1)"]
    assert codes_in(report, "Answer can be relied on, as far as is checked") == ["Yes"]
    assert codes_in(report, "Preparation of the head") == ["Nothing speaks against it"]
    assert codes_in(report, "Faithfulness of the map") == ["Not known or not checked"]


def test_a_check_of_the_map_is_told(head: Analysis) -> None:
    falls = (1.0, 1.0)
    check = Faithfulness(
        head.label, 2.0, falls, (0.1, 0.1), (0.2,) * 19, 0.3, 0.2, (0.9, 0.9)
    )
    report = result_objects(head, (), ONLY, check=check).by_kind["report"]
    level = "Nothing speaks against it" if check.passed else "Doubtful"

    assert codes_in(report, "Faithfulness of the map") == [level]
    assert check.text in texts_in(report)


def test_measurements_are_those_of_the_head(
    of_head: ResultObjects, head: Analysis
) -> None:
    report = of_head.by_kind["report"]
    assert head.preparation is not None

    assert numbers_in(report, "Volume") == [round(head.preparation.quality.brain_ml, 1)]


def test_a_second_opinion_is_told_with_whether_it_agrees(head: Analysis) -> None:
    opinion = SecondOpinion(21.5, 0.625, agrees=False, text="T.", caveat="C.")
    given = replace(head, second_opinion=opinion)
    report = result_objects(given, (), ONLY).by_kind["report"]

    assert numbers_in(report, "CSF fraction inside the brain") == [21.5]
    assert numbers_in(report, "Probability of impairment by CSF fraction") == [0.625]
    assert codes_in(report, "CSF fraction agrees with the model") == ["No"]


def test_dcmtk_reads_device_algorithm_and_notice(
    of_head: ResultObjects, head: Analysis, tmp_path: Path
) -> None:
    text = dumped(of_head.by_kind["report"], tmp_path)

    assert "Comprehensive SR Document" in text
    assert 'Device Observer Manufacturer")="alzer"' in text
    assert f'Algorithm Name")="{head.model.name}"' in text
    assert f"sha256={head.model.sha256}" in text
    assert "NOT FOR DIAGNOSIS" in text
    assert "Not a medical device" in text


def test_highdicom_reads_its_groups(of_head: ResultObjects) -> None:
    report = srread(io.BytesIO(as_file(of_head.by_kind["report"])))
    groups = report.content.get_image_measurement_groups()

    assert [len(one.get_measurements()) for one in groups] == [4, 4]


def test_private_codes_say_whose_they_are(of_head: ResultObjects) -> None:
    (scheme,) = of_head.by_kind["report"].CodingSchemeIdentificationSequence

    assert scheme.CodingSchemeDesignator == "99ALZER"
