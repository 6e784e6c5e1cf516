"""The report of an analysis by HTTP: to whom, in which form, from what is kept."""

import json
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from alzer.analysis_bundle import read_bundle
from alzer.classes import CLASS_NAMES
from alzer.model.bundle import load_bundle
from alzer.model.engine import Model, load_model
from alzer.reports.pdf import HOW_TO_GET_PDF
from alzer.reports.report import describe_moment
from alzer.settings import Settings
from alzer.store.audit import LOCAL, AuditEntry, read_log
from alzer.store.records import Record
from bundles import write_bundle
from phantoms import as_dicom, as_png, draw_brain
from reports.made import CARD, text_of, words_of
from served import app_of, app_with, steps_of
from web.test_access import make_token

SCAN = as_dicom(draw_brain((150, 240)), PixelSpacing=[0.9, 0.9])
SAMPLES = sorted(Path(__file__).with_name("documents").glob("*.json"))


def predict(client: TestClient) -> dict[str, Any]:
    response = client.post("/predict", files={"file": SCAN})
    answer: dict[str, Any] = response.json()
    assert response.status_code == 200, answer
    return answer


def test_a_report_is_a_page_that_is_kept_nowhere_and_runs_nothing(
    client: TestClient,
) -> None:
    answer = predict(client)
    response = client.get(f"/analyses/{answer['analysis_id']}/report")

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["cache-control"] == "no-store"
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script" not in response.text.lower()
    for told in (answer["headline"], answer["analysis_id"], "150 x 240 pixels"):
        assert told in response.text
    assert 'href="report.pdf"' in response.text


@pytest.mark.parametrize("path", ["report", "report.pdf", "report?lang=de"])
def test_it_has_the_language_of_the_page(client: TestClient, path: str) -> None:
    identity = predict(client)["analysis_id"]
    headers = {} if "lang" in path else {"Accept-Language": "de"}
    response = client.get(f"/analyses/{identity}/{path}", headers=headers)
    is_pdf = response.headers["content-type"] == "application/pdf"
    text = text_of(response.content) if is_pdf else response.text

    assert response.headers["content-language"] == "de"
    assert ('href="report.pdf?lang=de"' in text) == ("lang" in path)
    varied = set(response.headers["vary"].split(", "))
    assert varied >= {"Accept", "Accept-Language", "Cookie"}
    assert "Bericht über eine MRT-Analyse" in text
    assert "Kein Medizinprodukt" in text


@pytest.mark.parametrize(
    ("path", "accept"),
    [("report.pdf", "*/*"), ("report", "application/pdf"), ("report.pdf", "text/html")],
)
def test_it_comes_as_pdf_too(client: TestClient, path: str, accept: str) -> None:
    answer = predict(client)
    address = f"/analyses/{answer['analysis_id']}/{path}"
    response = client.get(address, headers={"Accept": accept})

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["cache-control"] == "no-store"
    assert answer["headline"] in text_of(response.content)


def test_a_browser_that_takes_both_gets_the_page(client: TestClient) -> None:
    address = f"/analyses/{predict(client)['analysis_id']}/report"
    both = client.get(address, headers={"Accept": "text/html,application/pdf;q=0.9"})

    assert both.headers["content-type"].startswith("text/html")


def test_without_weasyprint_the_page_says_how_to_get_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    root = f"/analyses/{predict(client)['analysis_id']}"
    page, pdf = client.get(f"{root}/report"), client.get(f"{root}/report.pdf")

    assert page.status_code == 200
    assert HOW_TO_GET_PDF.replace("'", "&#39;") in page.text
    assert "report.pdf" not in page.text
    assert pdf.status_code == 501
    assert pdf.json()["code"] == "pdf_unavailable"


def test_the_map_is_checked_for_it_on_request(client: TestClient) -> None:
    root = f"/analyses/{predict(client)['analysis_id']}"
    audit = client.post(f"{root}/audit").json()
    checked = client.get(f"{root}/report", params={"check": "true"}).text

    assert audit["text"] in words_of(checked)
    assert 'href="report.pdf?check=true"' in checked
    assert audit["text"] not in words_of(client.get(f"{root}/report").text)


