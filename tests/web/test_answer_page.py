"""The answer on the page: what it says, from which card, and where it stands."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from alzer.classes import CLASSES
from alzer.example import EXAMPLE_WARNING
from alzer.languages.catalogue import LANGUAGES
from alzer.model.bundle import load_bundle
from alzer.model.decision import Decision
from alzer.model.engine import Model, load_model
from bundles import write_bundle
from phantoms import as_dicom, draw_brain
from served import app_that_doubts, serving, serving_app
from web.browsers import SCAN, keep, submit

# Under which names files are put into forms; a browser shows no test what it posts.
NOTE_NAMES = """
    window.namesOfFiles = [];
    const append = FormData.prototype.append;
    FormData.prototype.append = function (part, value, name) {
      if (value instanceof Blob) window.namesOfFiles.push(name ?? value.name);
      return append.apply(this, arguments);
    };
"""


def interval(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": value, "low": low, "high": high}


LOW: dict[str, Any] = {
    "from": 0.0,
    "to": 0.5,
    "people": 41,
    "given": 0.3,
    "rated": interval(0.25, 0.154, 0.382),
}
HIGH: dict[str, Any] = {
    "from": 0.5,
    "to": 1.0,
    "people": 37,
    "given": 0.8,
    "rated": interval(0.77, 0.61, 0.884),
}
SLICES: dict[str, Any] = {
    "age_60_and_over": {
        "people": 53,
        "impaired": 21,
        "auc": interval(0.81, 0.72, 0.9),
        "ece": 0.034,
        "called_impaired": interval(0.26, 0.14, 0.41),
        "missed": interval(0.02, 0.001, 0.12),
    },
    "everyone": {
        "people": 78,
        "impaired": 21,
        "auc": interval(0.88, 0.8, 0.94),
        "ece": 0.02,
        "called_impaired": None,
        "missed": None,
    },
    "classes": {"No Impairment": [LOW, HIGH], "Very Mild Impairment": [LOW, HIGH]},
}
HEADS = {"everyone": {"people": 77, "impaired": 5, "auc": interval(0.5, 0.4, 0.6)}}


def model_of(
    folder: Path,
    biases: Sequence[float] = (0.0, 0.4, -0.6, -3.0),
    answers: Mapping[str, Any] | None = None,
    limitations: Sequence[str] = (),
) -> Model:
    facts: dict[str, Any] = {"limitations": limitations}
    if answers is not None:
        facts["answers"] = answers
    bundle = write_bundle(folder, biases=biases, **facts)
    model = load_model(load_bundle(bundle), "openvino", "fp32", 1)
    return replace(model, decision=Decision(thresholds=(0.1, 0.1, 0.9, None)))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Return a model whose card tells how good it is."""
    answers = {"slice": SLICES, "person": HEADS}
    limits = ["It has only seen drawings."]
    folder = tmp_path_factory.mktemp("told")
    return model_of(folder, answers=answers, limitations=limits)


@dataclass
class Shown:
    """A page that shows an answer, and the answer as it is kept."""

    page: Page
    answer: dict[str, Any]
    asked: list[str]

    def row(self, name: str) -> Locator:
        return self.page.locator(f'#shares li[data-name="{name}"]')


def show(
    browser: Browser, address: str, file: FilePayload = SCAN, width: int = 1440
) -> Shown:
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address, timeout=120_000)
    submit(page, file)
    listed = httpx.get(f"{address}/analyses").json()["analyses"]
    return Shown(page, listed[0], asked)


@pytest.fixture
def shown(browser: Browser, told: Model, tmp_path: Path) -> Iterator[Shown]:
    with serving(told, tmp_path) as address:
        shown = show(browser, address)
        yield shown
        shown.page.close()


def box_of(page: Page, selector: str) -> dict[str, float]:
    box = page.locator(selector).bounding_box()
    assert box is not None, selector
    return {
        "x": box["x"],
        "y": box["y"],
        "width": box["width"],
        "bottom": box["y"] + box["height"],
        "right": box["x"] + box["width"],
    }


