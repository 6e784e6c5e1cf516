"""A result has an address: reload, 'Back' and 'Forward' find it, in a real browser."""

import re
import uuid
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from alzer.model.engine import Model
from served import serving
from web.browsers import SCAN, keep, submit


def width_of(page: Page, picture: str) -> int:
    image = page.locator(picture)
    expect(image).to_be_visible()
    expect(image).to_have_js_property("complete", value=True)
    width: int = image.evaluate("image => image.naturalWidth")
    return width


def test_a_reload_shows_the_result_again_with_what_is_kept(page: Page) -> None:
    submit(page)
    headline = page.locator("#headline").inner_text()
    expect(page.locator("#kept-note")).to_be_empty()
    page.reload()

    expect(page.locator("#headline")).to_have_text(headline)
    assert width_of(page, "#original") == width_of(page, "#overlay") == 176
    expect(page.locator("#kept-note")).to_contain_text("The scan itself is not kept")
    name = page.locator("#original-figure figcaption")
    expect(name).to_have_text("What the network saw")
    page.locator("#opacity").fill("100")
    assert width_of(page, "#overlay-heat") == 176
    keep(page, "12-reloaded")


def test_back_leads_to_the_form_and_forward_to_the_result(page: Page) -> None:
    submit(page)
    result = page.url
    headline = page.locator("#headline").inner_text()
    page.go_back()
    expect(page.locator("#choose")).to_be_visible()
    expect(page.locator("#result")).to_be_hidden()
    assert "analysis" not in page.url
    page.go_forward()

    expect(page.locator("#result")).to_be_visible()
    expect(page.locator("#headline")).to_have_text(headline)
    assert page.url == result
    page.get_by_role("button", name="Analyse another").first.click()
    expect(page.locator("#choose")).to_be_visible()
    page.go_back()
    expect(page.locator("#result")).to_be_visible()
    assert page.url == result


def test_the_skip_link_does_not_open_the_result_anew(page: Page) -> None:
    submit(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#content$"))
    page.go_back()
    expect(page).not_to_have_url(re.compile("#content$"))

    expect(page.locator("#result")).to_be_visible()
    assert [url for url in asked if "/analyses/" in url] == []


def test_without_evidence_the_page_says_that_only_the_heatmap_is_kept(
    browser: Browser, model: Model, tmp_path: Path
) -> None:
    with serving(model, tmp_path, keep_evidence=False) as address:
        page = browser.new_page()
        page.goto(address)
        submit(page)
        page.reload()

        assert width_of(page, "#overlay") == 176
        expect(page.locator("#original-figure")).to_be_hidden()
        note = page.locator("#kept-note")
        expect(note).to_contain_text("Neither the scan nor what the network saw")
        page.close()


def test_a_result_that_was_deleted_is_not_shown_by_back(page: Page) -> None:
    submit(page)
    identity = page.url.partition("analysis=")[2]
    page.go_back()
    page.request.delete(f"/analyses/{identity}")
    page.go_forward()

    expect(page.locator("#error")).to_contain_text("may have been deleted")
    expect(page.locator("#choose")).to_be_visible()
    expect(page.locator("#result")).to_be_hidden()


def test_the_reference_is_given_before_and_changed_after_the_analysis(
    page: Page,
) -> None:
    page.get_by_label("Reference (optional)").fill("Study 7")
    page.set_input_files("#file", SCAN)
    expect(page.locator("#status")).to_have_text("Ready to submit.")
    page.get_by_role("button", name="Submit for Analysis").click()
    field = page.locator("#result-reference")
    expect(field).to_have_value("Study 7")
    field.fill("Study 8")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#reference-status")).to_have_text("Saved.")
    page.reload()

    expect(field).to_have_value("Study 8")
    field.fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#reference-status")).to_contain_text("no reference any more")
    identity = page.url.partition("analysis=")[2]
    kept = page.request.get(f"/analyses/{identity}").json()
    assert kept["reference"] is None
    page.get_by_role("button", name="Analyse another").first.click()
    expect(page.get_by_label("Reference (optional)")).to_have_value("")


def test_an_analysis_that_never_was_is_told(page: Page) -> None:
    page.goto(f"{page.url}?analysis={uuid.uuid4()}")

    expect(page.locator("#error")).to_contain_text("may have been deleted")
