"""The example of a front end on another origin does what its how-to says."""

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from alzer.model.engine import Model
from phantoms import as_dicom, draw_brain
from served import app_that_doubts, serving, serving_app
from web.browsers import SCAN

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "front-ends.md"
DOUBT = "The scan is unlike those that the model was trained on."


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "front-end"
    folder.mkdir()
    return folder


@pytest.fixture
def origin(folder: Path) -> Iterator[str]:
    """Serve a folder from a port of its own: another origin to the browser."""
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def write_page(folder: Path, address: str) -> None:
    """Take the page from the how-to, and put the service's address in."""
    found = re.search(r"```html\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    assert found is not None
    given = found[1].replace("http://127.0.0.1:8000", address)
    assert address in given
    (folder / "index.html").write_text(given, encoding="utf-8")


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def analyse(page: Page, origin: str, file: FilePayload = SCAN) -> None:
    page.goto(origin)
    page.set_input_files("input[name=file]", file)
    expect(page.locator("#preview")).to_be_visible()
    page.get_by_role("button", name="Analyse").click()


def test_the_page_of_another_origin_shows_the_answer(
    visitor: Page, origin: str, folder: Path, model: Model, tmp_path: Path
) -> None:
    dicom = FilePayload(
        name="slice.dcm", mimeType="application/dicom", buffer=as_dicom(draw_brain())
    )
    with serving(model, tmp_path, allowed_origins=(origin,)) as address:
        write_page(folder, address)
        analyse(visitor, origin, dicom)
        heatmap = visitor.locator("#answer img")
        expect(heatmap).to_be_visible()
        expect(heatmap).to_have_js_property("complete", value=True)

    assert heatmap.evaluate("image => image.naturalWidth") > 100
    assert visitor.locator("#preview").evaluate("image => image.naturalWidth") == 176
    told = visitor.locator("#answer").inner_text()
    assert visitor.locator("#answer h2").inner_text() != ""
    assert "Very Mild Impairment: " in told
    assert "not where disease is" in told


def test_it_shows_no_class_where_the_answer_is_not_reliable(
    visitor: Page, origin: str, folder: Path, model: Model, tmp_path: Path
) -> None:
    app = app_that_doubts(model, DOUBT, tmp_path, allowed_origins=(origin,))
    with serving_app(app) as address:
        write_page(folder, address)
        analyse(visitor, origin)
        expect(visitor.locator("#answer")).to_contain_text(DOUBT)

    assert "Impairment" not in visitor.locator("#answer").inner_text()
    assert visitor.locator("#answer img").count() == 0


def test_it_tells_what_is_wrong_with_a_file(
    visitor: Page, origin: str, folder: Path, model: Model, tmp_path: Path
) -> None:
    text = FilePayload(name="a.txt", mimeType="text/plain", buffer=b"no picture")
    with serving(model, tmp_path, allowed_origins=(origin,)) as address:
        write_page(folder, address)
        visitor.goto(origin)
        visitor.set_input_files("input[name=file]", text)
        expect(visitor.locator("#answer")).to_contain_text("plain text")
        expect(visitor.locator("#preview")).to_be_hidden()


def test_an_origin_that_is_not_allowed_reads_nothing(
    visitor: Page, origin: str, folder: Path, model: Model, tmp_path: Path
) -> None:
    with serving(model, tmp_path, allowed_origins=("http://other.test",)) as address:
        write_page(folder, address)
        visitor.goto(origin)
        visitor.set_input_files("input[name=file]", SCAN)
        visitor.get_by_role("button", name="Analyse").click()
        expect(visitor.locator("#answer")).to_contain_text("Failed to fetch")
