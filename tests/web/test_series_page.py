"""A real head from an archive on the page: choosing its series, and what is shown."""

import io
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, FilePayload, Page, expect

from alzer.scans.volume import Volume
from alzer.settings import Settings
from alzer.volumes.addon import STRUCTURES
from alzer.volumes.brain_extraction import extract_brain, load_brain_networks
from alzer.volumes.measurements import brain_ml
from alzer.volumes.structures import STRUCTURE_NAMES
from alzer.web.app import create_app
from alzer.wiring import build_service
from phantoms import dicom_dataset, save_dicom
from served import serving_app
from volume_files import slice_elements
from web.browsers import keep
from web.test_head_page import planes_of, set_slider, show_planes

# A real head takes some seconds on cores of its own.
ANSWERED_MS = 300_000

HEAD = "sub-0229_T1w_jdac.nii.gz"

T1 = {
    "ScanningSequence": ["GR", "IR"],
    "EchoTime": "2.9",
    "RepetitionTime": "2300",
    "InversionTime": "900",
}

# By how much the second series is larger than the first, along each axis.
LARGER = 1.08


@pytest.fixture(scope="module")
def service(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the service as it ships, with the add-on installed."""
    folder = tmp_path_factory.mktemp("service")
    for file in STRUCTURES.files:
        place = STRUCTURES.folder(folder) / file.name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(data_dir / "models" / "brainchop-18" / file.name, place)
    settings = Settings.model_validate(
        {"data_dir": folder, "engine": "openvino", "allowed_hosts": ("127.0.0.1",)}
    )
    with serving_app(create_app(build_service(settings))) as address:
        yield address


def series_of(
    voxels: NDArray[np.float64], affine: NDArray[np.float64], identity: str
) -> list[bytes]:
    """Return voxels, shape (i, j, k), as DICOM files of a series, one for each k."""
    made = []
    for number in range(voxels.shape[2]):
        elements = {
            **T1,
            **slice_elements(affine, number),
            "SeriesInstanceUID": identity,
            "InstanceNumber": number + 1,
        }
        dataset = dicom_dataset(voxels[:, :, number].T, **elements)
        dataset.SOPInstanceUID = f"{identity}.{number + 1}"
        made.append(save_dicom(dataset))
    return made


@pytest.fixture(scope="module")
def archive(data_dir: Path) -> bytes:
    """Return a zip of two T1-weighted series of a head; it is larger in the second."""
    path = data_dir / "volumes" / HEAD
    image: Any = nib.load(path)
    voxels = image.get_fdata()
    voxels = np.clip(voxels / np.percentile(voxels, 99.9), 0.0, 1.0)
    larger = np.diag([LARGER, LARGER, LARGER, 1.0]) @ image.affine
    files = [
        *series_of(voxels, image.affine, "1.2.3.10"),
        *series_of(voxels, larger, "1.2.3.20"),
    ]
    content = io.BytesIO()
    with zipfile.ZipFile(
        content, "w", zipfile.ZIP_DEFLATED, compresslevel=1
    ) as entries:
        for number, file in enumerate(files):
            entries.writestr(f"Doe_Jane/{number:04}.dcm", file)
    return content.getvalue()


@pytest.fixture(scope="module")
def page(browser: Browser, service: str, archive: bytes) -> Iterator[Page]:
    """Return a page that shows the answer for the second series of the archive."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(service)
    file = FilePayload(name="study.zip", mimeType="", buffer=archive)
    page.set_input_files("#file", file)
    page.get_by_role("button", name="Submit for Analysis").click()
    listed = page.locator("#found label")
    expect(listed).to_have_count(2, timeout=ANSWERED_MS)
    expect(page.locator("#found input:checked")).to_have_count(0)
    expect(page.get_by_role("alert")).to_contain_text("which series is meant")
    assert "Doe" not in page.locator("body").inner_text()
    keep(page, "13-series")
    listed.nth(1).click()
    page.get_by_role("button", name="Submit for Analysis").click()
    expect(page.locator("#result")).to_be_visible(timeout=ANSWERED_MS)
    yield page
    page.close()
    assert complaints == []


def told(page: Page, service: str) -> dict[str, Any]:
    """Return what the service tells of the analysis that the page's address names."""
    identity = page.url.partition("?analysis=")[2]
    answer: dict[str, Any] = httpx.get(f"{service}/analyses/{identity}").json()
    return answer


def shown(text: str, unit: str) -> float:
    """Read a number that the page shows with one decimal and its unit."""
    found = re.match(rf"(\d+\.\d) {unit}", text)
    assert found is not None, text
    return float(found[1])


def nearly(value: float) -> object:
    """Return what equals a number of one decimal, whichever way a half is rounded."""
    return pytest.approx(value, abs=0.05 + 1e-6)


def test_the_answer_is_that_of_the_series_that_a_person_picks(
    page: Page, service: str, data_dir: Path
) -> None:
    answer = told(page, service)
    image = nib.Nifti1Image.from_filename(data_dir / "volumes" / HEAD)
    head = Volume(image.get_fdata(dtype=np.float32), image.affine, "NIfTI")
    first = brain_ml(head, extract_brain(head, load_brain_networks()))
    size = answer["measurements"]["brain_ml"]

    assert size / first == pytest.approx(LARGER**3, rel=0.02)
    expect(page.locator("#head-facts")).to_contain_text(f"{size:.0f} ml")
    expect(page.locator("#headline")).to_have_text(answer["headline"])


def test_each_structure_has_a_row_with_its_volume_and_share(
    page: Page, service: str
) -> None:
    found = told(page, service)["measurements"]
    rows = [
        row.locator("th, td").all_inner_texts()
        for row in page.locator("#structure-rows tr").all()
    ]

    expect(page.locator("#structures")).to_be_visible()
    assert [row[0] for row in rows] == list(found["structures"])
    assert set(found["structures"]) <= set(STRUCTURE_NAMES)
    for name, volume, share, near in rows:
        structure = found["structures"][name]
        assert shown(volume, "ml") == nearly(structure["ml"])
        assert shown(share, "%") == nearly(100 * structure["share"])
        if structure["evidence_near"] is not None:
            assert shown(near, "%") == nearly(100 * structure["evidence_near"])
    for caveat in found["caveats"]:
        expect(page.locator("#caveats")).to_contain_text(caveat)
    for width in (360, 768, 1200):
        page.set_viewport_size({"width": width, "height": 900})
        card, table = (
            page.locator(name).bounding_box()
            for name in ("#head-facts", "#structures table")
        )
        assert card is not None
        assert table is not None
        assert table["x"] + table["width"] < card["x"] + card["width"], width
        keep(page, f"13-structures-{width}")


def test_the_planes_show_the_scan_of_dicom_files_without_the_face(
    page: Page, service: str
) -> None:
    if page.locator("#withheld").is_visible():
        page.locator("#withheld > summary").click()
    show_planes(page)
    set_slider(page, "evidence-opacity", 0)

    expect(page.locator("#kept-scan")).to_be_visible()
    expect(page.locator("#no-scan")).to_be_hidden()
    expect(page.locator("#mask-control")).to_be_visible()
    expect(page.locator("#position")).to_contain_text("scan ")
    expect(page.locator("#convention-text")).to_contain_text("right is on the left")
    grey = planes_of(page).mean(axis=2)
    assert len(np.unique(np.round(grey))) > 100  # a mask has two
    with page.expect_download() as download:
        page.get_by_text("Download brain (NIfTI)").click()
    sent = httpx.get(told(page, service)["scan_url"]).content
    assert Path(download.value.path()).read_bytes() == sent


def test_a_kept_analysis_opens_again_with_its_planes(page: Page) -> None:
    headline = page.locator("#headline").inner_text()
    page.reload()
    expect(page.locator("#result")).to_be_visible()
    if page.locator("#withheld").is_visible():
        page.locator("#withheld > summary").click()
    show_planes(page)

    expect(page.locator("#headline")).to_have_text(headline)
    expect(page.locator("#kept-scan")).to_be_visible()
    expect(page.locator("#position")).to_contain_text("scan ")
    page.get_by_role("button", name="Analyse another").last.click()
    expect(page.locator("#choose")).to_be_visible()
    assert "analysis" not in page.url
