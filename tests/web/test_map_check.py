"""What the page says of how far a map can be trusted."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from alzer.model.engine import Model
from served import app_that_doubts, serving, serving_app
from web.browsers import keep, submit


def open_with(browser: Browser, address: str, width: int = 1200) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(address)
    submit(page)
    return page


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_says_in_words_where_the_evidence_lies(
    browser: Browser, model: Model, tmp_path: Path, width: int
) -> None:
    # This model looks at single pixels, most of them beyond the brain.
    with serving(model, tmp_path) as address:
        page = open_with(browser, address, width)

        check = page.locator("#map-check")
        expect(check).to_contain_text("outside: do not rely on this")
        expect(check).to_contain_text("lies inside the brain")
        expect(page.locator("#map-note")).to_be_hidden()
        keep(page, f"10-map-check-{width}")
        page.close()


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_asks_the_model_and_says_the_result_in_words(
    browser: Browser, model: Model, tmp_path: Path, width: int
) -> None:
    with serving(model, tmp_path) as address:
        page = open_with(browser, address, width)
        expect(page.locator("#map-result")).to_be_hidden()
        page.get_by_role("button", name="Check this map").click()

        result = page.locator("#map-result")
        expect(result).to_contain_text("of 15 equally large areas")
        expect(result).to_contain_text("Not confirmed.")
        expect(page.locator("#map-falls dd")).to_have_count(6)
        expect(page.locator("#map-falls")).not_to_contain_text("\u22120.00")
        expect(page.locator("#map-ask")).to_be_enabled()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        keep(page, f"10-map-asked-{width}")
        page.locator(".again:visible").first.click()
        submit(page)
        expect(result).to_be_hidden()
        page.close()


def test_where_no_evidence_is_kept_the_page_says_why_nothing_is_checked(
    browser: Browser, model: Model, tmp_path: Path
) -> None:
    with serving(model, tmp_path, keep_evidence=False) as address:
        page = open_with(browser, address)
        page.get_by_role("button", name="Check this map").click()

        expect(page.locator("#map-status")).to_contain_text("no evidence is kept")
        expect(page.locator("#map-result")).to_be_hidden()
        page.close()


def test_without_a_map_nothing_is_said_of_it(
    browser: Browser, silent_model: Model, tmp_path: Path
) -> None:
    with serving(silent_model, tmp_path) as address:
        page = open_with(browser, address)

        expect(page.locator("#missing")).to_be_visible()
        expect(page.locator("#map-check")).to_be_hidden()
        page.close()


def test_of_an_answer_that_is_withheld_the_map_is_withheld_as_well(
    browser: Browser, model: Model, tmp_path: Path
) -> None:
    reason = "The skull is still on."
    with serving_app(app_that_doubts(model, reason, tmp_path)) as address:
        page = open_with(browser, address)

        expect(page.locator("#map-check")).to_be_hidden()
        page.locator("#withheld > summary").click()
        expect(page.locator("#map-check")).to_be_visible()
        page.close()
