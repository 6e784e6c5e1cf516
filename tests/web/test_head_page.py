"""The answer for a whole head on the page, in a real browser."""

import io
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from alzer.analysis import Analysis
from alzer.backends.local import OnStage
from alzer.classes import CLASS_NAMES
from alzer.model.bundle import load_bundle, shipped_bundle
from alzer.model.engine import Model, load_model
from alzer.person_analysis import analyse_volume
from alzer.scans.volume import Volume
from alzer.settings import Settings
from alzer.volumes.pipeline import PreparedVolume
from alzer.volumes.quality import Verdict
from phantoms import as_nifti
from served import app_of, serving_app, steps_of
from slabs import read_nifti, straight_head
from web.browsers import keep

LIBRARY = "vendor/niivue"
REASON = "The brain is cut by the end of the scan."
HEAD = straight_head()
SCAN = as_nifti(HEAD.volume.voxels, HEAD.volume.affine)

# What each model says of it, which is the same in all tests; by the model's id().
ANALYSED: dict[int, Analysis] = {}


@dataclass
class Served:
    """A service whose head has been prepared already, which takes long.

    Attributes:
        model: What answers.
        head: The preparation; tests give it another verdict.
        address: Where the service is.
        goes_on: Tests clear it to have the analysis wait.
    """

    model: Model
    head: PreparedVolume = HEAD
    address: str = ""
    goes_on: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.goes_on.set()

    def read(self, *_: object) -> Volume:
        return self.head.volume

    def analyse(self, _: Volume, on_stage: OnStage) -> Analysis:
        on_stage("brain", 0.2)
        assert self.goes_on.wait(60.0)
        if self.head is not HEAD:
            return analyse_volume(self.head, self.model, on_stage)
        if id(self.model) not in ANALYSED:
            ANALYSED[id(self.model)] = analyse_volume(HEAD, self.model, on_stage)
        return ANALYSED[id(self.model)]

    def judge(self, verdict: Verdict) -> None:
        quality = replace(HEAD.quality, verdict=verdict, reasons=(REASON,))
        self.head = replace(HEAD, quality=quality)

    @cached_property
    def answer(self) -> dict[str, Any]:
        """What the service told last."""
        listed = httpx.get(f"{self.address}/analyses").json()
        told: dict[str, Any] = listed["analyses"][0]
        return told


@pytest.fixture
def served(shipped_model: Model, tmp_path: Path) -> Iterator[Served]:
    """Serve the model that ships, to which drawn heads are as real ones."""
    yield from serve(Served(shipped_model), tmp_path)


def serve(served: Served, folder: Path) -> Iterator[Served]:
    settings = Settings.model_validate(
        {"data_dir": folder, "allowed_hosts": ("127.0.0.1",)}
    )
    steps = replace(
        steps_of(served.model, settings),
        read_scan=served.read,
        analyse_volume=served.analyse,
        needs_isolation=lambda _: True,
    )
    with serving_app(app_of(steps, settings, served.model)) as address:
        served.address = address
        yield served


@dataclass
class Visit:
    """A page that shows the answer for a head, and what it asked for."""

    page: Page
    asked: list[str]
    complaints: list[str]


