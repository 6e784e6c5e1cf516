"""The history in a real browser: this browser's, or an account's."""

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import APIRequestContext, Browser, Page, expect

from alzer.model.engine import Model
from alzer.web.history_page import describe_term
from phantoms import as_png, draw_brain
from served import app_that_doubts, app_with, serving, serving_app
from web.browsers import keep, submit
from web.test_access import make_token

BRAIN = as_png(draw_brain())
HISTORY = "/assessment/history"


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Open the page; whatever its scripts complain of fails the test."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, base_url=address
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    yield page
    context.close()
    assert complaints == []


def predict(request: APIRequestContext, reference: str = "") -> str:
    file = {"name": "s.png", "mimeType": "image/png", "buffer": BRAIN}
    form = {"file": file, **({"reference": reference} if reference else {})}
    answered = request.post("/predict", multipart=form)  # type: ignore[arg-type]  # a form
    assert answered.ok
    return str(answered.json()["analysis_id"])


def make(page: Page, *references: str) -> list[str]:
    """Make analyses that this browser remembers; return their ids."""
    made = [predict(page.request, reference) for reference in references]
    page.evaluate(
        """async (ids) => {
          const { remember } = await import("/static/remembered.js");
          ids.forEach(remember);
        }""",
        made,
    )
    return made


def open_history(page: Page) -> None:
    page.get_by_role("link", name="History").first.click()
    expect(page).to_have_url(re.compile(f"{HISTORY}$"))


def in_days(count: int) -> str:
    """Return a date from now on, as its field takes it."""
    return (datetime.now(UTC) + timedelta(days=count)).date().isoformat()


def references(page: Page) -> list[str]:
    fields = page.locator("#rows .reference input").all()
    return [field.input_value() for field in fields]


def test_an_analysis_of_this_browser_is_listed_and_opened(page: Page) -> None:
    open_history(page)
    expect(page.locator("#nothing")).to_contain_text("no analyses yet")
    other = predict(page.request)  # by another program on the same machine
    page.get_by_role("link", name="Assessment").click()
    submit(page)
    headline = page.locator("#headline").inner_text()
    mine = page.url.partition("analysis=")[2]
    open_history(page)

    row = page.locator("#rows li")
    expect(row).to_have_count(1)
    expect(row.locator("[data-cell=headline]")).to_have_text(headline)
    expect(row).to_contain_text("Slice")
    thumbnail = row.locator("img")
    expect(thumbnail).to_be_visible()
    assert thumbnail.evaluate("image => image.naturalHeight") == 160
    made = row.locator("time").get_attribute("datetime")
    assert made == page.request.get(f"/analyses/{mine}").json()["created_at"]
    row.get_by_role("link", name=headline).click()
    expect(page.locator("#headline")).to_have_text(headline)
    assert mine in page.url
    assert other not in page.url
    page.go_back()
    expect(page.locator("#rows li")).to_have_count(1)


def test_the_list_is_filtered(page: Page) -> None:
    make(page, "Study 7, A", "Study 7, B", "Study 8")
    open_history(page)
    expect(page.locator("#rows li")).to_have_count(3)
    assert references(page) == ["Study 8", "Study 7, B", "Study 7, A"]
    page.get_by_label("Reference").first.fill("study 7")
    expect(page.locator("#rows li")).to_have_count(2)
    page.get_by_label("From").fill(in_days(2))
    expect(page.locator("#nothing")).to_contain_text("No analysis is like that")
    page.get_by_label("From").fill(in_days(-2))
    expect(page.locator("#rows li")).to_have_count(2)
    page.get_by_label("To", exact=True).fill(in_days(-2))
    expect(page.locator("#rows li")).to_have_count(0)
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#rows li")).to_have_count(3)

    named = page.locator("#rows [data-cell=headline]").first.inner_text()
    for name in ("No Impairment", "Moderate Impairment"):
        page.get_by_label("Answer").select_option(name)
        expect(page.locator("#rows li")).to_have_count(3 if name in named else 0)
    page.get_by_label("Answer").select_option("No reliable answer")
    expect(page.locator("#rows li")).to_have_count(0)
    page.get_by_label("Answer").select_option("Any reliable answer")
    expect(page.locator("#rows li")).to_have_count(3)