def test_each_probability_stands_beside_what_came_true_of_such(shown: Shown) -> None:
    for name in ("No Impairment", "Very Mild Impairment"):
        given = float(shown.answer["class_probabilities"][name].rstrip("%"))
        row, found = shown.row(name), LOW if given < 50.0 else HIGH
        words = row.locator(".came-true")

        expect(row.locator(".value")).to_have_text(f"{round(given)} %")
        expect(words).to_contain_text(f"slices of {found['people']} people")
        low, high = (round(100 * found["rated"][end]) for end in ("low", "high"))
        expect(words).to_contain_text(f"({low} to {high} %)")
        track = row.locator(".track").bounding_box()
        line = row.locator(".rated").bounding_box()
        assert track is not None
        assert line is not None
        begin = (line["x"] - track["x"]) / track["width"]
        assert begin == pytest.approx(low / 100, abs=0.01)
        assert line["width"] / track["width"] == pytest.approx(
            (high - low) / 100, abs=0.01
        )
    # Of the others the card tells nothing.
    for name in ("Mild Impairment", "Moderate Impairment"):
        expect(shown.row(name).locator(".came-true")).to_be_hidden()
        expect(shown.row(name).locator(".rated")).to_be_hidden()


def test_no_percent_on_the_page_has_decimals(shown: Shown) -> None:
    for each in shown.page.locator("#shares .value, #confidence").all():
        assert "." not in each.inner_text()
    total = shown.answer["class_probabilities"]["Mild Impairment"]
    assert "." in total  # the interface keeps its two decimals


def test_how_good_the_model_is_is_told_from_its_card_and_kind(shown: Shown) -> None:
    told = shown.page.locator(".how-good:visible")

    expect(told).to_have_count(1)
    expect(told).to_contain_text("from one slice")
    expect(told).to_contain_text("Of 10 unimpaired people it calls 3 impaired")
    expect(told).to_contain_text("it misses fewer than 1")
    expect(told).to_contain_text("AUC 0.81 (95 % interval 0.72 to 0.90)")
    expect(told).to_contain_text("53 people of 60 and over")
    assert "77 people" not in shown.page.locator("#result").inner_text()


def test_a_card_without_figures_is_told_nothing_of(
    browser: Browser, tmp_path: Path
) -> None:
    with serving(model_of(tmp_path / "bundle"), tmp_path) as address:
        page = show(browser, address).page

        for missing in (".how-good", "#rated-note", "#details table", ".came-true"):
            expect(page.locator(missing).locator("visible=true")).to_have_count(0)
        expect(page.locator("#shares .value").first).to_be_visible()
        page.close()


def test_figures_of_one_model_never_stand_beside_the_answer_of_another(
    browser: Browser, told: Model, tmp_path: Path
) -> None:
    with serving(told, tmp_path) as address:
        page = browser.new_page()
        page.goto(address, timeout=120_000)
        page.evaluate("document.getElementById('assessment').dataset.model = 'another'")
        submit(page)

        for missing in (".how-good", "#rated-note", ".came-true", ".rated"):
            expect(page.locator(missing).locator("visible=true")).to_have_count(0)
        page.close()


def test_warnings_come_before_every_number(
    browser: Browser, told: Model, tmp_path: Path
) -> None:
    everything = Decision(thresholds=(0.0, 0.0, 0.0, None))
    with serving(replace(told, decision=everything), tmp_path) as address:
        page = show(browser, address, width=360).page

        warnings = box_of(page, "#warnings")
        assert box_of(page, "#headline")["bottom"] <= warnings["y"]
        for number in ("#confidence", "#shares", ".how-good:visible"):
            assert warnings["bottom"] <= box_of(page, number)["y"], number
        expect(page.get_by_text("neither good news nor")).to_be_visible()
        page.close()


@pytest.mark.parametrize(
    ("bounds", "sentence"),
    [
        ((0.0, 1.0, 1.0, None), f"rated as {CLASSES[0].rated}"),
        ((0.0, 0.0, 1.0, None), "can't decide between these"),
        ((0.0, 0.0, 0.0, None), "does not know"),
        ((1.0, 1.0, 1.0, None), "fits none of the model's groups"),
    ],
)
def test_one_plain_sentence_says_what_the_answer_means(
    browser: Browser, tmp_path: Path, bounds: tuple[float | None, ...], sentence: str
) -> None:
    surely_unimpaired = model_of(tmp_path / "bundle", (9.0, 0.0, 0.0, 0.0))
    model = replace(surely_unimpaired, decision=Decision(thresholds=bounds))
    with serving(model, tmp_path) as address:
        page = show(browser, address).page

        plain = page.locator("#plain span:visible")
        expect(plain).to_have_count(1)
        expect(plain).to_contain_text(sentence)
        page.close()


