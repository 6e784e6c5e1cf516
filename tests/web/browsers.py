"""What tests with a real browser share."""

import os
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from phantoms import as_jpeg, draw_brain

CHROMIUM = os.environ.get("ALZER_TEST_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",  # draws in three dimensions by software
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A busy machine is slow, which is no failure.
expect.set_options(timeout=30_000)

SCREENSHOTS = Path(__file__).resolve().parents[2] / "artefacts" / "screenshots"

SCAN = FilePayload(
    name="slice.jpg", mimeType="image/jpeg", buffer=as_jpeg(draw_brain())
)


def keep(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def submit(page: Page, file: FilePayload = SCAN) -> None:
    page.set_input_files("#file", file)
    expect(page.locator("#preview-image")).to_be_visible()
    page.get_by_role("button", name="Submit for Analysis").click()
    expect(page.locator("#result")).to_be_visible()
    for each in page.locator("#pictures img").all():
        expect(each).to_have_js_property("complete", value=True)
