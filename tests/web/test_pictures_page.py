"""Both pictures of a slice: moved together, read, and named as the file tells."""

import io
import re
from collections.abc import Iterator

import httpx2 as httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Locator, Page, Response, expect

from alzer.classes import CLASS_NAMES
from alzer.explain.kept_evidence import unpack_evidence
from alzer.explain.methods import METHODS, Method
from alzer.explain.slice_maps import SliceMaps, choose_style
from alzer.model.engine import Model
from alzer.scans.formats import read_slice
from alzer.scans.orientation import picture_of
from phantoms import as_dicom, as_nifti, as_png, draw_brain, with_dot
from served import serving
from web.browsers import keep, submit

MINUS = "\N{MINUS SIGN}"

# Where crosses, and a pixel of a picture, are shown in their frames; what of the cut
# layer is not transparent.
CROSSES = """[...document.querySelectorAll('.cross')].map(cross => {
    const place = cross.getBoundingClientRect();
    const frame = cross.parentElement.getBoundingClientRect();
    return [place.x + place.width / 2 - frame.x, place.y + place.height / 2 - frame.y];
})"""
PIXEL = """([id, row, column, isInFrame]) => {
    const image = document.querySelector(id);
    const place = image.getBoundingClientRect();
    const { x, y } = isInFrame ? image.closest('.frame').getBoundingClientRect()
        : { x: 0, y: 0 };
    return [place.x + (column + .5) * place.width / image.naturalWidth - x,
        place.y + (row + .5) * place.height / image.naturalHeight - y];
}"""
DRAWN = """(() => {
    const canvas = document.querySelector('#overlay-cut');
    const context = canvas.getContext('2d');
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return Array.from(data.filter((_, place) => place % 4 === 3));
})()"""

# A dot at the front, on the person's right, as a radiologist sees it.
DOT = (60, 70)
BRAIN = with_dot(draw_brain(), *DOT, radius=2.0)
SPACED = {"PixelSpacing": [0.9, 0.9]}
DICOM = as_dicom(BRAIN, ImageOrientationPatient=[1, 0, 0, 0, 1, 0], **SPACED)
MIRRORED = as_dicom(
    BRAIN[:, ::-1], ImageOrientationPatient=[-1, 0, 0, 0, 1, 0], **SPACED
)


def nifti(pixels: NDArray[np.float64], x: float, y: float) -> bytes:
    values = np.rint(1000 * pixels.T[:, :, None]).astype(np.int16)
    return as_nifti(values, np.diag([x, y, 5.0, 1.0]))


