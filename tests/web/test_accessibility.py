"""Every page and state for people who see, point or move otherwise.

axe-core finds no violation in light and dark, at all widths; with forced colours what
is told by bars stays visible; nothing moves for those who ask for that; and the
keyboard reaches every control.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import httpx2 as httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FileChooser, Page, expect

from alzer.model.engine import Model
from served import app_that_doubts, serving, serving_app
from web.browsers import SCAN, keep, submit
from web.test_access import make_token
from web.test_batch_page import BROKEN, put, slices
from web.test_head_page import HEAD, Served, send, serve
from web.test_head_page import SCAN as HEAD_SCAN

WIDTHS: Final = (360, 768, 1440, 1920)
PICTURED: Final = (360, 1440)
REASON: Final = "The skull is still on: send the whole scan."

ALL_RULES: Final = {"resultTypes": ["violations"]}

RUN: Final = """
async (options) => {
  const { violations } = await axe.run(document, options);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) =>
      `${id} (${help}) at ${target.join(' ')}: ${failureSummary}`));
}
"""


@dataclass
class Visitor:
    """Looks at each state in all sizes and themes, and notes what axe-core finds.

    Attributes:
        found: What it found, with the state.
    """

    found: list[str] = field(default_factory=list)

    def look(self, page: Page, state: str) -> None:
        if not page.evaluate("Boolean(window.axe)"):
            page.evaluate(Axe().axe_script)
        schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
        for scheme in schemes:
            page.emulate_media(
                color_scheme=scheme,
                reduced_motion="reduce",  # else colours are seen on their way
            )
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                places = page.evaluate(RUN, ALL_RULES)
                self.found += [f"{state}, {scheme}, {width}: {each}" for each in places]
                overflow = page.evaluate("document.documentElement.scrollWidth")
                if overflow > width:
                    self.found.append(f"{state}, {width}: {overflow} pixels wide")
                if width in PICTURED:
                    keep(page, f"axe-{state}-{scheme}-{width}")


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    visitor = Visitor()
    yield visitor
    assert visitor.found == []


def open_at(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(address)
    return page


def test_what_is_wrong_is_found(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(
        "<style>p { color: #777; } @media (prefers-color-scheme: dark) "
        "{ p { color: #999; background: #888; } }</style>"
        "<html lang=en><title>x</title><main><h1>Wrong</h1><p>Grey on grey</p>"
        "<img src=''><div style='width: 2000px'>wide</div></main>"
    )
    visitor = Visitor()
    visitor.look(page, "wrong")
    page.close()
    found = "\n".join(visitor.found)

    assert "wrong, light, 360: image-alt" in found
    assert "wrong, dark, 1920: color-contrast" in found
    assert "pixels wide" in found


def test_the_form_and_all_that_is_shown_of_a_slice(
    browser: Browser, shipped_model: Model, tmp_path: Path, visitor: Visitor
) -> None:
    with serving(shipped_model, tmp_path) as address:
        page = open_at(browser, address)
        visitor.look(page, "form")
        page.get_by_role("button", name="Submit for Analysis").click()
        expect(page.get_by_role("alert")).to_contain_text("Choose a scan first")
        visitor.look(page, "form-error")
        page.set_input_files("#file", SCAN)
        expect(page.locator("#preview-image")).to_be_visible()
        visitor.look(page, "form-filled")
        submit(page)
        expect(page.locator("#map-tools")).to_be_visible()
        visitor.look(page, "slice")
        page.select_option("#map-method", "contrastive")
        expect(page.locator("#download-map")).to_be_visible()
        page.locator("#occlusion-place").click()
        expect(page.locator("#occlusion-answer")).to_be_visible()
        page.get_by_role("button", name="Check this map").click()
        expect(page.locator("#map-result")).to_be_visible()
        visitor.look(page, "slice-asked")
        link = page.locator("#report-link").get_attribute("href") or ""
        assert link.endswith("/report?check=true")
        page.goto(httpx.URL(page.url).join(link).__str__())
        visitor.look(page, "report")
        page.goto(f"{address}/docs")
        visitor.look(page, "api")
        page.close()


def test_no_reliable_answer_and_what_is_withheld(
    browser: Browser, shipped_model: Model, tmp_path: Path, visitor: Visitor
) -> None:
    with serving_app(app_that_doubts(shipped_model, REASON, tmp_path)) as address:
        page = open_at(browser, address)
        submit(page)
        visitor.look(page, "unreliable")
        page.locator("#withheld > summary").click()
        expect(page.get_by_text("This is not an answer")).to_be_visible()
        visitor.look(page, "withheld")
        link = page.locator("#report-link").get_attribute("href") or ""
        page.goto(httpx.URL(page.url).join(link).__str__())
        visitor.look(page, "report-unreliable")
        page.close()


@pytest.fixture
def served(shipped_model: Model, tmp_path: Path) -> Iterator[Served]:
    yield from serve(Served(shipped_model), tmp_path)


def test_a_head_from_its_files_to_its_answer_or_failure(
    browser: Browser, served: Served, visitor: Visitor
) -> None:
    page = open_at(browser, served.address)
    served.goes_on.clear()
    send(page, HEAD_SCAN)
    expect(page.locator("#stages")).to_be_visible()
    visitor.look(page, "progress")
    served.goes_on.set()
    expect(page.locator("#result")).to_be_visible(timeout=90_000)
    expect(page.locator("#slice-place")).to_contain_text("What spoke for")
    visitor.look(page, "head")
    page.get_by_role("button", name="Analyse another").first.click()
    served.judge("failed")
    send(page, HEAD_SCAN)
    expect(page.locator("#failure")).to_be_visible(timeout=90_000)
    visitor.look(page, "failure")
    page.close()
    assert HEAD.quality.verdict == "good"


def test_signing_in(
    browser: Browser, model: Model, tmp_path: Path, visitor: Visitor
) -> None:
    with serving(model, tmp_path, auth="required") as address:
        page = open_at(browser, address)
        page.get_by_label("Access token").fill("nonsense")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("not valid")
        visitor.look(page, "login")
        page.get_by_label("Access token").fill(make_token(tmp_path))
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#sign-out")).to_be_visible()
        visitor.look(page, "signed-in")
        page.close()


def test_many_scans_their_history_and_two_of_them_side_by_side(
    browser: Browser, model: Model, tmp_path: Path, visitor: Visitor
) -> None:
    folder = put(tmp_path / "in", {**slices(2), "s10.png": BROKEN, "a.txt": b"notes"})
    with serving(model, tmp_path / "data") as address:
        page = open_at(browser, address)
        page.set_input_files("#folder", folder)
        expect(page.locator("#found")).to_be_visible()
        visitor.look(page, "found")
        page.get_by_role("button", name="Submit for Analysis").click()
        expect(page.locator("#batch-status")).to_have_text("2 of 3 done, 1 failed")
        visitor.look(page, "batch")
        page.goto(f"{address}/assessment/history")
        expect(page.locator("#rows li")).to_have_count(2)
        for box in page.locator("#rows .choice input").all():
            box.check()
        visitor.look(page, "history")
        page.get_by_role("button", name="Delete 2").click()
        visitor.look(page, "history-delete")
        page.get_by_role("button", name="Keep").click()
        page.get_by_role("button", name="Compare two").click()
        expect(page.locator("#sides article")).to_have_count(2)
        visitor.look(page, "comparison")
        page.get_by_role("button", name="Back to the list").click()
        page.get_by_label("Reference").first.fill("nothing like that")
        expect(page.locator("#nothing")).to_be_visible()
        visitor.look(page, "history-empty")
        page.close()


def test_the_german_page_fits_and_is_as_accessible(
    browser: Browser, shipped_model: Model, tmp_path: Path, visitor: Visitor
) -> None:
    with serving(shipped_model, tmp_path) as address:
        page = open_at(browser, f"{address}/assessment/mri-upload?lang=de")
        visitor.look(page, "german-form")
        page.set_input_files("#file", SCAN)
        expect(page.locator("#preview-image")).to_be_visible()
        page.locator("#submit").click()
        expect(page.locator("#map-place")).to_contain_text("sprach")
        page.locator("#details > summary").click()
        visitor.look(page, "german-slice")
        page.goto(f"{address}/assessment/history")
        expect(page.locator("#rows li")).to_have_count(1)
        visitor.look(page, "german-history")
        page.close()


def painted(page: Page, selector: str) -> str:
    """Return the colour that fills an element."""
    colour: str = page.locator(selector).first.evaluate(
        "element => getComputedStyle(element).backgroundColor"
    )
    return colour


def test_with_forced_colours_bars_and_controls_stay_visible(
    browser: Browser, shipped_model: Model, tmp_path: Path
) -> None:
    with serving(shipped_model, tmp_path) as address:
        page = open_at(browser, address)
        page.emulate_media(forced_colors="active")
        submit(page)

        ground = painted(page, "body")
        others = painted(page, "#shares li:not(.predicted) .fill")
        predicted = painted(page, "#shares .predicted .fill")
        assert len({ground, others, predicted}) == 3
        assert painted(page, "#shares .track") == ground
        for selector in ("button.again", "#map-ask", "#report-link"):
            border = page.locator(selector).first.evaluate(
                "element => getComputedStyle(element).borderTopColor"
            )
            assert border != ground, selector
        assert page.locator("#opacity").is_visible()
        keep(page, "forced-colours")
        page.close()


MOVING: Final = """
() => [...document.querySelectorAll("*")].flatMap((element) =>
  [null, "::before", "::after"].filter((part) => {
    const { animationName, transitionDuration } = getComputedStyle(element, part);
    return animationName !== "none" || /[1-9]/.test(transitionDuration);
  }).map((part) => `${element.tagName}.${element.className}${part ?? ""}`))
