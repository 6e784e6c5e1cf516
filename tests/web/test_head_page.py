"""The answer for a whole head on the page, in a real browser."""

import io
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import (
    Browser,
    FilePayload,
    Page,
    Route,
    expect,
)

from alzer.analysis import Analysis
from alzer.classes import CLASS_NAMES
from alzer.model.engine import Model
from alzer.person_analysis import analyse_volume
from alzer.person_evidence import brain_mask_nifti, evidence_volume, slice_overlay
from alzer.volume_fields import volume_fields
from alzer.web.answers import describe
from phantoms import as_nifti
from slabs import read_nifti, straight_head
from web.browsers import keep

NUMBER = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
LIBRARY = "vendor/niivue"
STRUCTURES = {"Hippocampus": {"ml": 7.84, "share": 0.0064}}


@dataclass(frozen=True)
class Answered:
    """An answer for a whole head, and the files that belong to it."""

    analysis: Analysis
    scan: bytes
    files: dict[str, bytes]
    answer: dict[str, Any]

    def saying(self, **changes: object) -> "Answered":
        """Return the same with another answer in some fields."""
        return replace(self, answer={**self.answer, **changes})


@pytest.fixture(scope="module")
def answered(shipped_model: Model) -> Answered:
    """Return what the model that ships makes of a drawn head."""
    head = straight_head()
    analysis = analyse_volume(head, shipped_model)
    fields: dict[str, Any] = {**volume_fields(analysis)}
    files = {
        "evidence.nii.gz": evidence_volume(analysis).as_nifti(),
        "brain_mask.nii.gz": brain_mask_nifti(analysis),
    }
    for one in fields["slices"]:
        name = f"heatmap_{one['index']}.png"
        files[name] = slice_overlay(analysis, one["index"])
        one["heatmap_url"] = f"http://public.example/alzer/uploads/heatmaps/{name}"
    fields["measurements"]["structures"] = STRUCTURES
    answer = {
        **describe(analysis, NUMBER, None).model_dump(),
        **fields,
        "heatmap_url": fields["slices"][fields["leading_slice"]]["heatmap_url"],
        "evidence_url": f"http://public.example/analyses/{NUMBER}/evidence.nii.gz",
        "brain_mask_url": f"http://public.example/analyses/{NUMBER}/brain_mask.nii.gz",
    }
    return Answered(
        analysis, as_nifti(head.volume.voxels, head.volume.affine), files, answer
    )


@dataclass
class Visit:
    """A page that shows the answer for a head, and what it asked for."""

    page: Page
    asked: list[str]
    complaints: list[str]