@pytest.fixture(scope="module")
def address(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(model, tmp_path_factory.mktemp("pictures")) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    yield from opened(browser, address)


def opened(
    browser: Browser, address: str, width: int = 1440, *, touches: bool = False
) -> Iterator[Page]:
    """Open the page; whatever its scripts complain of fails the test."""
    page = browser.new_page(viewport={"width": width, "height": 900}, has_touch=touches)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    yield page
    page.close()
    assert complaints == []


def send(page: Page, scan: bytes = DICOM) -> None:
    submit(page, FilePayload(name="scan", mimeType="", buffer=scan))
    expect(page.locator("#map-tools")).to_be_visible()
    expect(page.locator("#cut-control")).to_be_visible()  # its numbers are here
    page.locator("#pictures").evaluate("pictures => pictures.scrollIntoView()")


def place_of(frame: Locator, letter: str) -> tuple[str, str]:
    """Return where in a frame a letter stands, from left to right and downwards."""
    room = frame.bounding_box()
    place = frame.locator(".edge", has_text=letter).bounding_box()
    assert room
    assert place
    shares = (
        (place["x"] + place["width"] / 2 - room["x"]) / room["width"],
        (place["y"] + place["height"] / 2 - room["y"]) / room["height"],
    )
    names = ("begin", "middle", "end")
    column, row = (names[int(np.digitize(share, [0.15, 0.85]))] for share in shares)
    return column, row


def sent(response: Response) -> int:
    """Return how many bytes came over the wire."""
    return int(response.request.sizes()["responseBodySize"])


def frames(page: Page) -> list[Locator]:
    names = ("#original-figure .frame", "#overlay-figure .frame")
    return [page.locator(name) for name in names]


def shown(frame: Locator) -> NDArray[np.int64]:
    content = frame.screenshot()
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(np.int64)


def set_slider(page: Page, name: str, value: float) -> None:
    page.locator(f"#{name}").fill(str(value))


def identity_of(page: Page) -> str:
    found = re.search(r"analysis=([0-9a-f-]+)", page.url)
    assert found
    return found[1]


def maps_of(page: Page, address: str) -> SliceMaps:
    kept = httpx.get(f"{address}/analyses/{identity_of(page)}/evidence").content
    return unpack_evidence(kept).maps()


def point(page: Page, row: int, column: int, image: str = "#overlay-base") -> None:
    """Move the pointer to the middle of a pixel of the scan, wherever that is shown."""
    place = page.evaluate(PIXEL, [image, row, column, False])
    page.mouse.move(*place)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_zoomed_and_moved_both_pictures_show_the_same_place(page: Page) -> None:
    send(page)
    set_slider(page, "opacity", 0)
    original, overlay = frames(page)
    whole = shown(original)
    overlay.focus()
    press(page, "+", "+", "+", "+", "ArrowRight", "ArrowDown")
    place = original.bounding_box()
    assert place
    page.mouse.move(place["x"] + 90, place["y"] + 120)
    page.mouse.down()
    page.mouse.move(place["x"] + 71, place["y"] + 97, steps=3)
    page.mouse.up()
    page.mouse.move(place["x"] + 90, place["y"] - 40)  # the cross goes
    one, other = shown(original), shown(overlay)

    assert one.shape == other.shape
    assert np.abs(one - other).max() <= 1
    assert np.abs(one - whole).mean() > 5.0  # it is another place
    layers = page.evaluate(
        "[...document.querySelectorAll('#overlay-figure .stage > *')]"
        ".filter(each => each.getClientRects().length > 0)"
        ".map(each => Object.values(each.getBoundingClientRect().toJSON()))"
    )
    assert len(layers) >= 2
    assert np.ptp(layers, axis=0).max() == 0.0
    keep(page, "pictures-zoomed")


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_the_cross_reads_the_numbers_of_the_library(
    page: Page, address: str, method: Method
) -> None:
    send(page)
    name = CLASS_NAMES[0]
    page.select_option("#map-method", method.name)
    page.select_option("#map-class", name)
    maps = maps_of(page, address)
    expected = maps.values(choose_style(method), CLASS_NAMES.index(name))
    picture = picture_of(read_slice(DICOM))
    assert expected is not None
    readout = page.locator("#cursor-value")
    frames(page)[1].focus()
    for row, column in ((104, 88), (60, 70), (90, 50), (150, 100), (121, 117)):
        press(page, "+")
        expect(page.locator("#zoom-value")).not_to_have_text("100 %")
        point(page, row, column)
        place = f"Row {row}, column {column} · grey {picture[row, column]} ·"
        if re.search(place, readout.inner_text()) is None:
            press(page, "0")  # that pixel is not in the frame any more
            point(page, row, column)
        expect(readout).to_contain_text(place)
        told = re.search(rf"([+{MINUS}]?[\d.]+) (%|logit)", readout.inner_text())
        assert told
        number = float(told[1].replace(MINUS, "-"))
        digit = 0.005 if method.scale.is_signed else 0.05
        assert number == pytest.approx(expected[row, column], abs=1.01 * digit)
    press(page, "0")
    point(page, 3, 3)
    expect(readout).to_contain_text("outside the head")


def test_the_cross_is_at_the_same_place_of_both(page: Page) -> None:
    send(page)
    frames(page)[0].focus()
    press(page, "+", "+", "ArrowLeft")
    point(page, 80, 70, "#original")
    at = page.evaluate(CROSSES)
    pointer = page.evaluate(PIXEL, ["#original", 80, 70, True])

    assert at[0] == pytest.approx(at[1], abs=0.01)
    assert at[0] == pytest.approx(pointer, abs=1.0)


def test_the_wheel_enlarges_what_is_under_it_and_only_when_asked(page: Page) -> None:
    send(page)
    original, _ = frames(page)
    zoom, readout = page.locator("#zoom-value"), page.locator("#cursor-value")
    point(page, 70, 110, "#original")
    before = readout.inner_text().partition("·")[0]
    page.mouse.wheel(0, -40)  # the page's own
    expect(zoom).to_have_text("100 %")
    point(page, 70, 110, "#original")
    original.focus()
    for _ in range(4):
        page.mouse.wheel(0, -200)
    expect(zoom).not_to_have_text("100 %")
    point(page, 70, 110, "#original")

    assert readout.inner_text().partition("·")[0] == before
    page.get_by_role("button", name="Whole picture").click()
    expect(zoom).to_have_text("100 %")


def test_keys_enlarge_move_read_and_say(page: Page) -> None:
    send(page)
    original, overlay = frames(page)
    original.focus()
    press(page, "+")
    expect(page.locator("#zoom-value")).to_have_text("125 %")
    press(page, "-")
    expect(page.locator("#zoom-value")).to_have_text("100 %")
    press(page, "Shift+ArrowRight", "Shift+ArrowDown")
    expect(page.locator("#cursor-said")).to_contain_text(
        f"Row {104 + 1}, column {88 + 1}"
    )
    expect(page.locator("#cursor-said")).to_contain_text("Grad-CAM")
    press(page, "Tab")
    expect(overlay).to_be_focused()


def test_window_and_level_change_the_greys_of_both_pictures(page: Page) -> None:
    send(page)
    set_slider(page, "opacity", 0)
    page.locator(".greys summary").click()
    usual = [shown(frame) for frame in frames(page)]
    set_slider(page, "window-width", 200)
    set_slider(page, "window-level", 120)
    changed = [shown(frame) for frame in frames(page)]

    for before, after in zip(usual, changed, strict=True):
        # Of the pixels that are grey; letters have their own shadows.
        inside = np.s_[80:-80, 80:-80]
        expected = np.clip(np.rint((before[inside] - 20.0) * 1.275), 0, 255)
        assert np.abs(after[inside] - expected).max() <= 2
        assert np.abs(before[inside] - expected).max() > 10
    page.get_by_role("button", name="Reset window and level").click()
    for frame, before in zip(frames(page), usual, strict=True):
        assert np.array_equal(shown(frame), before)


def test_a_drag_changes_contrast_where_that_is_chosen(page: Page) -> None:
    send(page)
    page.get_by_role("button", name="Drag for contrast").click()
    x, y = page.evaluate(PIXEL, ["#original", 100, 80, False])
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y + 25, steps=3)
    page.mouse.up()

    expect(page.locator("#window-width")).to_have_value(str(255 - 60))
    expect(page.locator("#window-level")).to_have_value(str(128 - 25))
    expect(page.locator("#overlay")).to_be_hidden()
    expect(page.locator("#zoom-value")).to_have_text("100 %")


