"""Choosing and sending whole heads on the page, in a real browser."""

import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, FilePayload, Page, Request, expect

from alzer.analysis import Analysis
from alzer.cancellation import Cancelled, current
from alzer.model.engine import Model
from alzer.scans.reading import File
from alzer.scans.volume import Volume
from alzer.settings import Settings
from phantoms import as_dicom, as_nifti, draw_brain
from served import app_of, serving_app, steps_of
from web.browsers import SCAN, keep

PLANE = draw_brain((32, 28))
HEAD = as_nifti(np.ones((20, 24, 22), np.int16), np.diag([2.0, 2.0, 2.0, 1.0]))


def series(identity: str, count: int, **elements: object) -> dict[str, bytes]:
    """Return the files of a series by names that tell who the person is."""
    made = as_dicom(PLANE, SeriesInstanceUID=identity, **elements)
    return {f"Doe_Jane_{identity}_{number}.dcm": made for number in range(count)}


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def posts_of(page: Page) -> list[str]:
    """Return a list that takes the addresses to which the page sends something."""
    posted: list[str] = []

    def note(request: Request) -> None:
        if request.method != "GET":
            posted.append(request.url)

    page.on("request", note)
    return posted


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Open the page; whatever its scripts complain of fails the test."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    yield page
    page.close()
    assert complaints == []


def test_a_folder_shows_its_series_before_anything_is_sent(
    page: Page, tmp_path: Path
) -> None:
    folder = put(tmp_path / "Doe", {**series("1.2.3", 5), "README": b"see inside"})
    put(folder, {".DS_Store": b"0"})
    posted = posts_of(page)
    page.set_input_files("#folder", folder)

    found = page.locator("#found")
    expect(found).to_contain_text("A whole head")
    expect(found).to_contain_text(
        "DICOM (MR), 5 images of 28 \N{MULTIPLICATION SIGN} 32, 5 files"
    )
    expect(found).to_contain_text("1 other file is no scan")
    expect(page.locator("#status")).to_have_text("Ready to submit.")
    assert posted == []
    shown = page.locator("body").inner_text()
    assert not [word for word in ("Doe", "SECRET", "1.2.3") if word in shown]
    keep(page, "10-found")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("head.nii", HEAD, "NIfTI, 20 \N{MULTIPLICATION SIGN} 24"),
        ("study.zip", b"PK\x03\x04" + bytes(60), "zip, 1 file"),
    ],
    ids=["NIfTI", "zip"],
)
def test_one_file_that_may_be_a_head_is_not_sent_to_be_previewed(
    page: Page, name: str, content: bytes, says: str
) -> None:
    posted = posts_of(page)
    file = FilePayload(name=name, mimeType="", buffer=content)
    page.set_input_files("#file", file)

    expect(page.locator("#found")).to_contain_text(says)
    assert posted == []


def test_files_that_are_no_scans_are_not_sent(page: Page) -> None:
    notes = [
        FilePayload(name=f"{number}.txt", mimeType="", buffer=b"notes " * 50)
        for number in range(2)
    ]
    page.set_input_files("#file", notes)

    expect(page.get_by_role("alert")).to_contain_text("None of the files is a scan")
    page.get_by_role("button", name="Submit for Analysis").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a scan first")


def test_of_several_slices_all_are_meant_or_a_chosen_one_is_previewed(
    page: Page,
) -> None:
    other = FilePayload(name="b.png", mimeType="", buffer=SCAN["buffer"])
    posted = posts_of(page)
    page.set_input_files("#file", [SCAN, other])

    expect(page.locator("#found input")).to_have_count(3)
    expect(page.get_by_label("All 2, one by one")).to_be_checked()
    expect(page.locator("#status")).to_have_text(
        "Ready to submit: 2 scans, one by one."
    )
    assert posted == []
    page.locator("#found input").nth(1).check()
    expect(page.locator("#preview-image")).to_be_visible()
    assert len(posted) == 1
    page.get_by_label("All 2, one by one").check()
    expect(page.locator("#preview-image")).to_be_hidden()


def test_a_dropped_folder_gives_the_files_in_it_and_in_its_folders(page: Page) -> None:
    names = page.evaluate(
        """async () => {
          const { droppedFiles } = await import("/static/dropped.js");
          const file = (name) => ({
            isFile: true, file: (done) => done(new File(["x"], name)),
          });
          // Browsers give the entries of a folder in portions, the last one empty.
          const folder = (...portions) => ({
            isDirectory: true,
            createReader: () => ({
              readEntries: (done) => done(portions.shift() ?? []),
            }),
          });
          const inner = folder([file("c"), file(".hidden")]);
          const entry = folder([file("a"), file("b")], [inner, file("d")]);
          const items = [{ webkitGetAsEntry: () => entry }];
          return (await droppedFiles({ items, files: [] })).map(({ name }) => name);
        }"""
    )

    assert sorted(names) == ["a", "b", "c", "d"]


@dataclass
class Work:
    """An analysis that goes on when it is told to, or is given up."""

    files: list[File] = field(default_factory=list)
    goes_on: threading.Event = field(default_factory=threading.Event)
    was_given_up: bool = False

    def read(self, files: Sequence[File], *_: object) -> Volume:
        self.files += files
        return Volume(np.zeros((4, 4, 4), np.float32), np.eye(4), "phantom")

    def analyse(self, volume: Volume, on_stage: object) -> Analysis:
        assert callable(on_stage)
        on_stage("register", 0.6)
        try:
            while not self.goes_on.wait(0.05):
                current().check()
        except Cancelled:
            self.was_given_up = True
            raise
        raise AssertionError(volume)