# Whether each comma stands on the line of what is before it.
COMMAS = """
(headline) => {
  const range = document.createRange();
  const walker = document.createTreeWalker(headline, NodeFilter.SHOW_TEXT);
  const found = [];
  let before = null;
  while (walker.nextNode()) {
    for (let place = 0; place < walker.currentNode.length; place += 1) {
      range.setStart(walker.currentNode, place);
      range.setEnd(walker.currentNode, place + 1);
      const { top } = range.getBoundingClientRect();
      if (range.toString() === ",") found.push(top === before);
      before = top;
    }
  }
  return found;
}
"""


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_no_line_of_the_headline_begins_with_a_comma(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    surely_unimpaired = model_of(tmp_path / "bundle", (9.0, 0.0, 0.0, 0.0))
    every = Decision(thresholds=(0.0, 0.0, 0.0, None))
    with serving(replace(surely_unimpaired, decision=every), tmp_path) as address:
        for language in LANGUAGES:
            page = browser.new_page(
                base_url=address,
                viewport={"width": width, "height": 800},
                locale=language,
            )
            page.goto(f"/assessment/mri-upload?lang={language}")
            page.set_input_files("#file", SCAN)
            expect(page.locator("#preview-image")).to_be_visible()
            page.locator("#submit").click()
            expect(page.locator("#result")).to_be_visible()

            assert page.locator("#headline").evaluate(COMMAS) == [True]
            page.close()


def test_the_names_of_the_classes_are_explained(shown: Shown) -> None:
    names = shown.page.locator("#class-names")
    expect(names.get_by_text(CLASSES[0].everyday)).to_be_hidden()
    names.locator("summary").click()

    for each in CLASSES:
        expect(names.get_by_text(each.everyday)).to_be_visible()
        expect(names.get_by_text(f"{each.name} (CDR {each.cdr:g})")).to_be_visible()


def test_clinicians_find_what_was_sent_and_what_the_network_saw(
    browser: Browser, told: Model, tmp_path: Path
) -> None:
    content = as_dicom(draw_brain(), PixelSpacing=[0.9, 0.9])
    scan = FilePayload(name="Doe_Jane.dcm", mimeType="", buffer=content)
    with serving(told, tmp_path) as address:
        shown = show(browser, address, scan)
        page = shown.page
        assert not [url for url in shown.asked if "/seen" in url]
        page.locator("#details summary").click()

        facts = page.locator("#input-facts")
        expect(facts).to_contain_text("DICOM")
        expect(facts).to_contain_text("208 \N{MULTIPLICATION SIGN} 176")
        expect(facts).to_contain_text("0.9 \N{MULTIPLICATION SIGN} 0.9 mm")
        expect(page.locator("#details")).to_contain_text("It has only seen drawings.")
        expect(page.locator("#details table:visible")).to_contain_text("26 % (14 to 41")
        expect(page.locator("#details table:visible")).to_contain_text("3 points")
        expect(page.locator("#seen-image")).to_have_js_property("naturalWidth", 176)
        keep(page, "13-details")
        page.close()


def test_the_name_of_the_file_and_the_time_stay_over_a_reload_and_are_not_sent(
    browser: Browser, told: Model, tmp_path: Path
) -> None:
    scan = FilePayload(name="Doe_Jane.jpg", mimeType="", buffer=SCAN["buffer"])
    with serving(told, tmp_path) as address:
        page = browser.new_page()
        page.add_init_script(NOTE_NAMES)
        page.goto(address, timeout=120_000)
        submit(page, scan)
        expect(page.locator("#scan-name")).to_have_text("Doe_Jane.jpg,")
        names = page.evaluate("window.namesOfFiles")
        page.reload()
        expect(page.locator("#result")).to_be_visible()

        expect(page.locator("#scan-name")).to_have_text("Doe_Jane.jpg,")
        kept = httpx.get(f"{address}/analyses").json()["analyses"][0]
        moment = page.locator("#analysed-at").get_attribute("datetime") or ""
        assert moment[:19] == kept["created_at"][:19]
        assert set(names) == {"scan"}
        assert "Doe" not in str(kept)
        page.close()


def test_of_an_analysis_that_another_browser_opens_no_name_is_known(
    browser: Browser, told: Model, tmp_path: Path
) -> None:
    with serving(told, tmp_path) as address:
        shown = show(browser, address)
        other = browser.new_page()
        other.goto(shown.page.url)

        expect(other.locator("#result")).to_be_visible()
        expect(other.locator("#scan-name")).to_have_text("")
        expect(other.locator("#analysed-at")).to_contain_text("analysed")
        shown.page.close()
        other.close()


def test_the_example_is_chosen_like_a_file_and_answered_as_a_drawing(
    browser: Browser, shipped_address: str
) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(shipped_address, timeout=120_000)
    page.get_by_role("button", name="Try an example").click()
    expect(page.locator("#preview-name")).to_have_text("example.png")
    assert page.evaluate("document.activeElement.id") == "submit"
    page.get_by_role("button", name="Submit for Analysis").click()

    expect(page.locator("#example-tag")).to_be_visible()
    expect(page.locator("#warnings")).to_contain_text(EXAMPLE_WARNING)
    expect(page.locator("#scan-name")).to_have_text("example.png,")
    page.reload()
    expect(page.locator("#example-tag")).to_be_visible()
    keep(page, "14-example")
    page.get_by_role("button", name="Analyse another").first.click()
    submit(page)
    expect(page.locator("#example-tag")).to_be_hidden()
    page.close()


def test_on_a_desk_the_answer_and_both_pictures_are_in_sight_without_scrolling(
    browser: Browser, shipped_address: str
) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(shipped_address, timeout=120_000)
    submit(page)
    expect(page.locator("#map-tools")).to_be_visible()

    assert page.evaluate("window.scrollY") == 0
    boxes = [box_of(page, name) for name in ("#answer", "#original", "#overlay")]
    for box in boxes:
        assert box["y"] >= 0
        assert box["bottom"] <= 900
        assert box["right"] <= 1440
    answer, original, overlay = boxes
    assert answer["right"] < original["x"]
    assert original["right"] < overlay["x"]
    assert min(original["width"], overlay["width"]) >= 320
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_the_answer_fits_any_screen(
    browser: Browser, told: Model, tmp_path: Path, width: int, scheme: str
) -> None:
    with serving(told, tmp_path) as address:
        page = show(browser, address, width=width).page
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.locator("#details summary").click()
        page.locator("#class-names summary").click()

        widths = page.evaluate(
            "[document.documentElement.scrollWidth,"
            " document.documentElement.clientWidth]"
        )
        assert widths[0] <= widths[1]
        keep(page, f"13-answer-{width}-{scheme}")
        page.close()


def test_on_a_phone_the_overlay_follows_the_answer_at_once(
    browser: Browser, told: Model, tmp_path: Path
) -> None:
    with serving(told, tmp_path) as address:
        page = show(browser, address, width=360).page

        answer, overlay = box_of(page, "#answer"), box_of(page, "#overlay")
        # Nothing but the titles of the pictures stands between.
        assert 0 <= overlay["y"] - answer["bottom"] <= 120
        for later in ("#original", "#shares", ".legend", "#details"):
            assert overlay["bottom"] <= box_of(page, later)["y"], later
        page.get_by_role("button", name="All four probabilities").click()
        expect(page.locator("#shares")).to_be_in_viewport()
        assert page.evaluate("document.activeElement.id") == "shares-title"
        page.close()


def test_without_a_reliable_answer_the_heatmap_and_figures_are_folded_away(
    browser: Browser, told: Model, tmp_path: Path
) -> None:
    with serving_app(app_that_doubts(told, "It is a mask.", tmp_path)) as address:
        page = show(browser, address).page

        expect(page.locator("#headline")).to_have_text("No reliable answer")
        for folded in ("#overlay", "#shares", ".how-good >> nth=0", "#plain"):
            expect(page.locator(folded)).to_be_hidden()
        page.locator("#withheld > summary").click()
        expect(page.locator("#overlay")).to_be_visible()
        expect(page.locator("#shares")).to_be_visible()
        # What came true of other answers says nothing of one that is none.
        for missing in (".how-good", ".came-true", ".rated", "#rated-note"):
            expect(page.locator(missing).locator("visible=true")).to_have_count(0)
        page.close()
