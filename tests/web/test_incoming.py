"""What is dropped, pasted or changed on the disk is answered, in a real browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from phantoms import as_png, draw_brain
from web.browsers import SCAN

BRAIN = as_png(draw_brain())
PAGE = "/assessment/mri-upload"


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Open the page; whatever its scripts complain of fails the test."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    yield page
    context.close()
    assert complaints == []


DROP = """([target, name, bytes, text]) => {
  const transfer = new DataTransfer();
  if (name) transfer.items.add(new File([new Uint8Array(bytes)], name));
  if (text) transfer.setData("text/plain", text);
  const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
  const field = document.querySelector(target);
  const over = new DragEvent("dragover", options);
  field.dispatchEvent(over);
  const drop = new DragEvent("drop", options);
  field.dispatchEvent(drop);
  return [over.defaultPrevented, drop.defaultPrevented];
}"""


def drop(
    page: Page, target: str, name: str = "", content: bytes = b"", text: str = ""
) -> list[bool]:
    """Drop something; say whether the browser's own way was prevented."""
    prevented: list[bool] = page.evaluate(DROP, [target, name, list(content), text])
    return prevented


@pytest.mark.parametrize("target", ["#drop", "h1", "footer"])
def test_a_file_is_taken_wherever_it_is_dropped(page: Page, target: str) -> None:
    prevented = drop(page, target, "slice.png", BRAIN)

    assert prevented == [True, True]  # else the browser opens the file
    expect(page.locator("#preview-image")).to_be_visible()
    assert page.url.endswith(PAGE)


def test_a_file_dropped_on_a_result_begins_anew(page: Page) -> None:
    page.set_input_files("#file", SCAN)
    expect(page.locator("#status")).to_have_text("Ready to submit.")
    page.get_by_role("button", name="Submit for Analysis").click()
    expect(page.locator("#result")).to_be_visible()
    drop(page, "#result", "slice.png", BRAIN)

    expect(page.locator("#choose")).to_be_visible()
    expect(page.locator("#preview-image")).to_be_visible()


def test_text_that_is_dropped_is_named_as_no_file(page: Page) -> None:
    prevented = drop(page, "#drop", text="https://example.org/brain.png")

    assert prevented == [True, True]
    expect(page.get_by_role("alert").first).to_contain_text("no file")
    drop(page, "#drop", "slice.png", BRAIN)
    expect(page.locator("#preview-image")).to_be_visible()
    expect(page.locator("#error")).to_be_empty()


def test_text_that_is_dropped_into_a_field_for_text_is_for_the_field(
    page: Page,
) -> None:
    assert drop(page, "#reference", text="Study 7") == [False, False]
    assert drop(page, "#reference", "slice.png", BRAIN) == [True, True]


COPY_PICTURE = """async (bytes) => {
  const picture = new Blob([new Uint8Array(bytes)], { type: "image/png" });
  await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
}"""


def test_a_picture_is_pasted(page: Page) -> None:
    page.evaluate(COPY_PICTURE, list(BRAIN))
    page.locator("h1").first.click()
    page.keyboard.press("Control+V")

    expect(page.locator("#preview-image")).to_be_visible()
    expect(page.locator("#preview-facts")).to_contain_text("176")


def test_text_is_pasted_into_fields_and_named_elsewhere(page: Page) -> None:
    page.evaluate("navigator.clipboard.writeText('Study 7')")
    page.get_by_label("Reference (optional)").focus()
    page.keyboard.press("Control+V")
    expect(page.get_by_label("Reference (optional)")).to_have_value("Study 7")
    expect(page.locator("#error")).to_be_empty()
    page.locator("h1").first.click()
    page.keyboard.press("Control+V")

    expect(page.locator("#error")).to_contain_text("The clipboard holds text")
    expect(page.get_by_label("Reference (optional)")).to_have_value("Study 7")


def alter(path: Path) -> None:
    path.write_bytes(as_png(draw_brain(seed=3)))
    os.utime(path, (2e9, 2e9))


@pytest.mark.parametrize("change", [alter, Path.unlink], ids=["changed", "removed"])
def test_a_file_that_is_not_as_it_was_chosen_is_named(
    page: Page, tmp_path: Path, change: object
) -> None:
    path = tmp_path / "slice.png"
    path.write_bytes(BRAIN)
    page.set_input_files("#file", path)
    expect(page.locator("#status")).to_have_text("Ready to submit.")
    assert callable(change)
    change(path)
    page.get_by_role("button", name="Submit for Analysis").click()

    expect(page.locator("#error")).to_contain_text("changed, moved or removed")
    expect(page.locator("#preview-image")).to_be_hidden()
    path.write_bytes(BRAIN)
    page.set_input_files("#file", path)
    page.get_by_role("button", name="Submit for Analysis").click()
    expect(page.locator("#result")).to_be_visible()


def test_of_many_files_the_one_that_has_gone_fails_alone(
    page: Page, tmp_path: Path
) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(BRAIN)
    page.set_input_files("#file", sorted(tmp_path.glob("*.png")))
    expect(page.locator("#status")).to_contain_text("3 scans")
    (tmp_path / "1.png").unlink()
    page.get_by_role("button", name="Submit for Analysis").click()

    expect(page.locator("#batch-status")).to_have_text("2 of 3 done, 1 failed")
    failed = page.locator("#batch-rows tr", has_text="1.png")
    expect(failed).to_contain_text("changed, moved or removed")
