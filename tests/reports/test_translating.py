"""The report in other languages: nothing of it stays English."""

import html
import io
import re
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from alzer.analysis import Analysis
from alzer.languages.catalogue import LANGUAGES, texts_in
from alzer.map_check import check_map
from alzer.model.engine import Model
from alzer.reports.html import write_html
from alzer.reports.pdf import HOW_TO_GET_PDF, write_pdf
from alzer.reports.report import NOTICE, Report, describe_moment
from alzer.reports.translating import translate
from alzer.volumes.structure_evidence import HeadStructures
from alzer.volumes.structures import StructureVolume
from reports.made import MADE_AT, REASON, card_of, report_on, text_of
from translations import english_in

OTHERS = [language for language in LANGUAGES if language != "en"]


def texts_of(document: str) -> list[str]:
    """Return what stands in a document, between two tags or in a label."""
    body = document[document.index("<body") :]
    labels = re.findall(r'(?:alt|aria-label)="([^"]*)"', body)
    texts = (html.unescape(text) for text in [*re.split(r"<[^>]*>", body), *labels])
    return [" ".join(text.split()) for text in texts if text.strip()]


# Words of English sentences that German ones don't have.
_ENGLISH = re.compile(r"\b(?:[Tt]he|[Ii]s|of|not|and|are|that|[Tt]his|by)\b")

# What nobody has translated, and what is the same in all languages.
_OWN_TEXTS = {"2024.11", "Made up for tests.", "Village study"}


@pytest.fixture(params=["slice", "doubtful", "head", "structures"])
def report(request: pytest.FixtureRequest, model: Model) -> Report:
    name = "head" if request.param == "structures" else request.param
    fixture = {"slice": "analysed"}.get(name, name)
    analysis: Analysis = request.getfixturevalue(fixture)
    if request.param == "structures":
        volumes = {"hippocampi": StructureVolume(6.5, 0.005)}
        analysis = replace(analysis, structures=HeadStructures(volumes, {}))
    return report_on(analysis, card=card_of(model), reference="2024.11")


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_of_a_report_is_english(report: Report, language: str) -> None:
    written = write_html(
        report, language=language, pdf_link="report.pdf", pdf_note=HOW_TO_GET_PDF
    ).text
    texts = texts_of(written)

    assert english_in(texts_of(write_html(report).text))  # which is English, is found
    assert english_in(texts, language) == []
    told = {
        sentence
        for text in set(texts) - _OWN_TEXTS - {REASON}
        for sentence in re.split(r"(?<=[.!?:]) ", text)
    }
    assert english_in(told, language) == []
    assert [one for one in told if _ENGLISH.search(one)] == []
    assert f'<html lang="{language}">' in written
    assert texts_in(language).gettext(NOTICE) in texts
    assert "7. März 2026, 09:05 UTC" in texts
    assert set(texts) >= _OWN_TEXTS


@pytest.mark.parametrize(
    "reference", ["2024.11", "left", "May", "7 May 2026, a", "50%"]
)
def test_what_people_call_a_scan_stays_as_it_is(
    analysed: Analysis, reference: str
) -> None:
    report = translate(report_on(analysed, reference=reference), "de")
    facts = {one.name: one.value for one in report.identity}

    assert facts["Referenz"] == reference


def test_sentences_of_a_card_are_said_whole_or_as_they_are(
    analysed: Analysis, model: Model
) -> None:
    own = ("It is not validated for children.", "Use only 3 pixels.", "Study v1.5, us")
    card = {**card_of(model), "limitations": own}
    report = translate(report_on(analysed, card=card), "de")

    assert report.limits[-3:] == own


def test_numbers_are_written_as_the_language_does(report: Report) -> None:
    german = translate(report, "de")
    facts = {one.name: one.value for one in german.model}

    assert facts["AUC, beeinträchtigt oder nicht"] == (
        "0,60 (95-%-Intervall 0,41 bis 0,79), 31 Menschen, die es nicht gesehen hatte"
    )
    assert [one.width for one in german.shares] == [one.width for one in report.shares]
    assert [one.level for one in german.verdicts] == [
        one.level for one in report.verdicts
    ]


def test_a_check_of_the_map_is_told_in_german(analysed: Analysis, model: Model) -> None:
    check = check_map(analysed, model)
    report = translate(report_on(analysed, check=check), "de")
    (told,) = [one for one in report.verdicts if one.name.startswith("Ist wichtig")]

    assert english_in([told.verdict, *told.sentences]) == []


@pytest.mark.parametrize(
    ("language", "foot"), [("en", "Page 1 of 1"), ("de", "Seite 1 von 1")]
)
def test_as_pdf_it_says_its_language_and_stays_on_a_page(
    analysed: Analysis, language: str, foot: str
) -> None:
    content = write_pdf(report_on(analysed), language)
    reader = PdfReader(io.BytesIO(content))
    root: Any = reader.trailer["/Root"]

    assert root["/Lang"] == language
    assert len(reader.pages) == 1
    assert foot in text_of(content)


@pytest.mark.parametrize("month", range(1, 13))
def test_months_have_names_of_the_language(analysed: Analysis, month: int) -> None:
    moment = MADE_AT.replace(month=month)
    report = translate(report_on(analysed, made_at=moment), "de")
    told = report.identity[0].value

    assert describe_moment(moment).split()[1] == moment.strftime("%B")
    assert told.startswith("7. ")
    assert english_in([told]) == []