def visit(
    browser: Browser,
    served: Served,
    width: int = 1200,
    script: str = "",
    scan: bytes = SCAN,
) -> Visit:
    """Send the head from a page that has run a script, and wait for its answer."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.add_init_script(script)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and not re.search("400|503", message.text)
            else None  # failures of a job, and a busy service, which is asked again
        ),
    )
    page.goto(served.address)
    send(page, scan)
    shown = page.locator("#result, #failure").locator("visible=true")
    expect(shown).to_be_visible(timeout=90_000)
    return Visit(page, asked, complaints)


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
    browser: Browser, served: Served
) -> None:
    shown = visit(browser, served)
    page, answer = shown.page, served.answer

    expect(page.locator("#headline")).to_have_text(answer["headline"])
    expect(page.locator("#verdict")).to_contain_text("Good")
    expect(page.locator("#head-facts")).to_contain_text("1235 ml")
    expect(page.locator("#structures")).to_be_hidden()  # nobody has installed them
    expect(page.locator("#evidence")).to_be_visible()  # of the chosen slice
    with page.expect_download() as download:
        page.get_by_text("Download evidence").click()
    assert download.value.suggested_filename.startswith("evidence_")
    sent = httpx.get(answer["evidence_url"]).content
    assert Path(download.value.path()).read_bytes() == sent
    assert shown.complaints == []
    page.close()


def test_a_doubtful_preparation_is_said_with_its_reasons(
    browser: Browser, served: Served
) -> None:
    served.judge("check")
    page = visit(browser, served).page

    expect(page.locator("#verdict")).to_contain_text("Check: look at the slices")
    expect(page.locator("#verdict-reasons")).to_have_text(REASON)
    page.close()


def test_each_slice_shows_its_probabilities_by_keyboard_too(
    browser: Browser, served: Served
) -> None:
    page = visit(browser, served).page
    rows = served.answer["slices"]
    leading = served.answer["leading_slice"]
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
    told = [following["class_probabilities"][name] for name in CLASS_NAMES]
    expected = [float(share.rstrip("%")) for share in told]
    np.testing.assert_allclose(
        [float(text[:-2]) for text in shares], expected, atol=0.5
    )
    expect(page.locator("#slice-frame .right")).to_be_visible()
    expect(page.locator("#slice-sides")).to_contain_text("right is on the left")
    picture = page.locator("#slice-image")
    expect(picture).to_have_js_property("naturalWidth", 176)
    page.close()


def test_any_map_is_shown_of_the_slice_that_is_chosen(
    browser: Browser, served: Served
) -> None:
    shown = visit(browser, served)
    page, leading = shown.page, served.answer["leading_slice"]
    root = f"{served.address}/analyses/{served.answer['analysis_id']}"
    expect(page.locator("#map-tools")).to_be_visible()
    expect(page.locator("#map-method")).to_have_value("additive")
    expect(page.locator("#original")).to_have_attribute(
        "src", re.compile(f"seen.slice={leading}$")
    )
    expect(page.locator("#overlay")).to_be_hidden()  # there is no saved one
    page.select_option("#map-method", "contrastive")
    chosen = (leading + 5) % 32
    page.locator(f"#strip input[value='{chosen}']").check(force=True)
    expect(page.locator("#original")).to_have_attribute(
        "src", re.compile(f"seen.slice={chosen}$")
    )
    expect(page.locator("#map-method")).to_have_value("contrastive")
    height = page.locator("#slice-title").inner_text().partition("at ")[2]
    expect(page.locator("#cam-title")).to_have_text(
        f"Contrastive evidence, slice at {height}"
    )
    frame = page.locator("#overlay-figure .frame")
    assert frame.locator(".edge").all_inner_texts() == ["A", "L", "P", "R"]
    expect(frame.locator(".scale-bar")).to_be_visible()

    query = {"class": served.answer["prediction"], "method": "contrastive"}
    sent = httpx.get(f"{root}/map/values", params={**query, "slice": chosen}).content
    numbers = np.load(io.BytesIO(sent))
    frame.focus()
    page.keyboard.press("Shift+ArrowRight")
    readout = page.locator("#cursor-value")
    expect(readout).to_contain_text("Row 104, column 89")
    expect(readout).to_contain_text(f"{abs(numbers[104, 89]):.2f} logit")
    with page.expect_request(re.compile(rf"occlusion.*slice={chosen}$")):
        page.get_by_role("button", name="Place a box").click()
    assert shown.complaints == []
    page.close()


def test_without_a_reliable_answer_evidence_is_hidden_until_it_is_asked_for(
    browser: Browser, tmp_path: Path
) -> None:
    model = load_model(load_bundle(shipped_bundle()))
    nothing_is_like = replace(model.decision, ood_limit=-1.0)
    doubting = replace(model, decision=nothing_is_like)
    for served in serve(Served(doubting), tmp_path):
        page = visit(browser, served).page

        expect(page.locator("#headline")).to_have_text("No reliable answer")
        expect(page.locator("#unreliable-reason")).to_contain_text("Too many slices")
        expect(page.locator("#verdict")).to_be_visible()
        expect(page.locator("#strip")).to_be_hidden()
        expect(page.locator("#planes")).to_be_hidden()
        shown = page.locator("#result").inner_text()
        assert not [name for name in CLASS_NAMES if name in shown]
        page.locator("#withheld > summary").click()
        expect(page.locator("#strip")).to_be_visible()
        page.close()


def test_where_nothing_draws_in_3d_the_slices_stand_alone(
    browser: Browser, served: Served
) -> None:
    nothing_draws = "HTMLCanvasElement.prototype.getContext = () => null"
    shown = visit(browser, served, script=nothing_draws)
    page = shown.page
    page.locator("#planes").scroll_into_view_if_needed()

    expect(page.locator("#planes-missing")).to_contain_text("no WebGL 2")
    expect(page.locator("#planes-box")).to_be_hidden()
    expect(page.locator("#strip")).to_be_visible()
    assert not [url for url in shown.asked if LIBRARY in url]
    page.close()


def test_planes_tell_place_and_value_as_the_file_has_them(
    browser: Browser, served: Served
) -> None:
    shown = visit(browser, served)
    page = shown.page
    show_planes(page)
    content = httpx.get(served.answer["evidence_url"]).content
    values, affine, _ = read_nifti(content)
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
    browser: Browser, served: Served
) -> None:
    page = visit(browser, served).page
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
    browser: Browser, served: Served
) -> None:
    page = visit(browser, served).page
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
    browser: Browser, served: Served
) -> None:
    untold = as_nifti(HEAD.volume.voxels)
    page = visit(browser, served, scan=untold).page
    show_planes(page)

    expect(page.locator("#convention-text")).to_contain_text("not known which side")
    expect(page.locator("#convention")).to_be_disabled()
    page.close()


@pytest.mark.parametrize(
    ("width", "scheme"), [(360, "light"), (360, "dark"), (768, "dark"), (1440, "light")]
)
def test_a_head_fits_any_screen(
    browser: Browser, served: Served, width: int, scheme: str
) -> None:
    page = visit(browser, served, width).page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    show_planes(page)

    widths = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert widths[0] <= widths[1]
    keep(page, f"11-head-{width}-{scheme}")
    page.close()


def test_a_failed_preparation_gives_its_reason_and_a_picture_but_no_class(
    browser: Browser, served: Served
) -> None:
    served.judge("failed")
    page = visit(browser, served).page

    expect(page.locator("#failure")).to_contain_text("No prediction")
    expect(page.locator("#failure-reason")).to_contain_text(REASON)
    expect(page.locator("#failure-image")).to_be_visible()
    expect(page.locator("#result")).to_be_hidden()
    shown = page.locator("#failure").inner_text()
    assert not [name for name in CLASS_NAMES if name in shown]
    assert page.evaluate("document.activeElement.id") == "failure-title"
    keep(page, "12-failed")
    page.close()


def test_an_answer_that_came_while_the_page_was_loaded_again_is_shown(
    browser: Browser, served: Served
) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    served.goes_on.clear()
    page.goto(served.address)
    send(page, SCAN)
    expect(page.locator("#stages [aria-current=step]")).to_be_visible()
    page.wait_for_url("**/*job=*")
    page.reload()
    expect(page.locator("#stages [aria-current=step]")).to_be_visible()
    served.goes_on.set()
    expect(page.locator("#result")).to_be_visible()
    show_planes(page)

    expect(page.locator("#headline")).to_have_text(served.answer["headline"])
    assert page.url.endswith(f"?analysis={served.answer['analysis_id']}")
    expect(page.locator("#kept-scan")).to_be_visible()  # its own file is gone
    page.close()


def test_a_file_that_is_at_hand_is_shown_whole(
    browser: Browser, served: Served
) -> None:
    shown = visit(browser, served)
    show_planes(shown.page)

    expect(shown.page.locator("#kept-scan")).to_be_hidden()
    assert not [url for url in shown.asked if url.endswith("/brain.nii.gz")]
    shown.page.close()


def test_an_analysis_opened_again_has_no_letters_if_its_file_had_none(
    browser: Browser, served: Served
) -> None:
    served.head = replace(HEAD, volume=replace(HEAD.volume, tells_sides=False))
    page = visit(browser, served, scan=as_nifti(HEAD.volume.voxels)).page
    page.reload()
    expect(page.locator("#result")).to_be_visible()
    show_planes(page)

    expect(page.locator("#convention-text")).to_contain_text("not known which side")
    expect(page.locator("#convention")).to_be_disabled()
    expect(page.locator("#slice-frame .right")).to_be_hidden()
    expect(page.locator("#slice-sides")).to_be_hidden()
    page.close()


def test_without_a_kept_scan_the_mask_is_shown_and_said(
    browser: Browser, served: Served
) -> None:
    page = visit(browser, served).page
    page.route("**/brain.nii.gz", lambda route: route.fulfill(status=404))
    page.reload()
    expect(page.locator("#result")).to_be_visible()
    show_planes(page)

    expect(page.locator("#no-scan")).to_be_visible()
    expect(page.locator("#kept-scan")).to_be_hidden()
    expect(page.locator("#mask-control")).to_be_hidden()
    page.close()