def test_evidence_below_a_value_is_hidden_and_nothing_else(
    page: Page, address: str
) -> None:
    send(page)
    numbers = maps_of(page, address)
    label = CLASS_NAMES.index(page.locator("#map-class").input_value())
    values = numbers.values(choose_style(METHODS[0]), label)
    assert values is not None
    set_slider(page, "cut", 40)
    expect(page.locator("#cut-value")).to_contain_text("40 %")
    expect(page.locator("#pictures")).to_have_class(re.compile("cut"))
    alpha = page.evaluate(DRAWN)
    drawn = np.array(alpha).reshape(values.shape) > 0

    assert np.array_equal(drawn, (values >= 40.0) & numbers.head)
    assert 0.01 < drawn.mean() < 0.6
    expect(page.locator("#overlay")).to_be_hidden()
    set_slider(page, "cut", 0)
    expect(page.locator("#overlay")).to_be_visible()


@pytest.mark.parametrize(
    "scan",
    [DICOM, MIRRORED, nifti(BRAIN, -0.9, -0.9), nifti(BRAIN[:, ::-1], 0.9, -0.9)],
    ids=["DICOM", "DICOM, mirrored", "NIfTI", "NIfTI, mirrored"],
)
def test_letters_and_scale_are_those_of_the_file(page: Page, scan: bytes) -> None:
    send(page, scan)
    for frame in frames(page):
        letters = [
            frame.locator(f".edge-{edge}").inner_text()
            for edge in ("top", "right", "bottom", "left")
        ]
        assert letters == ["A", "L", "P", "R"]
        assert [place_of(frame, letter) for letter in letters] == [
            ("middle", "begin"),
            ("end", "middle"),
            ("middle", "end"),
            ("begin", "middle"),
        ]
    original, _ = frames(page)
    place, image = original.bounding_box(), page.locator("#original").bounding_box()
    assert place
    assert image
    pixels, scale = shown(original), image["width"] / 176
    row = int(image["y"] - place["y"] + (DOT[0] + 0.5) * scale)
    column, opposite = (
        int(image["x"] - place["x"] + (at + 0.5) * scale)
        for at in (DOT[1], 175 - DOT[1])
    )
    # Towards A and R, where the drawn person has it.
    assert pixels[row, column].min() > pixels[row, opposite].max() + 20
    expect(page.locator("#picture-sides")).to_contain_text("left is the person's right")

    bar = original.locator(".scale-bar")
    length = int(bar.inner_text().removesuffix(" mm"))
    measured = bar.bounding_box()
    assert measured
    assert measured["width"] == pytest.approx(
        length / 0.9 * image["width"] / 176, abs=1.0
    )
    original.focus()
    press(page, "+", "+", "+")
    zoomed = int(bar.inner_text().removesuffix(" mm"))
    again, larger = bar.bounding_box(), page.locator("#original").bounding_box()
    assert again
    assert larger
    assert again["width"] == pytest.approx(
        zoomed / 0.9 * larger["width"] / 176, abs=1.0
    )


