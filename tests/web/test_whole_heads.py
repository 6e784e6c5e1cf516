"""A whole head that somebody sends is answered for once, with all files beside it."""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from scipy.ndimage import distance_transform_edt

from alzer.analysis_bundle import digests_of, read_bundle
from alzer.settings import Settings
from alzer.web.app import create_app
from alzer.wiring import build_service
from phantoms import as_nifti, as_png, draw_brain
from waiting import wait_until


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    changes = {"data_dir": tmp_path_factory.mktemp("heads"), "engine": "openvino"}
    settings = Settings.model_validate({**changes, "allowed_hosts": "testserver"})
    with TestClient(create_app(build_service(settings))) as client:
        yield client


@pytest.fixture(scope="module")
def scan(data_dir: Path) -> bytes:
    return (data_dir / "volumes" / "sub-0229_T1w_jdac.nii.gz").read_bytes()


@pytest.fixture(scope="module")
def answer(service: TestClient, scan: bytes) -> dict[str, Any]:
    response = service.post("/predict", files={"file": scan})
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told


def read_nifti(content: bytes) -> Any:  # noqa: ANN401 - nibabel has no types
    return nib.Nifti1Image.from_bytes(gzip.decompress(content))


def test_the_answer_is_the_person_s_with_a_row_for_each_slice(
    answer: dict[str, Any],
) -> None:
    assert answer["kind"] == "volume"
    assert answer["prediction"] == "No Impairment"
    assert [row["index"] for row in answer["slices"]] == list(range(32))
    assert all(len(row["class_probabilities"]) == 4 for row in answer["slices"])
    assert answer["preparation"]["quality"] in {"good", "check"}
    assert 1000 < answer["measurements"]["brain_ml"] < 2300
    assert {"read", "brain", "register", "infer"} <= set(answer["timings_ms"])


def test_evidence_and_mask_lie_on_the_scan_s_own_grid(
    service: TestClient, scan: bytes, answer: dict[str, Any]
) -> None:
    sent = read_nifti(scan)
    evidence, mask, brain = (
        read_nifti(service.get(answer[name]).content)
        for name in ("evidence_url", "brain_mask_url", "scan_url")
    )

    for image in (evidence, mask, brain):
        assert image.shape == sent.shape
        np.testing.assert_allclose(image.affine, sent.affine, atol=1e-4)
    assert set(np.unique(mask.dataobj)) == {0, 1}
    assert np.abs(evidence.get_fdata()).max() > 0.0
    inside = np.asarray(mask.dataobj) > 0
    assert np.corrcoef(brain.get_fdata()[inside], sent.get_fdata()[inside])[0, 1] > 0.99
    assert answer["scan"] == {"margin_mm": 4.0, "tells_sides": True}


def test_a_head_has_maps_of_each_slice_and_a_bundle_of_all(
    service: TestClient, scan: bytes, answer: dict[str, Any]
) -> None:
    root = f"/analyses/{answer['analysis_id']}"
    facts = service.get(f"{root}/maps", params={"slice": 31}).json()
    chosen = {"class": answer["prediction"], "method": "contrastive", "slice": 16}
    picture = service.get(f"{root}/map", params=chosen)
    bundle = read_bundle(service.get(f"{root}/bundle").content)

    assert (facts["slice"], facts["slices"]) == (31, 32)
    # Each slice has a field of view of its own; what is told of all is their median.
    sizes = zip(facts["cell"]["mm"], answer["evidence"]["cell_mm"][:2], strict=True)
    assert all(0.5 < own / median < 2.0 for own, median in sizes)
    assert picture.status_code == 200
    assert bundle.arrays["maps"].shape[:2] == (32, 4)
    assert bundle.manifest["input"]["sha256"] == list(digests_of([scan]))
    assert bundle.manifest["answer"]["headline"] == answer["headline"]


def test_the_kept_scan_shows_no_face(
    service: TestClient, scan: bytes, answer: dict[str, Any]
) -> None:
    sent, mask, brain = (
        read_nifti(content).get_fdata()
        for content in (
            scan,
            *(
                service.get(answer[name]).content
                for name in ("brain_mask_url", "scan_url")
            ),
        )
    )
    kept = brain > 0.0

    assert kept.sum() < 1.3 * mask.sum()
    spacing = np.linalg.norm(read_nifti(scan).affine[:3, :3], axis=0)
    outside_mm = distance_transform_edt(mask == 0.0, sampling=spacing)
    assert outside_mm[kept].max() <= answer["scan"]["margin_mm"]
    # The front of the face and the crown are the ends of the head.
    for axis in (1, 2):
        others = tuple({0, 1, 2} - {axis})
        head_ends = np.flatnonzero((sent > 0.3 * sent.max()).any(axis=others))[[0, -1]]
        brain_ends = np.flatnonzero(kept.any(axis=others))[[0, -1]]
        assert head_ends[0] <= brain_ends[0]
        assert brain_ends[1] + 3 <= head_ends[1]