def test_it_is_made_without_evidence_or_heatmap(model: Model, tmp_path: Path) -> None:
    with TestClient(app_with(model, data_dir=tmp_path, keep_evidence=False)) as client:
        answer = predict(client)
        root = f"/analyses/{answer['analysis_id']}"
        kept_less = client.get(f"{root}/report", params={"check": "true"})
        for file in (tmp_path / "uploads" / "heatmaps").iterdir():
            file.unlink()
        bare = client.get(f"{root}/report")

    assert kept_less.status_code == bare.status_code == 200
    assert "Heatmap Overlay" in kept_less.text
    assert "Heatmap Overlay" not in bare.text
    assert "There is no heatmap" in bare.text
    assert answer["headline"] in bare.text


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_what_any_version_kept_has_a_report(client: TestClient, sample: Path) -> None:
    document: dict[str, Any] = json.loads(sample.read_text("utf-8"))
    record = Record(
        id=str(uuid.uuid4()),
        owner=None,
        prediction=document["prediction"],
        reliable=document.get("reliable"),
        has_warnings=bool(document["warnings"]),
        answer=document,
        created_at=datetime.now(UTC),
    )
    store = client.app.state.service.store  # type: ignore[attr-defined]  # of FastAPI
    store.records.add(record, AuditEntry(LOCAL, "analysed", record.id))
    response = client.get(f"/analyses/{record.id}/report")

    assert response.status_code == 200
    assert f"<dd>{describe_moment(record.created_at)}</dd>" in response.text
    if document.get("reliable") is False:
        assert "No reliable answer" in response.text
        told = response.text.partition("<h2>Scan</h2>")[0]  # then comes the card
        assert not [name for name in CLASS_NAMES if name in told]
    else:
        assert document["prediction"] in response.text
    if document.get("kind") == "volume":
        assert "Preparation of the head" in response.text


def test_the_figures_are_those_of_the_model_that_answered(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle", **CARD)
    own = load_model(load_bundle(folder), "openvino", "fp32", 1)
    settings = Settings(data_dir=tmp_path, model=folder, allowed_hosts=("testserver",))
    app = app_of(steps_of(own, settings), settings, own)
    with TestClient(app) as client:
        root = f"/analyses/{predict(client)['analysis_id']}"
        text = words_of(client.get(f"{root}/report").text)

    assert "0.60 (95 % interval 0.41 to 0.79), 31 people" in text
    assert "Village study" in text
    assert "OASIS" not in text


def test_only_those_who_may_see_an_analysis_get_its_report(
    model: Model, tmp_path: Path
) -> None:
    app = app_with(model, data_dir=tmp_path, auth="required")
    with TestClient(app) as client:
        own = {"Authorization": f"Bearer {make_token(tmp_path, 'own')}"}
        other = {"Authorization": f"Bearer {make_token(tmp_path, 'other')}"}
        sent = client.post("/predict", files={"file": SCAN}, headers=own).json()
        for path in ("report", "report.pdf"):
            address = f"/analyses/{sent['analysis_id']}/{path}"

            assert client.get(address, headers=own).status_code == 200
            assert client.get(address, headers=other).status_code == 404
            assert client.get(address).status_code == 401


def test_that_a_report_was_seen_is_noted(client: TestClient) -> None:
    answer = predict(client)
    client.get(f"/analyses/{answer['analysis_id']}/report")
    store = client.app.state.service.store  # type: ignore[attr-defined]  # of FastAPI
    seen = read_log(store.database)[-1]

    assert (seen.action, seen.subject) == ("viewed", answer["analysis_id"])


def test_there_is_no_report_of_what_there_is_not(client: TestClient) -> None:
    for path in ("report", "report.pdf"):
        response = client.get(f"/analyses/{uuid.uuid4()}/{path}")

        assert response.status_code == 404
        assert response.json()["code"] == "no_such_analysis"


def test_the_bundle_tells_of_the_scan_what_the_report_tells(
    client: TestClient,
) -> None:
    root = f"/analyses/{predict(client)['analysis_id']}"
    manifest = read_bundle(client.get(f"{root}/bundle").content).manifest

    assert manifest["input"]["format"] == "DICOM"
    assert manifest["input"]["shape"] == [150, 240]
    assert manifest["input"]["spacing_mm"] == [0.9, 0.9]


def test_the_reference_that_people_gave_stands_on_the_report(
    client: TestClient,
) -> None:
    files, form = {"file": as_png(draw_brain())}, {"reference": "study <7>"}
    identity = client.post("/predict", files=files, data=form).json()["analysis_id"]

    before = client.get(f"/analyses/{identity}/report").text
    client.patch(f"/analyses/{identity}", json={"reference": "S-0042"})
    after = client.get(f"/analyses/{identity}/report").text

    assert "study &lt;7&gt;" in before
    assert "S-0042" in after
    assert "study &lt;7&gt;" not in after
