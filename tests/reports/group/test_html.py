"""The report of many scans as a page: it holds everything, and nothing in it runs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, sync_playwright

from alzer.reports.group.composing import Material, compose_group
from alzer.reports.group.html import write_group_html
from alzer.reports.group.people import Participant
from alzer.reports.group.report import Thumbnail
from alzer.reports.group.rows import row_of
from alzer.reports.group.thumbnails import shrink
from alzer.reports.report import NOTICE
from bids_sets import failure_of, record_of
from phantoms import as_png, draw_brain

NASTY = "<script>alert(1)</script>\"'&"
NOT, MILD = (0.9, 0.1, 0.0, 0.0), (0.1, 0.2, 0.7, 0.0)
PEOPLE = {
    "sub-01": Participant(70.0, {"Sex": "female", "CDR": "0"}),
    "sub-02": Participant(80.0, {"Sex": "male", "CDR": "1", "Group": NASTY}),
}


@pytest.fixture(scope="module")
def page() -> str:
    """Write a report with something of everything in it."""
    jpeg = shrink(as_png(draw_brain()))
    assert jpeg
    rows = [
        row_of(record_of("sub-01_ses-1", NOT)),
        row_of(record_of("sub-01_ses-2", MILD)),
        row_of(record_of("sub-02_ses-1", NOT, second_opinion={"agrees": False,
                         "text": NASTY})),
        row_of(failure_of("sub-03", error={"code": "x", "message": NASTY})),
    ]  # fmt: skip
    material = Material(rows, PEOPLE, missing=1)
    thumbnail = Thumbnail(jpeg, NASTY, "sub-01/figures/x.png")
    report = compose_group(material, lambda _: thumbnail, datetime.now(UTC))
    return write_group_html(report)


class Elements(HTMLParser):
    """Notes the elements of a document, with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_nothing_in_it_runs_or_is_loaded(page: str) -> None:
    elements = Elements(page)

    assert {"script", "link", "iframe", "object"}.isdisjoint(
        tag for tag, _ in elements.found
    )
    for tag, attributes in elements.found:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "img":
            assert (attributes["src"] or "").startswith("data:image/jpeg;base64,")
    assert NASTY in "".join(elements.words)


def test_it_says_what_it_is_not(page: str) -> None:
    assert NOTICE in page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                 "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync"]  # fmt: skip
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=arguments
        )
        yield made
        made.close()


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_draws_it_by_day_and_by_night_on_any_screen(
    browser: Browser,
    page: str,
    tmp_path: Path,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    (tmp_path / "group.html").write_text(page, "utf-8")
    view = browser.new_page(
        viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    complaints: list[str] = []
    view.on("console", lambda message: complaints.append(message.text))
    view.goto((tmp_path / "group.html").as_uri())
    wide = view.evaluate("document.documentElement.scrollWidth > innerWidth")
    ground = view.evaluate("getComputedStyle(document.body).backgroundColor")
    bars = view.evaluate(
        "[...document.querySelectorAll('.bar .fill')].map(e => e.getBBox().width)"
    )
    pictures = view.evaluate(
        "[...document.images].every(each => each.naturalWidth > 0)"
    )
    view.close()

    assert complaints == []  # the policy admits its own style
    assert not wide
    assert ground == ("rgb(15, 23, 28)" if scheme == "dark" else "rgb(243, 246, 248)")
    assert max(bars) > 0
    assert pictures
