"""What the service says of a model of other data is true of that model."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect

from alzer.model.bundle import load_bundle
from alzer.model.engine import Model, load_model
from alzer.web import pages
from other_data import FACTS_OF_OASIS, write_other_bundle
from phantoms import as_jpeg, draw_brain
from served import app_with, serving
from web.browsers import submit

WEB = Path(pages.__file__).parent


def other_model(folder: Path, moderate: int) -> Model:
    bundle = write_other_bundle(folder, moderate=moderate, biases=(0, 0, 0, 3))
    return load_model(load_bundle(bundle), "openvino", "fp32", 1)


@pytest.fixture(params=[0, 1, 40])
def moderate(request: pytest.FixtureRequest) -> int:
    """Return how many people of the training had 'Moderate Impairment'."""
    count: int = request.param
    return count


@pytest.fixture
def client(tmp_path: Path, moderate: int) -> Iterator[TestClient]:
    model = other_model(tmp_path / "bundle", moderate)
    with TestClient(app_with(model, data_dir=tmp_path)) as client:
        yield client


def test_nothing_that_the_service_says_is_a_fact_of_oasis(client: TestClient) -> None:
    file = ("slice.jpg", as_jpeg(draw_brain()))
    answers = [client.post("/predict", files={"file": file})]
    paths = ("/assessment/mri-upload", "/docs", "/openapi.json", "/readyz", "/analyses")
    answers += [client.get(path) for path in (*paths, "/metrics")]

    for answer in answers:
        assert answer.status_code == 200
        assert not FACTS_OF_OASIS.search(answer.text), answer.url


@pytest.mark.parametrize(
    "path",
    [
        path
        for kind in ("templates/*.html", "static/*.js")
        for path in sorted(WEB.glob(kind))
    ],
    ids=lambda path: path.name,
)
def test_no_fact_of_oasis_is_in_what_the_page_is_made_of(path: Path) -> None:
    text = path.read_text("utf-8")

    assert not FACTS_OF_OASIS.search(text)
    assert not re.search("moderate", text, re.IGNORECASE)


def test_an_answer_says_on_how_many_people_its_class_rests(
    client: TestClient, moderate: int
) -> None:
    file = ("slice.jpg", as_jpeg(draw_brain()))
    warnings = client.post("/predict", files={"file": file}).json()["warnings"]
    about = [text for text in warnings if "'Moderate Impairment'" in text]

    said = {0: ["Nobody"], 1: ["1 person"], 40: []}[moderate]
    assert len(about) == len(said)
    assert all(words in text for words, text in zip(said, about, strict=True))


@pytest.mark.parametrize("moderate", [1, 40], indirect=True)
def test_the_page_says_what_the_card_of_its_model_says(
    browser: Browser, tmp_path: Path, moderate: int
) -> None:
    bundle = write_other_bundle(tmp_path / "bundle", moderate=moderate)
    model = load_model(load_bundle(bundle), "openvino", "fp32", 1)
    with serving(model, tmp_path) as address:
        page = browser.new_page()
        page.goto(address, timeout=120_000)
        submit(page)

        expect(page.locator("#set-note")).to_contain_text(
            "For about 80 % of the people"
        )
        # The other kind of scan has a coverage of its own.
        expect(page.locator("#set-note .of-model[data-kind=volume]")).to_be_hidden()
        notes = page.locator("#shares .of-model[data-kind=slice]")
        expect(notes).to_have_count(0 if moderate > 10 else 1)
        if moderate == 1:
            expect(notes).to_contain_text("rests on 1 person")
        assert not FACTS_OF_OASIS.search(page.locator("body").inner_text())
        page.close()


def test_what_is_true_of_one_model_is_not_said_beside_the_answer_of_another(
    browser: Browser, tmp_path: Path
) -> None:
    bundle = write_other_bundle(tmp_path / "bundle", moderate=1)
    model = load_model(load_bundle(bundle), "openvino", "fp32", 1)
    with serving(model, tmp_path) as address:
        page = browser.new_page()
        page.goto(address, timeout=120_000)
        # The page was made while another model answered.
        page.evaluate("document.getElementById('assessment').dataset.model = 'another'")
        submit(page)

        for note in page.locator("#result .of-model").all():
            expect(note).to_be_hidden()
        expect(page.locator("#set-text")).to_be_visible()
        page.close()
