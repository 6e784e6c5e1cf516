"""Choosing maps on the page, and asking again without a part, in a real browser."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from alzer.classes import CLASS_NAMES
from alzer.explain.methods import METHODS, Method
from alzer.explain.palettes import palettes_for
from alzer.model.engine import Model
from served import serving
from web.browsers import keep, submit


@pytest.fixture(scope="module")
def address(
    shipped_model: Model, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with serving(shipped_model, tmp_path_factory.mktemp("maps")) as address:
        yield address


@pytest.fixture(params=[1200, 360])
def page(
    browser: Browser, address: str, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """Open a result; whatever its scripts complain of fails the test."""
    page = browser.new_page(viewport={"width": request.param, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    submit(page)
    expect(page.locator("#map-tools")).to_be_visible()
    yield page
    page.close()
    assert complaints == []


def shown(page: Page, part: str) -> NDArray[np.uint8]:
    content = page.locator(part).screenshot()
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def cropped(*pictures: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return pictures of one size: an edge between two pixels adds a row to some."""
    rows, columns = np.min([each.shape[:2] for each in pictures], axis=0)
    for each in pictures:
        assert np.abs(np.subtract(each.shape[:2], (rows, columns))).max() <= 1
    return [each[:rows, :columns] for each in pictures]


def width_of(page: Page) -> int:
    assert page.viewport_size
    return page.viewport_size["width"]


def wait_for_map(page: Page) -> None:
    heat = page.locator("#overlay-heat")
    expect(heat).to_have_attribute("src", re.compile("^blob:"))
    heat.evaluate("heat => heat.decode()")


def test_the_contract_s_heatmap_is_what_is_shown_first(page: Page) -> None:
    expect(page.locator("#overlay")).to_be_visible()
    expect(page.get_by_text("Red: critical", exact=True)).to_be_visible()
    expect(page.locator("#map-method")).to_have_value(METHODS[0].name)
    expect(page.locator("#opacity")).to_have_value("40")
    expect(page.locator(".map-legend:visible")).to_have_count(0)
    expect(page.locator("#map-cell")).to_contain_text("pixels")


@pytest.mark.parametrize("method", METHODS[1:], ids=lambda method: method.name)
def test_a_map_with_a_sign_comes_with_its_legend(page: Page, method: Method) -> None:
    before = shown(page, "#overlay-figure .frame")
    page.select_option("#map-method", method.name)
    wait_for_map(page)

    expect(page.locator("#overlay")).to_be_hidden()
    legend = page.locator(".map-legend:visible")
    expect(legend).to_have_count(1)
    expect(legend).to_contain_text("logit units")
    expect(page.get_by_text("Red: critical", exact=True)).to_be_hidden()
    offered = page.locator("#map-palette option:not([hidden])")
    names = offered.evaluate_all("options => options.map(each => each.value)")
    assert set(names) == {palette.name for palette in palettes_for(method)}
    before, after = cropped(before, shown(page, "#overlay-figure .frame"))
    assert (after != before).mean() > 0.05
    expect(page.locator("#map-range")).to_have_value(f"{method.scale.high:g}")
    page.select_option("#map-range", "20")
    expect(legend).to_contain_text("+15")
    keep(page, f"maps-{method.name}-{width_of(page)}")


def test_the_map_lies_on_the_scan_and_inside_the_head(page: Page) -> None:
    page.select_option("#map-method", "additive")
    page.select_option("#map-range", "5")
    page.check("#map-cells")
    wait_for_map(page)
    page.evaluate("document.getElementById('opacity').value = 100")
    page.locator("#opacity").dispatch_event("input")
    page.wait_for_timeout(300)
    frames = ("#overlay-figure .frame", "#original-figure .frame")
    overlay, original = cropped(*(shown(page, each) for each in frames))

    coloured = np.ptp(overlay.astype(int), axis=2) > 40
    dark = original.max(axis=2) < 12
    assert coloured.sum() > 0.2 * (~dark).sum()
    # Holes inside the head are dark, too: judged by rows and columns of the head.
    rows, columns = np.nonzero(~dark)
    found = np.nonzero(coloured)
    for inside, outside in zip(found, (rows, columns), strict=True):
        assert inside.min() >= outside.min() - 3
        assert inside.max() <= outside.max() + 3