@contextmanager
def working(model: Model, folder: Path) -> Iterator[tuple[str, Work]]:
    settings = Settings.model_validate(
        {"data_dir": folder, "allowed_hosts": ("127.0.0.1",)}
    )
    work = Work()
    steps = replace(
        steps_of(model, settings), read_scan=work.read, analyse_volume=work.analyse
    )
    try:
        with serving_app(app_of(steps, settings, model)) as address:
            yield address, work
    finally:
        work.goes_on.set()


def test_of_several_series_the_largest_is_sent_unless_another_is_chosen(
    browser: Browser, model: Model, tmp_path: Path
) -> None:
    other = as_dicom(PLANE, Modality="CT", SeriesInstanceUID="1.2.5")
    files = {**series("1.2.3", 3), **series("1.2.4", 4), "1": other, "2": other}
    folder = put(tmp_path / "study", files)
    with working(model, tmp_path) as (address, work):
        page = browser.new_page()
        page.goto(address)
        page.set_input_files("#folder", folder)
        expect(page.locator("#found input")).to_have_count(4)
        expect(page.get_by_label("All 3, one by one")).not_to_be_checked()
        preferred = page.locator("#found label", has=page.locator(":checked"))
        preferred_text = preferred.inner_text()
        page.get_by_label("3 images").check()
        keep(page, "10-choose")
        page.get_by_role("button", name="Submit for Analysis").click()
        expect(page.locator("#stages [aria-current=step]")).to_contain_text("Aligning")
        page.close()

    assert "4 images" in preferred_text
    assert [file.name for file in work.files] == ["scan"] * 3
    assert {file.content for file in work.files} == {files["Doe_Jane_1.2.3_0.dcm"]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_stage_is_told_and_the_work_can_be_given_up(
    browser: Browser, model: Model, tmp_path: Path, scheme: str
) -> None:
    folder = put(tmp_path / "study", series("1.2.3", 3))
    with working(model, tmp_path) as (address, work):
        page = browser.new_page(viewport={"width": 360, "height": 800})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(address)
        page.set_input_files("#folder", folder)
        expect(page.locator("#status")).to_have_text("Ready to submit.")
        page.get_by_role("button", name="Submit for Analysis").click()
        current_stage = page.locator("#stages [aria-current=step]")
        expect(current_stage).to_have_text("Aligning it with the average brain")
        expect(page.locator("#status")).to_contain_text("Aligning it")
        shown = page.locator("#bar").evaluate("bar => bar.value")
        keep(page, f"10-work-360-{scheme}")
        page.get_by_role("button", name="Cancel").click()

        expect(page.locator("#status")).to_have_text("Cancelled.")
        expect(page.get_by_role("button", name="Submit for Analysis")).to_be_enabled()
        expect(page.locator("#found")).to_be_visible()
        assert shown == pytest.approx(0.6)
        page.close()
    assert work.was_given_up


def begin(page: Page, address: str, folder: Path) -> None:
    """Send a series, and wait until the work has begun and the address names it."""
    page.goto(address)
    page.set_input_files("#folder", put(folder, series("1.2.3", 3)))
    expect(page.locator("#status")).to_have_text("Ready to submit.")
    page.get_by_role("button", name="Submit for Analysis").click()
    expect(page.locator("#stages [aria-current=step]")).to_contain_text("Aligning")
    assert "?job=" in page.url


def test_a_reload_finds_the_work_again_and_can_give_it_up(
    browser: Browser, model: Model, tmp_path: Path
) -> None:
    with working(model, tmp_path) as (address, work):
        page = browser.new_page()
        begin(page, address, tmp_path / "study")
        page.reload()

        current_stage = page.locator("#stages [aria-current=step]")
        expect(current_stage).to_have_text("Aligning it with the average brain")
        expect(page.get_by_role("button", name="Submit for Analysis")).to_be_disabled()
        assert not work.was_given_up
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#status")).to_have_text("Cancelled.")
        expect(page.get_by_role("button", name="Submit for Analysis")).to_be_enabled()
        assert "job" not in page.url
        page.close()
    assert work.was_given_up


def test_work_that_ended_with_the_service_is_told_as_lost(
    browser: Browser, model: Model, tmp_path: Path
) -> None:
    page = browser.new_page()
    with working(model, tmp_path) as (address, _):
        begin(page, address, tmp_path / "study")
        query = page.url.partition("?")[2]
        page.goto("about:blank")
    with working(model, tmp_path) as (address, _):
        page.goto(f"{address}/assessment/mri-upload?{query}")

        expect(page.get_by_role("alert")).to_contain_text("Send the scan again.")
        expect(page.get_by_role("alert")).to_contain_text("The service ended before")
        expect(page.locator("#stages")).to_be_hidden()
        assert query not in page.url
        page.close()


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("job", "does not know the analysis any more"),
        ("analysis", "may have been deleted"),
    ],
)
def test_an_address_that_names_nothing_is_told(
    page: Page, kind: str, says: str
) -> None:
    page.goto(f"{page.url.partition('?')[0]}?{kind}={uuid.uuid4()}")

    expect(page.get_by_role("alert")).to_contain_text(says)
    expect(page.get_by_role("button", name="Submit for Analysis")).to_be_enabled()
    assert kind not in page.url