def visit(
    browser: Browser,
    address: str,
    answered: Answered,
    width: int = 1200,
    script: str = "",
) -> Visit:
    """Send the head from a page that has run a script, and be given its answer."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.add_init_script(script)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text) if message.type == "error" else None
        ),
    )
    page.route("**/predict*", lambda route: route.fulfill(json=answered.answer))
    for kind in ("uploads", "analyses"):
        page.route(f"**/{kind}/**", lambda route: give(route, answered.files))
    page.goto(address)
    send(page, answered.scan)
    expect(page.locator("#result")).to_be_visible()
    return Visit(page, asked, complaints)


def give(route: Route, files: dict[str, bytes]) -> None:
    name = route.request.url.rpartition("/")[2]
    kind = "image/png" if name.endswith("png") else "application/gzip"
    route.fulfill(body=files[name], content_type=kind)


def send(page: Page, scan: bytes) -> None:
    file = FilePayload(name="Doe_Jane.nii", mimeType="", buffer=scan)
    page.set_input_files("#file", file)
    expect(page.locator("#found")).to_be_visible()
    page.get_by_role("button", name="Submit for Analysis").click()


def show_planes(page: Page) -> None:
    page.locator("#planes").scroll_into_view_if_needed()
    expect(page.locator("#position")).not_to_be_empty(timeout=90_000)


def set_slider(page: Page, name: str, value: float) -> None:
    page.locator(f"#{name}").fill(str(round(value)))


def planes_of(page: Page) -> np.ndarray[Any, np.dtype[np.int64]]:
    picture = page.locator("#planes-canvas").screenshot()
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(np.int64)


def colourfulness(page: Page) -> float:
    return float(np.ptp(planes_of(page), axis=2).mean())


def test_the_answer_is_the_persons_with_its_preparation_and_measurements(
    browser: Browser, address: str, answered: Answered
) -> None:
    shown = visit(browser, address, answered)
    page, answer = shown.page, answered.answer

    expect(page.locator("#headline")).to_have_text(answer["headline"])
    expect(page.locator("#verdict")).to_contain_text("Good")
    expect(page.locator("#head-facts")).to_contain_text("1235 ml")
    expect(page.get_by_role("row", name="Hippocampus 7.8 ml 0.6 %")).to_be_visible()
    expect(page.locator("#evidence")).to_be_hidden()
    expect(
        page.get_by_text("what influenced the model", exact=False).first
    ).to_be_visible()
    link = page.get_by_role("link", name="Download evidence (NIfTI)")
    # The public address may not be the one by which this page was opened.
    href = f"{address}/analyses/{NUMBER}/evidence.nii.gz"
    assert link.evaluate("link => link.href") == href
    assert link.get_attribute("download") == f"evidence_{NUMBER[:8]}.nii.gz"
    assert shown.complaints == []
    page.close()


@pytest.mark.parametrize("quality", ["check", "failed"])
def test_a_doubtful_preparation_is_said_with_its_reasons(
    browser: Browser, address: str, answered: Answered, quality: str
) -> None:
    reason = "The brain is cut by the end of the scan."
    preparation = {**answered.answer["preparation"], "reasons": [reason]}
    preparation["quality"] = quality
    page = visit(browser, address, answered.saying(preparation=preparation)).page

    expect(page.locator("#verdict")).to_contain_text(quality.capitalize())
    expect(page.locator("#verdict-reasons")).to_have_text(reason)
    page.close()


def test_each_slice_shows_its_probabilities_by_keyboard_too(
    browser: Browser, address: str, answered: Answered
) -> None:
    page = visit(browser, address, answered).page
    rows = answered.answer["slices"]
    leading = answered.answer["leading_slice"]
    expect(page.locator("#strip input")).to_have_count(len(rows))
    first = page.locator("#strip input:checked").get_attribute("value")
    page.locator("#strip input:checked").focus()
    page.keyboard.press("ArrowRight")
    following = rows[(leading + 1) % len(rows)]

    assert first == str(leading)
    assert page.locator("#strip input:checked").get_attribute("value") == str(
        following["index"]
    )
    shares = page.locator("#slice-shares dd").all_inner_texts()
    expected = [100.0 * following["class_probabilities"][name] for name in CLASS_NAMES]
    np.testing.assert_allclose(
        [float(text[:-2]) for text in shares], expected, atol=0.5
    )
    picture = page.locator("#slice-image")
    expect(picture).to_have_js_property("naturalWidth", 176)
    page.close()


def test_without_a_reliable_answer_evidence_is_hidden_until_it_is_asked_for(
    browser: Browser, address: str, answered: Answered
) -> None:
    reason = "Too many slices are unlike those that the model knows."
    changes = {
        "headline": "No reliable answer",
        "reliable": False,
        "unreliable_reason": reason,
        "possible_classes": None,
    }
    page = visit(browser, address, answered.saying(**changes)).page

    expect(page.get_by_text(reason)).to_be_visible()
    expect(page.locator("#verdict")).to_be_visible()
    expect(page.locator("#strip")).to_be_hidden()
    expect(page.locator("#planes")).to_be_hidden()
    shown = page.locator("#result").inner_text()
    assert not [name for name in CLASS_NAMES if name in shown]
    page.locator("#withheld summary").click()
    expect(page.locator("#strip")).to_be_visible()
    page.close()


def test_where_nothing_draws_in_3d_the_slices_stand_alone(
    browser: Browser, address: str, answered: Answered
) -> None:
    nothing_draws = "HTMLCanvasElement.prototype.getContext = () => null"
    shown = visit(browser, address, answered, script=nothing_draws)
    page = shown.page
    page.locator("#planes").scroll_into_view_if_needed()

    expect(page.locator("#planes-missing")).to_contain_text("no WebGL 2")
    expect(page.locator("#planes-box")).to_be_hidden()
    expect(page.locator("#strip")).to_be_visible()
    assert not [url for url in shown.asked if LIBRARY in url]
    page.close()


def test_planes_tell_place_and_value_as_the_file_has_them(
    browser: Browser, address: str, answered: Answered
) -> None:
    shown = visit(browser, address, answered)
    page = shown.page
    show_planes(page)
    values, affine, _ = read_nifti(answered.files["evidence.nii.gz"])
    strongest = np.unravel_index(np.abs(values).argmax(), values.shape)
    x, y, z = (affine @ [*strongest, 1.0])[:3]
    at_first = page.locator("#position").inner_text()
    set_slider(page, "threshold", 0)
    set_slider(page, "at-z", z + 3.0)
    moved = page.locator("#position").inner_text()

    assert at_first.startswith(
        f"{x:.0f}, {y:.0f}, {z:.0f} mm".replace("-", "\N{MINUS SIGN}")
    )
    assert f"evidence +{values[strongest]:.2f} logit" in at_first
    assert "in the brain" in at_first
    i, j, k = np.rint(np.linalg.inv(affine) @ [x, y, round(z + 3.0), 1.0]).astype(int)[
        :3
    ]
    assert f"{values[i, j, k]:+.2f}".replace("-", "\N{MINUS SIGN}") in moved
    assert [url for url in shown.asked if LIBRARY in url]
    assert shown.complaints == []  # a strict policy forbids nothing that is needed
    keep(page, "11-head")
    page.close()


def test_sliders_set_how_much_evidence_is_shown(
    browser: Browser, address: str, answered: Answered
) -> None:
    page = visit(browser, address, answered).page
    show_planes(page)
    set_slider(page, "evidence-opacity", 100)
    strong = colourfulness(page)
    set_slider(page, "threshold", 95)
    cut = colourfulness(page)
    set_slider(page, "threshold", 25)
    set_slider(page, "evidence-opacity", 0)
    none = colourfulness(page)
    page.get_by_label("Show the brain mask").check()
    masked = colourfulness(page)

    assert none < cut < strong
    assert none < masked
    page.close()


def test_the_convention_is_stated_and_can_be_changed(
    browser: Browser, address: str, answered: Answered
) -> None:
    page = visit(browser, address, answered).page
    show_planes(page)
    set_slider(page, "at-x", 40)
    stated = page.locator("#convention-text").inner_text()
    radiological = planes_of(page)
    page.locator("#convention").select_option("neurological")

    assert "right is on the left" in stated
    expect(page.locator("#convention-text")).to_contain_text("right is on the right")
    assert (planes_of(page) != radiological).any()
    page.close()


def test_a_file_that_does_not_tell_its_sides_gets_no_letters(
    browser: Browser, address: str, answered: Answered
) -> None:
    voxels = answered.analysis.preparation.volume.voxels  # type: ignore[union-attr]  # it has one
    untold = replace(answered, scan=as_nifti(voxels))
    page = visit(browser, address, untold).page
    show_planes(page)

    expect(page.locator("#convention-text")).to_contain_text("does not tell left")
    expect(page.locator("#convention")).to_be_disabled()
    page.close()


@pytest.mark.parametrize(
    ("width", "scheme"), [(360, "light"), (360, "dark"), (768, "dark"), (1440, "light")]
)
def test_a_head_fits_any_screen(
    browser: Browser, address: str, answered: Answered, width: int, scheme: str
) -> None:
    page = visit(browser, address, answered, width).page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    show_planes(page)

    widths = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert widths[0] <= widths[1]
    keep(page, f"11-head-{width}-{scheme}")
    page.close()


def test_a_failed_preparation_gives_its_reason_and_a_picture_but_no_class(
    browser: Browser, address: str, answered: Answered
) -> None:
    reason = "The brain is cut by the end of the scan. No prediction was made."
    problem = {"detail": reason, "code": "failed_preparation"}
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.route("**/predict*", lambda route: route.fulfill(status=400, json=problem))
    picture = answered.files["heatmap_0.png"]
    page.route(
        "**/preview",
        lambda route: route.fulfill(body=picture, content_type="image/png"),
    )
    page.goto(address)
    send(page, answered.scan)

    expect(page.locator("#failure")).to_contain_text("No prediction")
    expect(page.locator("#failure-reason")).to_have_text(reason)
    expect(page.locator("#failure-image")).to_have_js_property("naturalWidth", 176)
    expect(page.locator("#result")).to_be_hidden()
    shown = page.locator("#failure").inner_text()
    assert not [name for name in CLASS_NAMES if name in shown]
    assert page.evaluate("document.activeElement.id") == "failure-title"
    keep(page, "12-failed")
    page.close()