"""


def test_nothing_moves_for_those_who_ask_for_less_motion(
    browser: Browser, served: Served
) -> None:
    page = open_at(browser, served.address)
    served.goes_on.clear()
    send(page, HEAD_SCAN)
    expect(page.locator("#stages")).to_be_visible()
    usual = page.evaluate(MOVING)
    page.emulate_media(reduced_motion="reduce")
    asked_for_less = page.evaluate(MOVING)
    expect(page.locator("#bar")).to_be_visible()
    served.goes_on.set()
    page.close()

    assert usual  # some things do move
    assert asked_for_less == []


CONTROLS: Final = """
() => [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true })
    && !element.disabled && element.tabIndex >= 0 && element.type !== "hidden")
  // Of a group of radio buttons the keyboard reaches one; arrows reach the others.
  .filter((element) => element.type !== "radio" || element.checked)
  .map((element, index) => (element.dataset.control = String(index)))
"""

FOCUSED: Final = """
() => {
  const element = document.activeElement;
  // What can't be seen itself lends its outline to its label.
  const own = getComputedStyle(element);
  const label = element.labels?.[0];
  const lent = label ? getComputedStyle(label) : own;
  const isMarked = [own, lent].some(
    ({ outlineStyle, outlineWidth }) =>
      outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0);
  return [element.dataset.control ?? "", isMarked, element.outerHTML.slice(0, 120)];
}
"""


def walk(page: Page) -> tuple[set[str], list[str]]:
    """Go through all controls with Tab.

    Returns:
        The controls that were not reached, and those whose focus can't be seen.
    """
    left: set[str] = set(page.evaluate(CONTROLS))
    unmarked: list[str] = []
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    for _ in range(len(left) + 12):
        page.keyboard.press("Tab")
        focused: tuple[str, bool, str] = page.evaluate(FOCUSED)
        control, is_marked, html = focused
        if control and not is_marked:
            unmarked.append(html)
        left.discard(control)
        if not left:
            break
    return left, unmarked


def test_the_keyboard_reaches_every_control_and_shows_where_it_is(
    browser: Browser, shipped_model: Model, tmp_path: Path
) -> None:
    with serving(shipped_model, tmp_path) as address:
        page = open_at(browser, address)
        form = walk(page)
        submit(page)
        expect(page.locator("#map-tools")).to_be_visible()
        result = walk(page)
        page.goto(f"{page.url.split('/assessment')[0]}/docs")
        documents = walk(page)
        page.close()

    assert form == result == documents == (set(), [])


def go_on_to(page: Page, selector: str) -> list[str]:
    """Go on with Tab to a control.

    Returns:
        The controls on the way that did not show the focus.

    Raises:
        AssertionError: Tab does not lead there.
    """
    unmarked: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        _, is_marked, html = page.evaluate(FOCUSED)
        if not is_marked:
            unmarked.append(html)
        if page.locator(selector).evaluate("it => it === document.activeElement"):
            return unmarked
    message = f"Tab does not lead to {selector}."
    raise AssertionError(message)


def first_of(page: Page, choosers: list[FileChooser]) -> FileChooser:
    """Wait until the browser has asked for files.

    Raises:
        AssertionError: It has not.
    """
    for _ in range(600):
        if choosers:
            return choosers[0]
        page.wait_for_timeout(50)
    message = "Nobody has asked for files."
    raise AssertionError(message)


def test_the_keyboard_alone_leads_from_the_choice_to_the_map(
    browser: Browser, shipped_model: Model, tmp_path: Path
) -> None:
    with serving(shipped_model, tmp_path) as address:
        page = open_at(browser, address)
        choosers: list[FileChooser] = []
        # Long before it is needed: only after a while the browser heeds it.
        page.on("filechooser", lambda chooser: choosers.append(chooser))  # noqa: PLW0108 - it gets attributes
        page.evaluate(CONTROLS)
        unmarked = go_on_to(page, "#file")
        page.keyboard.press("Enter")
        first_of(page, choosers).set_files(SCAN)
        expect(page.locator("#preview-image")).to_be_visible()
        unmarked += go_on_to(page, "#submit")
        page.keyboard.press("Enter")
        expect(page.locator("#result-title")).to_be_focused()
        expect(page.locator("#map-tools")).to_be_visible()
        unmarked += go_on_to(page, "#map-method")
        page.keyboard.press("ArrowDown")
        expect(page.locator("#cam-title")).to_have_text("Additive evidence")
        unmarked += go_on_to(page, "#occlusion-place")
        page.keyboard.press("Enter")
        expect(page.locator("#box")).to_be_focused()
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#occlusion-answer")).to_be_visible()
        page.close()

    assert unmarked == []


def test_words_beside_the_overlay_say_where_the_evidence_lies(
    browser: Browser, shipped_model: Model, tmp_path: Path
) -> None:
    with serving(shipped_model, tmp_path) as address:
        page = open_at(browser, address)
        submit(page)
        expect(page.locator("#map-place")).to_contain_text("What spoke for")
        identity = page.locator("#provenance").get_attribute("data-analysis")
        predicted = page.locator("#shares .predicted .name").inner_text()
        facts: dict[str, Any] = httpx.get(f"{address}/analyses/{identity}/maps").json()
        places = {each["name"]: each["places"] for each in facts["classes"]}
        described = page.locator("#overlay").get_attribute("aria-describedby")
        words = page.locator(f"#{described}").inner_text()
        page.select_option("#map-class", "Mild Impairment")
        other = page.locator(f"#{described}").inner_text()
        page.close()

    assert words == places[predicted]["grad-cam"]
    assert "Left and right are those of the picture" in words
    assert other == places["Mild Impairment"]["grad-cam"]
