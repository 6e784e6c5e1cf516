"""The page in a real browser, as a person uses it; pictures are kept to be seen."""

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import (
    Browser,
    FilePayload,
    Page,
    Route,
    expect,
)

from alzer import web
from alzer.caveats import UNINFORMATIVE, set_caveats
from alzer.classes import CLASS_NAMES
from alzer.headline import choose_headline
from alzer.model.decision import Decision
from alzer.model.engine import Model
from alzer.model.second_opinion import CsfRegression, MeasuredAuc, SecondOpinionFit
from phantoms import as_dicom, draw_brain
from served import app_that_doubts, serving, serving_app
from web.browsers import SCAN, keep, submit

REASON = "The skull is still on: send the whole scan."


@pytest.fixture
def page(browser: Browser, shipped_address: str) -> Iterator[Page]:
    """Open the page; whatever its scripts complain of fails the test."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and "400" not in message.text
            else None
        ),
    )
    page.goto(shipped_address)
    yield page
    page.close()
    assert complaints == []


def test_the_front_door_leads_to_the_assessment(page: Page) -> None:
    expect(page).to_have_url(re.compile("/assessment/mri-upload$"))
    expect(page.locator("footer")).to_contain_text("Not a medical device")
    keep(page, "1-start")


def test_a_scan_is_previewed_analysed_and_explained(page: Page) -> None:
    submit(page)

    for text in (
        "Grad-CAM Visualization",
        "Original MRI",
        "Heatmap Overlay",
        "Highlighted regions indicate model focus",
        "Confidence",
        "Blue: low",
        "Green: moderate",
        "Yellow: high",
        "Red: critical",
    ):
        expect(page.get_by_text(text, exact=True).first).to_be_visible()
    shares = page.locator("#shares li .value").all_inner_texts()
    assert len(shares) == 4
    assert all(re.fullmatch(r"[<>]? ?\d+ %", each) for each in shares), shares
    total = sum(float(each.strip("<> %")) for each in shares)
    assert total == pytest.approx(100, abs=4)
    overlay = page.locator("#overlay")
    assert overlay.evaluate("image => image.naturalWidth") == 176
    original = page.locator("#original").bounding_box()
    heated = page.locator("#overlay").bounding_box()
    assert original is not None
    assert heated is not None
    assert original["x"] < heated["x"]
    assert all(original[side] == heated[side] for side in ("y", "width", "height"))
    keep(page, "2-result")


def open_judging(browser: Browser, address: str, width: int = 360) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(address)
    submit(page)
    return page


@pytest.mark.parametrize("width", [360, 1200])
def test_without_a_reliable_answer_the_page_names_the_reason_and_no_class(
    browser: Browser, shipped_model: Model, tmp_path: Path, width: int
) -> None:
    with serving_app(app_that_doubts(shipped_model, REASON, tmp_path)) as address:
        page = open_judging(browser, address, width)

        expect(page.locator("#headline")).to_have_text("No reliable answer")
        expect(page.get_by_text(REASON)).to_have_count(1)
        expect(page.get_by_text(REASON)).to_be_visible()
        shown = page.locator("#result").inner_text()
        assert not [name for name in CLASS_NAMES if name in shown]
        assert "%" not in shown
        for hidden in ("#prediction", "#confidence", "#shares", "#overlay"):
            expect(page.locator(hidden)).to_be_hidden()
        expect(page.locator("#as-read-image")).to_be_visible()
        keep(page, f"8-unreliable-{width}")
        page.close()


def test_what_is_withheld_opens_by_keyboard_and_closes_for_the_next_scan(
    browser: Browser, shipped_model: Model, tmp_path: Path
) -> None:
    with serving_app(app_that_doubts(shipped_model, REASON, tmp_path)) as address:
        page = open_judging(browser, address)
        page.locator("#result-title").focus()
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "BUTTON":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")

        expect(page.get_by_text("This is not an answer")).to_be_visible()
        for withheld in ("#prediction", "#confidence", "#shares", "#overlay"):
            expect(page.locator(withheld)).to_be_visible()
        keep(page, "8-unreliable-open")
        page.get_by_role("button", name="Analyse another").last.click()
        submit(page)
        expect(page.locator("#overlay")).to_be_hidden()
        page.close()


def test_the_headline_is_the_set_of_classes_that_remain(
    browser: Browser, shipped_model: Model, tmp_path: Path
) -> None:
    bounds = (0.0, 0.0, 1.0, None)
    model = replace(shipped_model, decision=Decision(thresholds=bounds))
    with serving(model, tmp_path) as address:
        page = open_judging(browser, address)

        predicted = page.locator("#prediction").text_content() or ""
        headline = choose_headline(predicted, CLASS_NAMES[:2], None)
        expect(page.locator("#headline")).to_have_text(headline.text)
        expect(page.get_by_text("The model can't tell these apart")).to_be_visible()
        expect(page.locator("#prediction")).to_be_visible()
        expect(page.locator("#confidence-name")).to_have_text("Confidence")
        keep(page, "9-possible")
        page.close()


def test_a_second_opinion_stands_beside_the_answer(
    browser: Browser, shipped_model: Model, tmp_path: Path
) -> None:
    # Drawn brains are out of distribution, and then there is no opinion.
    limits = Decision(thresholds=(0.0, 0.0, 0.0, None))
    auc = MeasuredAuc(0.67, 0.59, 0.74, "people of 60 and over")
    regression = CsfRegression(5.0, 1.0, auc)
    fit = SecondOpinionFit(regression, regression)
    model = replace(shipped_model, decision=limits, second_opinion=fit)
    with serving(model, tmp_path) as address:
        page = open_judging(browser, address)

        opinion = page.locator("#second-opinion")
        expect(opinion).to_be_visible()
        expect(opinion).to_contain_text("A simple measure of dark fluid (CSF)")
        expect(opinion).to_contain_text("the model cannot tell")
        expect(opinion).to_contain_text("not a diagnosis")
        expect(opinion).to_contain_text("0.67 (0.59 to 0.74)")
        keep(page, "9-second-opinion")
        page.close()


def test_without_a_second_opinion_the_page_says_nothing_of_one(
    browser: Browser, shipped_model: Model, tmp_path: Path
) -> None:
    model = replace(shipped_model, decision=Decision(), second_opinion=None)
    with serving(model, tmp_path) as address:
        page = open_judging(browser, address)

        expect(page.locator("#headline")).to_be_visible()
        expect(page.locator("#second-opinion")).to_be_hidden()
        page.close()


def test_a_scan_that_says_nothing_gets_all_classes_as_its_headline(
    browser: Browser, shipped_model: Model, tmp_path: Path
) -> None:
    bounds = (0.0, 0.0, 0.0, None)
    model = replace(shipped_model, decision=Decision(thresholds=bounds))
    with serving(model, tmp_path) as address:
        page = open_judging(browser, address)

        predicted = page.locator("#prediction").text_content() or ""
        headline = choose_headline(predicted, CLASS_NAMES[:3], None)
        expect(page.locator("#headline")).to_have_text(headline.text)
        expect(page.get_by_text(UNINFORMATIVE)).to_be_visible()
        expect(page.get_by_text("The model does not know.")).to_be_visible()
        keep(page, "9-uninformative")
        page.close()


def test_where_no_class_fits_the_page_says_so(
    browser: Browser, shipped_model: Model, tmp_path: Path
) -> None:
    bounds = (1.0, 1.0, 1.0, None)
    model = replace(shipped_model, decision=Decision(thresholds=bounds))
    with serving(model, tmp_path) as address:
        page = open_judging(browser, address)

        expect(page.locator("#headline")).to_have_text("No class fits well")
        (caveat,) = set_caveats((), model.decision)
        expect(page.get_by_text(caveat)).to_be_visible()
        page.close()


def test_the_legend_says_what_red_means_where_it_speaks_against_impairment(
    page: Page,
) -> None:
    submit(page)
    predicted = page.locator("#shares .predicted .name").inner_text()

    expect(page.locator("#legend-note")).to_contain_text(f"spoke for '{predicted}'")
    expect(page.locator("#legend-note")).to_contain_text("not a finding")
    against = page.get_by_text("Red marks what spoke against impairment")
    expect(against).to_be_visible(visible=predicted == "No Impairment")


def test_the_slider_sets_how_strongly_the_heat_covers(page: Page) -> None:
    submit(page)
    frame = page.locator("#overlay-figure .frame")

    pictures = {}
    for value in (0, 40, 100):
        page.locator("#opacity").fill(str(value))
        pictures[value] = Image.open(io.BytesIO(frame.screenshot())).convert("RGB")

    def colourfulness(picture: Image.Image) -> float:
        return float(np.ptp(np.asarray(picture).astype(int), axis=2).mean())

    assert colourfulness(pictures[0]) < 5.0
    assert colourfulness(pictures[0]) < colourfulness(pictures[40])
    assert colourfulness(pictures[40]) < colourfulness(pictures[100])


def test_the_overlay_can_be_downloaded(page: Page) -> None:
    submit(page)

    with page.expect_download() as download:
        page.get_by_text("Download overlay").click()

    with Image.open(download.value.path()) as picture:
        assert picture.size == (176, 208)


def test_a_scan_that_is_chosen_before_the_scripts_are_there_is_previewed(
    page: Page,
) -> None:
    held_back: list[Route] = []

    def hold_back(route: Route) -> None:
        held_back.append(route)

    page.route("**/assessment.js", hold_back)
    page.goto(page.url, wait_until="commit")
    page.set_input_files("#file", SCAN)
    is_shown_too_early = page.locator("#preview-image").is_visible()
    held_back[0].continue_()

    assert not is_shown_too_early
    expect(page.locator("#preview-image")).to_be_visible()


def test_dicom_is_previewed_by_the_service(page: Page) -> None:
    content = as_dicom(draw_brain())
    submit(page, FilePayload(name="x.dcm", mimeType="", buffer=content))

    assert page.locator("#original").evaluate("image => image.naturalWidth") == 176


def test_a_wrong_file_is_explained_in_place(page: Page) -> None:
    wrong = FilePayload(name="n.txt", mimeType="text/plain", buffer=b"some notes " * 9)
    page.set_input_files("#file", wrong)

    error = page.get_by_role("alert")
    expect(error).to_contain_text("plain text")
    expect(page.locator("#result")).to_be_hidden()
    keep(page, "3-wrong-file")
    submit(page)
    expect(page.locator("#error")).to_be_empty()


def test_submitting_nothing_is_explained(page: Page) -> None:
    page.get_by_role("button", name="Submit for Analysis").click()

    expect(page.get_by_role("alert")).to_contain_text("Choose a scan first")


def test_what_only_heads_need_is_not_loaded_for_a_slice(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    submit(page)

    assert any("/static/assessment.js" in address for address in asked)
    assert not [address for address in asked if "/static/vendor/" in address]
    for hidden in ("#head-facts", "#head-evidence", "#found", "#stages", "#cancel"):
        expect(page.locator(hidden)).to_be_hidden()


def test_what_is_vendored_is_what_the_notice_says() -> None:
    static = Path(web.__file__).with_name("static")
    notice = (Path(__file__).parents[2] / "NOTICE").read_text("utf-8")
    libraries = list((static / "vendor").glob("*.js"))

    assert libraries
    for library in libraries:
        digest = hashlib.sha256(library.read_bytes()).hexdigest()
        assert f"{library.name}   SHA-256 {digest}" in notice
        assert library.with_suffix(".LICENSE.txt").exists()


def test_another_scan_can_follow(page: Page) -> None:
    submit(page)
    page.get_by_role("button", name="Analyse another").first.click()

    expect(page.locator("#choose")).to_be_visible()
    submit(page)


def test_it_works_by_keyboard(page: Page) -> None:
    page.set_input_files("#file", SCAN)
    expect(page.locator("#preview-image")).to_be_visible()
    page.locator("#file").focus()
    focused = []
    for _ in range(2):
        page.keyboard.press("Tab")
        focused.append(page.evaluate("document.activeElement.id"))
    page.keyboard.press("Enter")

    assert focused == ["reference", "submit"]
    expect(page.locator("#result")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "result-title"


def test_at_first_the_saved_overlay_is_shown_and_nothing_over_it(page: Page) -> None:
    submit(page)
    frame = page.locator("#overlay-figure .frame")
    shown = frame.screenshot()
    page.locator("#overlay-heat").evaluate("heat => heat.remove()")

    assert frame.screenshot() == shown


def test_the_legend_stays_beside_the_controls_on_any_screen(page: Page) -> None:
    submit(page)
    for width in (360, 480, 600, 740, 768, 900, 1000, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        legend = page.locator(".legend").bounding_box()
        assert legend is not None
        ends = page.locator(".legend li").evaluate_all(
            "items => items.map(item => { const range = document.createRange();"
            " range.selectNodeContents(item);"
            " return range.getBoundingClientRect().right; })"
        )

        assert max(ends) <= legend["x"] + legend["width"] + 0.5, width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_narrow_screen_in_light_and_dark(page: Page, scheme: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    submit(page)

    widths = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert widths[0] <= widths[1]
    keep(page, f"4-narrow-{scheme}")


def test_dark_is_dark(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    submit(page)

    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(each) for each in re.findall(r"\d+", colour)[:3]) < 60
    keep(page, "5-dark")