def test_each_slice_has_a_picture(service: TestClient, answer: dict[str, Any]) -> None:
    for row in answer["slices"][::8]:
        picture = service.get(row["heatmap_url"])
        assert picture.headers["content-type"] == "image/png"
        assert Image.open(io.BytesIO(picture.content)).size == (176, 208)


def test_no_other_file_is_handed_out(
    service: TestClient, answer: dict[str, Any]
) -> None:
    root = answer["evidence_url"].rpartition("/")[0]
    for name in ("slice_32.png", "logits", "..%2Fevidence.nii.gz"):
        assert service.get(f"{root}/{name}").status_code == 404


def test_a_kept_answer_is_the_one_that_was_given(
    service: TestClient, answer: dict[str, Any]
) -> None:
    kept = service.get(f"/analyses/{answer['analysis_id']}").json()

    assert kept.pop("created_at")
    assert kept.pop("reference") is None
    assert {**kept, "heatmap_url": None} == {**answer, "heatmap_url": None}


def test_a_slice_beside_a_head_is_listed_in_its_own_shape(
    service: TestClient, answer: dict[str, Any]
) -> None:
    one = service.post("/predict", files={"file": as_png(draw_brain())}).json()
    listed = service.get("/analyses").json()["analyses"]
    shapes = {row["analysis_id"]: set(row) for row in listed}

    assert shapes[one["analysis_id"]] == {*one, "created_at", "reference"}
    assert shapes[answer["analysis_id"]] == {*answer, "created_at", "reference"}
    assert "kind" not in one


def test_a_job_tells_its_stages_and_ends_with_the_same_answer(
    service: TestClient, scan: bytes, answer: dict[str, Any]
) -> None:
    wanted = {"Prefer": "respond-async"}
    accepted = service.post("/predict", files={"file": scan}, headers=wanted)
    job: dict[str, Any] = {}
    stages, shares = [], []

    def is_over() -> bool:
        job.update(service.get(accepted.headers["location"]).json())
        stages.append(job["stage"])
        shares.append(job["progress"])
        return job["state"] not in {"queued", "running"}

    wait_until(is_over, 120)

    assert accepted.status_code == 202
    assert job["state"] == "done"
    assert {"brain", "register"} & set(stages)
    assert shares == sorted(shares)
    again = service.get(job["analysis_url"]).json()
    assert again["class_probabilities"] == answer["class_probabilities"]


def test_a_volume_without_a_brain_is_refused_in_words(service: TestClient) -> None:
    noise = np.random.default_rng(1).normal(100.0, 20.0, (120, 120, 120))
    content = as_nifti(noise.astype(np.int16))
    refusal = service.post("/predict", files={"file": content})

    assert refusal.status_code == 400
    assert refusal.json()["code"] in {"not_brain_like", "failed_preparation"}


def test_files_go_with_the_analysis(service: TestClient, scan: bytes) -> None:
    told = service.post("/predict", files={"file": scan}).json()
    deleted = service.delete(f"/analyses/{told['analysis_id']}")

    assert deleted.status_code == 204
    assert service.get(told["evidence_url"]).status_code == 404


def test_files_beside_a_scan_are_told_in_the_answer(service: TestClient) -> None:
    parts = [("file", ("scan.png", as_png(draw_brain()))), ("file", ("a", b"%PDF-1.7"))]
    answer = service.post("/predict", files=parts)

    assert answer.status_code == 200, answer.text
    assert (
        "Left out beside the scan: 1 file without an image (a PDF document)."
        in answer.json()["warnings"]
    )


def test_two_volumes_are_refused_with_the_list_of_both(service: TestClient) -> None:
    affine = np.diag([9.0, 8.0, 10.0, 1.0])
    volumes = [as_nifti(np.full((20, 24, 18), n, np.int16), affine) for n in (1, 2)]
    parts = [("file", (f"{n}.nii", one)) for n, one in enumerate(volumes)]
    answer = service.post("/predict", files=parts)

    assert answer.status_code == 400
    assert answer.json()["code"] == "several_series"
    assert [one[:37] for one in answer.json()["series"]] == [
        "NIfTI, 20 x 24 x 18 voxels of 9 x 8 x"
    ] * 2
