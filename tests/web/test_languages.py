"""The page in its languages: who gets which, and that nothing is left out."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import catalogue
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect

from alzer.caveats import UNINFORMATIVE, class_caveats, explain_sets
from alzer.classes import CLASS_NAMES, CLASSES
from alzer.conclusion import OUT_OF_DISTRIBUTION
from alzer.headline import choose_headline
from alzer.languages.catalogue import LANGUAGES, texts_in
from alzer.languages.sentences import translator_to
from alzer.model.decision import Decision
from alzer.model.engine import Model
from alzer.scans.formats import FORMAT_LIST
from alzer.web.languages import LANGUAGE_COOKIE
from served import app_that_doubts, app_with, serving, serving_app
from translations import english_in, forms, messages, placeholders
from web.browsers import SCAN, submit

PAGE: Final = "/assessment/mri-upload"
OTHERS: Final = [language for language in LANGUAGES if language != "en"]


def test_catalogues_are_what_the_sources_say() -> None:
    assert catalogue.stale() == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(language: str) -> None:
    wanted = {str(each.id) for each in catalogue.collect() if each.id}
    there = {
        str(each.id)
        for each in messages(language)
        if all(forms(each.string)) and not each.fuzzy
    }

    assert there == wanted
    assert len(wanted) > 500


@pytest.mark.parametrize("language", OTHERS)
def test_translations_fill_in_the_same_and_keep_the_markup(language: str) -> None:
    for each in messages(language):
        sources = forms(each.id)
        allowed = [placeholders(source) for source in sources]
        source = sources[-1]
        for text in forms(each.string):
            assert placeholders(text) in allowed, (source, text)
            assert re.findall(r"<[^>]*>", source) == re.findall(r"<[^>]*>", text)


def test_statements_that_protect_people_are_exact_in_german() -> None:
    german = texts_in("de").gettext

    assert [german(name) for name in CLASS_NAMES] == [
        "Keine Beeinträchtigung",
        "Sehr leichte Beeinträchtigung",
        "Leichte Beeinträchtigung",
        "Mittelgradige Beeinträchtigung",
    ]
    notice = next(
        forms(each.string)[0]
        for each in messages("de")
        if "Not a medical device.</strong>" in str(each.id)
    )
    assert "Kein Medizinprodukt." in notice
    assert "zeigt, was das Modell beeinflusst hat, nicht wo Krankheit ist" in notice


def language_of(client: TestClient, query: str = "", **headers: str) -> str:
    answer = client.get(f"{PAGE}{query}", headers=headers)
    found = re.search(r'<html lang="(\w+)">', answer.text)
    assert found is not None
    assert answer.headers["content-language"] == found[1]
    assert {"Accept-Language", "Cookie"} <= set(answer.headers["vary"].split(", "))
    return found[1]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("fr,de;q=0.5", "de"),
        ("fr", "en"),
        ("de;q=0", "en"),
        ("de;q=nonsense,en;q=0.1", "en"),
        ("*", "en"),
    ],
)
def test_a_browser_gets_the_language_that_it_prefers(
    client: TestClient, header: str, language: str
) -> None:
    assert language_of(client, **{"Accept-Language": header}) == language


def test_what_a_person_chose_counts_before_what_the_browser_prefers(
    client: TestClient,
) -> None:
    chosen = language_of(client, "?lang=de", **{"Accept-Language": "en"})
    later = language_of(client, **{"Accept-Language": "en"})
    again = language_of(client, "?lang=en", **{"Accept-Language": "de"})

    assert (chosen, later, again) == ("de", "de", "en")
    assert client.cookies[LANGUAGE_COOKIE] == "en"


def test_a_language_that_there_is_not_is_not_remembered(client: TestClient) -> None:
    assert language_of(client, "?lang=../../etc") == "en"
    assert LANGUAGE_COOKIE not in client.cookies


def test_programs_get_english_whatever_their_language(client: TestClient) -> None:
    headers = {"Accept-Language": "de", "Cookie": f"{LANGUAGE_COOKIE}=de"}
    files = {"file": (SCAN["name"], SCAN["buffer"], SCAN["mimeType"])}
    answer = client.post("/predict", files=files, headers=headers).json()
    refusal = client.post("/predict", files={"file": b"%PDF-1.7"}, headers=headers)

    assert answer["prediction"] in CLASS_NAMES
    assert "PDF document" in refusal.json()["detail"]


TEXTS: Final = """
() => {
  const found = new Set();
  const keep = (text) => text?.trim() && found.add(text.replace(/\\s+/g, " ").trim());
  for (const element of document.querySelectorAll("body *")) {
    if (["SCRIPT", "STYLE", "TEMPLATE"].includes(element.tagName)) continue;
    for (const name of ["aria-label", "alt", "title", "placeholder"]) {
      keep(element.getAttribute(name));
    }
    const own = [...element.childNodes].some(
      ({ nodeType, data }) => nodeType === Node.TEXT_NODE && data.trim());
    if (own) keep(element.textContent);
  }
  return [...found];
}
"""


def english_on(page: Page) -> list[str]:
    """Return the texts of a page that have a translation, and are shown without it."""
    return english_in(page.evaluate(TEXTS))


def open_in_german(browser: Browser, address: str, path: str = "") -> Page:
    page = browser.new_page(
        viewport={"width": 1440, "height": 900}, locale="de-DE", base_url=address
    )
    page.goto(path or address)
    return page


def test_the_search_for_english_finds_it(browser: Browser, address: str) -> None:
    page = browser.new_page(locale="en-GB", base_url=address)
    page.goto(PAGE)
    found = english_on(page)
    page.close()

    assert any("Choose a brain MRI" in each for each in found)
    assert any("Skip to content" in each for each in found)


def test_nothing_of_a_slice_is_english_on_the_german_page(
    browser: Browser, shipped_model: Model, tmp_path: Path
) -> None:
    with serving(shipped_model, tmp_path) as address:
        page = open_in_german(browser, address)
        form = english_on(page)
        submit_in_german(page)
        expect(page.locator("#map-place")).to_contain_text("sprach")
        page.locator("#details > summary").click()
        page.locator("#occlusion-place").click()
        expect(page.locator("#occlusion-answer")).to_be_visible()
        page.locator("#map-ask").click()
        expect(page.locator("#map-result")).to_be_visible()
        result = english_on(page)
        page.goto("/assessment/history")
        expect(page.locator("#rows li").first).to_be_visible()
        history = english_on(page)
        language = page.locator("html").get_attribute("lang")
        page.close()

    assert form == result == history == []
    assert language == "de"


def submit_in_german(page: Page) -> None:
    page.set_input_files("#file", SCAN)
    expect(page.locator("#preview-image")).to_be_visible()
    page.get_by_role("button", name="Zur Analyse senden").click()
    expect(page.locator("#result")).to_be_visible()


def test_refusals_and_doubts_are_told_in_german(
    browser: Browser, shipped_model: Model, tmp_path: Path
) -> None:
    app = app_that_doubts(shipped_model, OUT_OF_DISTRIBUTION, tmp_path)
    with serving_app(app) as address:
        page = open_in_german(browser, address)
        page.set_input_files(
            "#file",
            {"name": "x.txt", "mimeType": "text/plain", "buffer": b""},
        )
        expect(page.locator("#error")).to_contain_text("Die Datei ist leer")
        submit_in_german(page)
        headline = page.locator("#headline").inner_text()
        reason = page.locator("#unreliable-reason").inner_text()
        found = english_on(page)
        page.close()

    assert headline == "Keine verlässliche Antwort"
    assert reason == texts_in("de").gettext(OUT_OF_DISTRIBUTION)
    assert found == []


def test_the_switch_keeps_what_is_shown(
    browser: Browser, shipped_model: Model, tmp_path: Path
) -> None:
    with serving(shipped_model, tmp_path) as address:
        page = browser.new_page(locale="en-GB", base_url=address)
        page.goto(PAGE)
        submit(page)
        identity = page.locator("#provenance").get_attribute("data-analysis") or ""
        page.get_by_role("link", name="Deutsch").click()
        expect(page.locator("#provenance")).to_contain_text("Analysiert in")
        shown = page.locator("#provenance").get_attribute("data-analysis")
        address_then = page.url
        page.close()

    assert shown == identity
    assert "lang=de" in address_then


SAY: Final = """
async (sentences) => {
  const { said } = await import(new URL("../static/texts.js", location.href));
  return sentences.map(said);
}
"""


def said(page: Page, sentences: list[str]) -> list[str]:
    told: list[str] = page.evaluate(SAY, sentences)
    return told


@pytest.fixture
def german(browser: Browser, address: str) -> Iterator[Page]:
    page = open_in_german(browser, address, PAGE)
    yield page
    page.close()


def test_sentences_of_the_service_are_said_in_german(german: Page) -> None:
    limits = Decision(None, (0.2, 0.2, 0.1, None), 0.9, (40, 30, 20, 1))
    moderate = CLASS_NAMES[3]
    either = choose_headline(CLASS_NAMES[0], CLASS_NAMES[:2], None).text

    caveat = class_caveats(limits)[moderate]
    told = said(german, [either, caveat, explain_sets(limits)])
    both = said(german, [f"{UNINFORMATIVE} {OUT_OF_DISTRIBUTION}"])

    assert told[0] == "Keine Beeinträchtigung oder Sehr leichte Beeinträchtigung"
    assert told[1].startswith(
        "„Mittelgradige Beeinträchtigung“ stützt sich auf 1 Person"
    )
    assert told[2].startswith("Bei etwa 90 % der Menschen")
    assert told[2].endswith(
        "Für „Mittelgradige Beeinträchtigung“ ließ sich das nicht prüfen."
    )
    translate = texts_in("de").gettext
    assert both == [f"{translate(UNINFORMATIVE)} {translate(OUT_OF_DISTRIBUTION)}"]


LYING = (
    "Of what spoke for 'Mild Impairment', 74% lies inside the brain, 22.5% on its "
    "rim and 4% outside; half of it lies in 19% of the picture."
)

GERMAN_LIST = FORMAT_LIST.replace(" or ", " oder ")

FAILURES = {
    "The database of records can't be used now: it is locked. Try again in a moment.": (
        "Die Datenbank der Aufzeichnungen ist gerade nicht nutzbar: sie ist gesperrt. "
        "Versuchen Sie es gleich noch einmal."
    ),
    "The heatmap could not be saved: the disk is full.": (
        "Heatmap konnte nicht gespeichert werden: der Datenträger ist voll."
    ),
    "The stored files can't be reached now. Try again in a moment.": (
        "Die gespeicherten Dateien sind gerade nicht erreichbar. Versuchen Sie es "
        "gleich noch einmal."
    ),
    "The cluster that computes answers gives none now. Try again in a moment.": (
        "Der Cluster, der Antworten berechnet, gibt gerade keine. Versuchen Sie es "
        "gleich noch einmal."
    ),
    "There is no such analysis.": "Diese Analyse gibt es nicht.",
    f"Send a {FORMAT_LIST} file.": f"Senden Sie eine Datei in {GERMAN_LIST}.",
    "The file is of no known image format. (An .img file is read with its .hdr only: "
    f"convert both to one .nii.) Send a {FORMAT_LIST} file.": (
        "Die Datei hat kein bekanntes Bildformat. (Eine .img-Datei wird nur mit ihrer "
        ".hdr gelesen: Wandeln Sie beide in eine .nii um.) Senden Sie eine Datei in "
        f"{GERMAN_LIST}."
    ),
    "The file is plain text. Choose the file of the scan itself, such as DICOM or "
    "NIfTI.": (
        "Die Datei ist reiner Text. Wählen Sie die Datei der Aufnahme selbst, etwa "
        "DICOM oder NIfTI."
    ),
}


def test_failures_of_the_service_are_said_in_german(german: Page) -> None:
    assert said(german, list(FAILURES)) == list(FAILURES.values())


def test_the_page_and_python_say_the_same(german: Page) -> None:
    limits = Decision(None, (0.2, 0.2, 0.1, None), 0.9, (40, 30, 20, 1))
    sentences = [
        *FAILURES,
        *class_caveats(limits).values(),
        explain_sets(limits) or "",
        choose_headline(CLASS_NAMES[0], CLASS_NAMES[:3], None).text,
        f"{UNINFORMATIVE} {OUT_OF_DISTRIBUTION}",
        f"'{CLASS_NAMES[2]}'",
        f"70 {CLASS_NAMES[1]}, 2 {CLASS_NAMES[3]}; {CLASS_NAMES[0]} 0.5",
        "0.9 x 1.1 x 1.25 mm",
        "The moon is 0.5 km away.",
        LYING,
    ]
    told = list(map(translator_to("de").say, sentences))

    assert said(german, sentences) == told
    assert len(english_in(told)) == 0


def test_what_nobody_has_translated_is_said_as_it_is(german: Page) -> None:
    strange = ["The moon is made of cheese.", "one, two or three", "", "5 and 6"]

    assert said(german, strange)[:3] == strange[:3]


def test_numbers_are_written_as_people_of_the_language_do(german: Page) -> None:
    assert re.findall(r"[\d,]+ %", said(german, [LYING])[0]) == [
        "74 %",
        "22,5 %",
        "4 %",
        "19 %",
    ]


def test_scripts_get_their_texts_and_sentences_apart() -> None:
    path = catalogue.STATIC / "texts.de.json"
    kinds: Mapping[str, Mapping[str, Any]] = json.loads(path.read_text("utf-8"))

    assert kinds["texts"]["Ready to submit."] == "Bereit zum Senden."
    assert "Ready to submit." not in kinds["sentences"]
    assert CLASSES[0].name in kinds["sentences"]
    assert "Skip to content" not in kinds["texts"]


def test_every_page_has_the_switch(model: Model, tmp_path: Path) -> None:
    with TestClient(app_with(model, data_dir=tmp_path)) as client:
        for path in (PAGE, "/assessment/history", "/docs"):
            text = client.get(path).text
            for language, name in LANGUAGES.items():
                assert f'href="?lang={language}"' in text
                assert f">{name}</a>" in text