def test_pages_lead_through_all(page: Page) -> None:
    made = make(page, *(f"A{number}" for number in range(3)))
    fakes = [str(uuid.uuid4()) for _ in range(30)]
    page.evaluate(
        """async (ids) => {
          const { remember } = await import("/static/remembered.js");
          ids.forEach(remember);
        }""",
        fakes,
    )
    make(page, *(f"B{number}" for number in range(20)))
    open_history(page)
    expect(page.locator("#history-status")).to_have_text("Analyses 1 to 20")
    expect(page.get_by_role("button", name="Newer")).to_be_hidden()
    page.get_by_role("button", name="Older").click()

    expect(page.locator("#history-status")).to_have_text(
        "Analyses 21 to 23, the last ones"
    )
    assert references(page) == ["A2", "A1", "A0"]
    assert len(made) == 3
    page.get_by_role("button", name="Newer").click()
    expect(page.locator("#rows li")).to_have_count(20)


def test_a_reference_is_changed_in_the_list(page: Page) -> None:
    (identity,) = make(page, "Study 7")
    open_history(page)
    field = page.locator("#rows .reference input")
    expect(page.locator("#rows .reference button")).to_be_hidden()
    field.fill("Study 8")
    page.locator("#rows .reference button").click()

    expect(page.locator("#history-status")).to_have_text("The reference is saved.")
    expect(page.locator("#rows .reference button")).to_be_hidden()
    kept = page.request.get(f"/analyses/{identity}").json()
    assert kept["reference"] == "Study 8"