def test_going_back_to_the_first_choice_shows_the_heatmap_again(page: Page) -> None:
    before = shown(page, "#overlay-figure .frame")
    page.select_option("#map-method", "contrastive")
    wait_for_map(page)
    page.select_option("#map-method", METHODS[0].name)

    expect(page.locator("#overlay")).to_be_visible()
    expect(page.locator("#opacity")).to_have_value("40")
    before, after = cropped(before, shown(page, "#overlay-figure .frame"))
    assert np.abs(after.astype(int) - before).mean() < 1.0


def test_every_class_can_be_explained_or_says_why_not(page: Page) -> None:
    for name in CLASS_NAMES:
        page.select_option("#map-class", name)
        expect(page.locator("#map-sum")).to_contain_text(name)
        expect(page.locator("#map-meaning")).to_contain_text(name)


def test_the_analysis_downloads_as_a_bundle(page: Page, tmp_path: Path) -> None:
    with page.expect_download() as download:
        page.get_by_role("link", name="Download analysis (zip)").click()
    download.value.save_as(tmp_path / "bundle.zip")

    assert (tmp_path / "bundle.zip").read_bytes()[:2] == b"PK"


def test_a_reopened_analysis_shows_maps_on_what_the_network_saw(page: Page) -> None:
    page.reload()
    expect(page.locator("#map-tools")).to_be_visible()
    page.select_option("#map-method", "additive")
    wait_for_map(page)

    expect(page.locator("#kept-note")).to_contain_text("The scan itself is not kept")
    expect(page.locator("#overlay-base")).to_have_js_property("naturalWidth", 176)


def test_a_box_is_moved_by_keys_and_the_network_asked_again(page: Page) -> None:
    page.get_by_role("button", name="Place a box").click()
    answer = page.locator("#occlusion-answer")
    expect(answer).to_be_visible()
    expect(page.locator("#box")).to_be_focused()
    expect(page.locator("#occlusion-rows tr")).to_have_count(5)
    predicted = page.locator("#prediction").text_content()
    expect(page.locator("#occlusion-rows")).to_contain_text(f"Margin of '{predicted}'")

    first = page.locator("#occlusion-moved").inner_text()
    for _ in range(6):
        page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("#occlusion-moved")).not_to_have_text(first)
    page.get_by_role("button", name="Remove the box").click()
    expect(page.locator("#box")).to_be_hidden()
    expect(answer).to_be_hidden()


def test_a_box_is_drawn_with_the_pointer_where_it_is(page: Page) -> None:
    page.get_by_role("button", name="Place a box").click()
    expect(page.locator("#occlusion-answer")).to_be_visible()
    page.locator("#original-figure .frame").scroll_into_view_if_needed()
    place = page.locator("#original").bounding_box()
    assert place
    x, y = place["x"] + 0.3 * place["width"], place["y"] + 0.35 * place["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 0.2 * place["width"], y + 0.15 * place["height"], steps=4)
    page.mouse.up()
    box = page.locator("#box").bounding_box()
    assert box
    assert box["x"] == pytest.approx(x, abs=3)
    assert box["y"] == pytest.approx(y, abs=3)
    assert box["width"] == pytest.approx(0.2 * place["width"], abs=3)
    drawn = page.locator("#occlusion-moved").inner_text()
    page.select_option("#occlusion-fill", "tissue")
    expect(page.locator("#occlusion-moved")).not_to_have_text(drawn)
    keep(page, f"occlusion-{width_of(page)}")