def test_of_a_picture_that_does_not_say_nothing_is_claimed(page: Page) -> None:
    send(page, as_png(BRAIN))

    for edge in page.locator("#pictures .edge").all():
        expect(edge).to_be_empty()
    expect(page.locator("#pictures .scale-bar:visible")).to_have_count(0)
    expect(page.locator("#picture-sides")).to_contain_text("does not say how")
    expect(page.locator("#picture-sides")).to_contain_text("nor how large")


def test_two_fingers_enlarge_and_one_scrolls_the_page(
    browser: Browser, address: str
) -> None:
    for page in opened(browser, address, 360, touches=True):
        send(page)
        keep(page, "pictures-360")
        original, overlay = frames(page)
        first, second = original.bounding_box(), overlay.bounding_box()
        assert first
        assert second
        assert second["y"] < first["y"]  # the map follows the answer at once
        overlay.scroll_into_view_if_needed()
        place = overlay.bounding_box()
        assert place
        x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
        expect(overlay).to_have_css("touch-action", "pan-y")
        cdp = page.context.new_cdp_session(page)
        for kind, apart in (("Start", 30), ("Move", 45), ("Move", 60), ("Move", 75)):
            points = [{"x": x - apart, "y": y}, {"x": x + apart, "y": y}]
            touch = {"type": f"touch{kind}", "touchPoints": points}
            cdp.send("Input.dispatchTouchEvent", touch)
        cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        expect(page.locator("#zoom-value")).to_have_text("250 %")
        expect(overlay).to_have_css("touch-action", "none")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360


def test_a_reopened_slice_is_shown_as_the_network_saw_it_and_asked_again(
    page: Page, address: str
) -> None:
    send(page)
    answer = httpx.get(f"{address}/analyses/{identity_of(page)}").json()
    answered = answer["class_probabilities"].values()
    page.reload()
    expect(page.locator("#kept-note")).to_contain_text("The scan itself is not kept")
    expect(page.locator("#original-title")).to_have_text("What the network saw")
    expect(page.locator("#original")).to_have_js_property("naturalWidth", 176)
    expect(frames(page)[0].locator(".edge-left")).to_have_text("R")
    page.get_by_role("button", name="Place a box").click()
    rows = page.locator("#occlusion-rows tr")
    expect(rows).to_have_count(5)
    before = [row.locator("td").first.inner_text() for row in rows.all()[:4]]

    # One number for one slice, as far as its digits go.
    for told, kept in zip(before, answered, strict=True):
        assert float(told[:-2]) == pytest.approx(float(kept[:-1]), abs=0.0501)


def test_the_box_stays_on_its_part_of_the_scan(page: Page) -> None:
    send(page)
    page.get_by_role("button", name="Place a box").click()
    expect(page.locator("#occlusion-answer")).to_be_visible()
    frames(page)[0].focus()
    press(page, "+", "+", "ArrowRight")
    box, image = (page.locator(name).bounding_box() for name in ("#box", "#original"))
    assert box
    assert image
    assert (box["x"] - image["x"]) / image["width"] == pytest.approx(0.4, abs=0.01)
    assert box["height"] / image["height"] == pytest.approx(0.2, abs=0.01)


def test_the_page_weighs_little(browser: Browser, address: str) -> None:
    page = browser.new_page()
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))  # noqa: PLW0108 - Playwright marks it
    page.goto(address, wait_until="networkidle")
    weights = {
        each.url: sent(each)
        for each in responses
        if re.search(r"(mri-upload|[.]js|[.]css)$", each.url)
    }
    page.close()

    assert any(name.endswith("zoom.js") for name in weights)
    assert any(name.endswith("mri-upload") for name in weights)
    assert not any("vendor" in name for name in weights)
    assert 20_000 < sum(weights.values()) < 150_000, weights
