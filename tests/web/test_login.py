"""Signing in with a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from alzer.model.engine import Model
from served import serving
from web.browsers import SCAN, keep, submit
from web.test_access import make_token


@pytest.fixture
def page(browser: Browser, shipped_model: Model, tmp_path: Path) -> Iterator[Page]:
    """Open the page of a service that needs a token."""
    with serving(shipped_model, tmp_path, auth="required") as address:
        page = browser.new_page(viewport={"width": 360, "height": 780})
        page.goto(address)
        yield page
        page.close()


def test_a_person_signs_in_sees_a_heatmap_and_signs_out(
    page: Page, tmp_path: Path
) -> None:
    token = make_token(tmp_path)
    expect(page).to_have_url(re.compile("/login$"))
    page.get_by_label("Access token").fill("nonsense")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not valid")
    keep(page, "7-sign-in")
    page.get_by_label("Access token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/assessment/mri-upload$"))
    submit(page, SCAN)
    width = page.locator("#overlay").evaluate("image => image.naturalWidth")
    keep(page, "8-signed-in")
    page.get_by_role("button", name="Sign out").click()

    assert width == 176
    expect(page).to_have_url(re.compile("/login$"))
    page.go_back()  # to the page with the scan, as somebody else might
    expect(page).to_have_url(re.compile("/login$"))
    expect(page.locator("#overlay")).to_have_count(0)
    page.goto(page.url.replace("/login", "/assessment/mri-upload"))
    expect(page).to_have_url(re.compile("/login$"))
