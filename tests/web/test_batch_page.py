"""Many scans at once on the page, in a real browser."""

import csv
import io
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    FilePayload,
    Locator,
    Page,
    Response,
    expect,
)

from alzer.analysis import Analysis
from alzer.model.engine import Model
from alzer.scans.slice import Slice
from alzer.settings import Settings
from phantoms import as_png, draw_brain
from served import app_of, serving_app, steps_of
from web.browsers import keep
from web.test_choosing import series, working

BRAINS = [as_png(draw_brain(seed=seed)) for seed in range(4)]
BROKEN = BRAINS[0][:200]


def put(folder: Path, contents: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def slices(count: int) -> dict[str, bytes]:
    return {f"s{number}.png": BRAINS[number % 4] for number in range(count)}


def start(page: Page, folder: Path) -> None:
    page.set_input_files("#folder", folder)
    expect(page.locator("#status")).to_contain_text("one by one")
    page.get_by_role("button", name="Submit for Analysis").click()
    expect(page.locator("#batch")).to_be_visible()


def rows(page: Page) -> Locator:
    return page.locator("#batch-rows tr")


def column(page: Page, name: str) -> list[str]:
    return page.locator(f"#batch-rows [data-cell={name}]").all_inner_texts()


def read_csv(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    text = Path(download.value.path()).read_bytes().decode("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_folder_of_slices_becomes_a_table_of_answers(
    page: Page, tmp_path: Path, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    folder = put(tmp_path / "in", {**slices(4), "s10.png": BROKEN, "a.txt": b"notes"})
    start(page, folder)

    expect(page.locator("#batch-status")).to_have_text("4 of 5 done, 1 failed")
    names = ["in/s0.png", "in/s1.png", "in/s2.png", "in/s3.png", "in/s10.png"]
    assert column(page, "file") == names
    assert column(page, "state") == ["Done"] * 4 + ["Failed"]
    assert "1 other file is no scan" in page.locator("#batch-left-out").inner_text()
    assert "damaged or incomplete" in column(page, "note")[4]
    thumbnail = page.locator("#batch-rows img").first
    expect(thumbnail).to_be_visible()
    assert thumbnail.evaluate("image => image.naturalHeight") == 160
    expect(rows(page).nth(3).locator("a")).to_be_visible()
    expect(rows(page).nth(4).locator("a")).to_be_hidden()
    for width in (1440, 768, 360):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width
        keep(page, f"11-batch-{width}-{scheme}")


def test_the_table_says_what_the_service_keeps(page: Page, tmp_path: Path) -> None:
    page.get_by_label("Reference (optional)").fill("Study 7")
    start(page, put(tmp_path / "in", slices(3)))
    expect(page.locator("#batch-status")).to_have_text("3 of 3 done")
    told = read_csv(page)

    kept = page.request.get("/analyses").json()["analyses"]
    by_id = {each["analysis_id"]: each for each in kept}
    assert len(by_id) == 3
    assert {each["reference"] for each in kept} == {"Study 7"}
    assert [each["file"] for each in told] == ["in/s0.png", "in/s1.png", "in/s2.png"]
    for row, headline in zip(told, column(page, "link"), strict=True):
        answer = by_id[row["analysis_id"]]
        assert row["answer"] == headline == answer["headline"]
        assert float(row["confidence"]) == pytest.approx(answer["confidence"])
        share = answer["class_probabilities"]["Mild Impairment"]
        told_share = float(row["probability of Mild Impairment"])
        assert told_share == pytest.approx(float(share.rstrip("%")) / 100, abs=1e-4)


def test_the_table_is_sorted_by_any_column(page: Page, tmp_path: Path) -> None:
    start(page, put(tmp_path / "in", {**slices(3), "s10.png": BROKEN}))
    expect(page.locator("#batch-status")).to_have_text("3 of 4 done, 1 failed")

    def sort(name: str) -> list[str]:
        page.get_by_role("button", name=name, exact=True).click()
        return [name.removeprefix("in/") for name in column(page, "file")]

    assert sort("File") == ["s0.png", "s1.png", "s2.png", "s10.png"]
    head = page.get_by_role("columnheader", name="File")
    assert head.get_attribute("aria-sort") == "ascending"
    assert sort("File") == ["s10.png", "s2.png", "s1.png", "s0.png"]
    assert head.get_attribute("aria-sort") == "descending"
    assert sort("State")[-1] == "s10.png"
    assert head.get_attribute("aria-sort") == "none"
    shares = [row["confidence"] for row in read_csv(page)]
    sort("Confidence")
    ordered = [float(row["confidence"] or -1) for row in read_csv(page)]
    assert ordered == sorted(ordered)
    assert sorted(shares) == sorted(row["confidence"] for row in read_csv(page))


def test_a_result_opens_from_the_table_and_back_leads_to_it(
    page: Page, tmp_path: Path
) -> None:
    start(page, put(tmp_path / "in", slices(2)))
    expect(page.locator("#batch-status")).to_have_text("2 of 2 done")
    link = page.locator("#batch-rows a").first
    headline = link.inner_text()
    link.click()

    expect(page.locator("#result")).to_be_visible()
    expect(page.locator("#headline")).to_have_text(headline)
    assert "?analysis=" in page.url
    page.go_back()
    expect(page.locator("#batch")).to_be_visible()
    assert column(page, "state") == ["Done", "Done"]
    page.get_by_role("button", name="Analyse others").click()
    expect(page.locator("#choose")).to_be_visible()


@contextmanager
def slow(model: Model, folder: Path, seconds: float, waiting: int) -> Iterator[str]:
    """Serve a model that takes so long for each slice."""
    settings = Settings.model_validate(
        {
            "data_dir": folder,
            "allowed_hosts": ("127.0.0.1",),
            "max_waiting": waiting,
        }
    )
    steps = steps_of(model, settings)

    def analyse_slowly(data: bytes | Slice) -> Analysis:
        time.sleep(seconds)
        return steps.analyse(data)

    app = app_of(replace(steps, analyse=analyse_slowly), settings, model)
    with serving_app(app) as address:
        yield address


def statuses_of(page: Page) -> list[int]:
    """Return a list that takes the statuses of what the service says of scans."""
    statuses: list[int] = []

    def note(response: Response) -> None:
        if "/predict" in response.url:
            statuses.append(response.status)

    page.on("response", note)
    return statuses


@pytest.mark.parametrize("waiting", [1, 8])
def test_whoever_is_turned_away_asks_again(
    browser: Browser, model: Model, tmp_path: Path, waiting: int
) -> None:
    folder = put(tmp_path / "in", slices(4))
    with slow(model, tmp_path, 0.5, waiting) as address:
        pages = [browser.new_page() for _ in range(3)]
        statuses = [statuses_of(page) for page in pages]
        for page in pages:
            page.goto(address)
        for page in pages:
            start(page, folder)
        for page in pages:
            expect(page.locator("#batch-status")).to_have_text("4 of 4 done")
            page.close()

    assert [each.count(200) for each in statuses] == [4, 4, 4]
    assert any(503 in each for each in statuses) == (waiting == 1)


def test_work_is_cancelled_and_what_was_left_is_tried_again(
    browser: Browser, model: Model, tmp_path: Path
) -> None:
    with slow(model, tmp_path, 0.5, 8) as address:
        page = browser.new_page()
        page.goto(address)
        start(page, put(tmp_path / "in", slices(8)))
        expect(rows(page).first).to_contain_text("Done")
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#batch-status")).to_contain_text("cancelled")
        states = column(page, "state")
        page.get_by_role("button", name=re.compile("Try . again")).click()
        expect(page.locator("#batch-status")).to_have_text("8 of 8 done")
        page.close()

    assert set(states) == {"Done", "Cancelled"}


LEAVE = """() => {
  const leaving = new Event("beforeunload", { cancelable: true });
  return !window.dispatchEvent(leaving);
}"""


def test_leaving_the_page_is_asked_about_while_work_goes_on(
    browser: Browser, model: Model, tmp_path: Path
) -> None:
    with working(model, tmp_path) as (address, work):
        page = browser.new_page()
        page.goto(address)
        asked_before = page.evaluate(LEAVE)
        heads = {**series("1.2.3", 3), **series("1.2.4", 3)}
        page.set_input_files("#folder", put(tmp_path / "in", heads))
        page.get_by_label("All 2, one by one").check()
        page.get_by_role("button", name="Submit for Analysis").click()
        expect(rows(page)).to_have_count(2)
        first, second = rows(page).all()
        expect(first).to_contain_text("Analysing 60 %")
        expect(second).to_contain_text("Waiting")  # one head at a time
        keep(page, "11-batch-heads")
        asked = page.evaluate(LEAVE)
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#batch-status")).to_contain_text("2 cancelled")
        asked_after = page.evaluate(LEAVE)
        page.close()

    assert [asked_before, asked, asked_after] == [False, True, False]
    assert work.was_given_up
    assert len(work.files) == 3  # of the first head


def test_no_cell_of_the_csv_is_a_formula(page: Page) -> None:
    names = ["=1+1.png", "+a.png", "-b.png", "@c.png", "\uff1dd.png", 'q",x.png']
    files = [
        FilePayload(name=name, mimeType="image/png", buffer=BRAINS[0]) for name in names
    ]
    page.set_input_files("#file", files)
    page.get_by_role("button", name="Submit for Analysis").click()
    expect(page.locator("#batch-status")).to_have_text("6 of 6 done")
    told = read_csv(page)

    assert sorted(row["file"] for row in told) == sorted(
        ["'=1+1.png", "'+a.png", "'-b.png", "'@c.png", "'\uff1dd.png", 'q",x.png']
    )
    for row in told:
        assert not [cell for cell in row.values() if cell.startswith(tuple("=+-@"))]


def test_cells_of_csv_are_texts_numbers_or_nothing(page: Page) -> None:
    cells = page.evaluate(
        """async () => {
          const { cell } = await import("/static/csv.js");
          const texts = ["a", "a,b", 'a"b', "a\\r\\n=b", "\\t=1", " =1", '"=1',
            "\\u202ea", "", null, undefined, -1.5, true];
          return texts.map(cell);
        }"""
    )

    assert cells == [
        "a", '"a,b"', '"a""b"', "a =b", "' =1", "' =1", "\"'\"\"=1\"", " a",
        "", "", "", "-1.5", "true",
    ]  # fmt: skip