def test_deleting_asks_first_and_leaves_nothing(page: Page, tmp_path: Path) -> None:
    gone, stays = make(page, "gone", "stays")
    open_history(page)
    row = page.locator("#rows li", has=page.locator("time")).nth(1)
    expect(page.get_by_role("button", name="Delete")).to_be_disabled()
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Delete").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete this analysis?")
    keep(page, "13-delete")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.request.get(f"/analyses/{gone}").ok
    page.get_by_role("button", name="Delete").first.click()
    dialog.get_by_role("button", name="Delete").click()

    expect(page.locator("#history-status")).to_have_text("1 analysis is deleted.")
    assert references(page) == ["stays"]
    assert page.request.get(f"/analyses/{gone}").status == 404
    assert page.request.get(f"/analyses/{stays}").ok
    remembered = page.evaluate("localStorage.getItem('alzer.analyses')")
    assert gone not in remembered
    assert stays in remembered
    for folder in ("heatmaps", "evidence"):
        assert len(list((tmp_path / "uploads" / folder).iterdir())) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_two_are_compared_side_by_side(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    make(page, "Study 7", "Study 8", "Study 9")
    open_history(page)
    boxes = page.locator("#rows").get_by_role("checkbox")
    compare = page.get_by_role("button", name="Compare two")
    for number in range(3):
        boxes.nth(number).check()
        expect(compare).to_be_enabled(enabled=number == 1)
    boxes.nth(1).uncheck()
    for width in (1440, 768, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        keep(page, f"13-history-{width}-{scheme}")
    page.set_viewport_size({"width": 1440, "height": 900})
    compare.click()
    sides = page.locator("#sides article")
    expect(sides).to_have_count(2)
    for width in (1440, 768, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        keep(page, f"13-compared-{width}-{scheme}")
    page.reload()
    expect(sides).to_have_count(2)
    page.go_back()
    expect(page.locator("#list")).to_be_visible()
    expect(page.locator("#rows li")).to_have_count(3)


def compare_two(page: Page, *numbers: int) -> None:
    """Compare two of the list."""
    open_history(page)
    for number in numbers:
        page.locator("#rows").get_by_role("checkbox").nth(number).check()
    page.get_by_role("button", name="Compare two").click()
    expect(page.locator("#sides article")).to_have_count(2)


def test_each_side_shows_what_is_kept_of_its_analysis(page: Page) -> None:
    made = make(page, "Study 7", "Study 8", "Study 9")
    compare_two(page, 0, 2)
    sides = page.locator("#sides article")

    assert [side.inner_text().count("Study") for side in sides.all()] == [1, 1]
    expect(sides.nth(0)).to_contain_text("Study 7")
    expect(sides.nth(1)).to_contain_text("Study 9")
    for side, identity in zip(sides.all(), (made[0], made[2]), strict=True):
        image = side.locator("img")
        expect(image).to_have_js_property("complete", value=True)
        assert image.evaluate("image => image.naturalWidth") == 176
        href = side.locator("a").first.get_attribute("href") or ""
        assert identity in href
    kept = page.request.get(f"/analyses/{made[0]}").json()["class_probabilities"]
    shown = page.locator("#share-rows tr").all_inner_texts()
    assert [row.split("\t")[0] for row in shown] == list(kept)
    for row, share in zip(shown, kept.values(), strict=True):
        assert float(row.split("\t")[1].rstrip(" %")) == pytest.approx(
            float(share.rstrip("%")), abs=0.51
        )
    expect(page.locator("#comparison-note")).to_be_empty()


def test_an_answer_that_is_not_reliable_names_no_class(
    browser: Browser, model: Model, tmp_path: Path
) -> None:
    with serving_app(app_that_doubts(model, "A photograph.", tmp_path)) as address:
        page = browser.new_page(base_url=address)
        page.goto(address)
        make(page, "one", "two")
        open_history(page)
        expect(page.locator("#rows li")).to_have_count(2)
        listed = page.locator("#rows").inner_text()
        page.goto(address)
        compare_two(page, 0, 1)
        compared = page.locator("#comparison").inner_text()
        expect(page.locator("#numbers")).to_be_hidden()
        keep(page, "13-compared-unreliable")
        page.close()

    for text in (listed, compared):
        assert "No reliable answer" in text
        assert "A photograph." in text
        assert "Impairment" not in text
        assert "%" not in text


def test_an_account_sees_its_own_analyses_in_any_browser(
    browser: Browser, model: Model, tmp_path: Path
) -> None:
    tokens = [make_token(tmp_path, name) for name in ("one", "two")]
    with serving(model, tmp_path, auth="required") as address:
        counts: list[int] = []
        for token in (tokens[0], tokens[0], tokens[1]):
            context = browser.new_context(base_url=address)
            page = context.new_page()
            page.goto(f"{address}{HISTORY}")
            expect(page).to_have_url(re.compile("/login$"))
            page.get_by_label("Access token").fill(token)
            page.get_by_role("button", name="Sign in").click()
            if not counts:
                submit(page)
            page.goto(f"{address}{HISTORY}")
            expect(page.locator("#rows li")).to_have_count(
                1 if token == tokens[0] else 0
            )
            if token != tokens[0]:
                expect(page.locator("#nothing")).to_be_visible()
            counts.append(page.locator("#rows li").count())
            assert page.evaluate("localStorage.length") == 0
            if counts == [1]:
                expect(page.locator("#rows img")).to_be_visible()
            if len(counts) == 2:
                page.locator("#rows").get_by_role("checkbox").check()
                page.get_by_role("button", name="Delete").first.click()
                dialog = page.get_by_role("dialog")
                dialog.get_by_role("button", name="Delete").click()
                expect(page.locator("#rows li")).to_have_count(0)
            page.set_viewport_size({"width": 360, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            keep(page, "13-history-account-360")
            context.close()

    assert counts == [1, 1, 0]


def test_the_page_says_how_long_analyses_are_kept(model: Model, tmp_path: Path) -> None:
    for retention in ("30 days", "36 hours", "never"):
        app = app_with(model, data_dir=tmp_path / retention, retention=retention)
        with TestClient(app) as client:
            shown = client.get(HISTORY).text

        assert describe_term(app.state.service.settings.retention) in shown


def test_terms_are_said_in_days_or_hours() -> None:
    said = [describe_term(timedelta(hours=hours)) for hours in (1, 24, 36, 720)]

    assert [text.removeprefix("Each is kept for ") for text in said] == [
        "1 hour.", "1 day.", "36 hours.", "30 days.",
    ]  # fmt: skip
