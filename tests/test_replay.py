"""An analysis in a bundle: whole, without names, and what differs when made again."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from alzer.analysis import Analysis, analyse
from alzer.analysis_bundle import (
    AnalysisBundle,
    describe_analysis,
    digests_of,
    pack_bundle,
    read_bundle,
)
from alzer.analysis_evidence import evidence_of
from alzer.classes import CLASS_NAMES
from alzer.errors import UnusableBundle
from alzer.explain.kept_evidence import pack_evidence, unpack_evidence
from alzer.model.engine import Model
from alzer.replay import FP32_TOLERANCE, Verdict, compare, is_equal
from phantoms import as_dicom, as_png, draw_brain

SCAN = as_png(draw_brain((150, 190)))


def pack(analysis: Analysis, scan: bytes = SCAN) -> bytes:
    manifest = describe_analysis(analysis, digests_of([scan]))
    return pack_bundle(evidence_of(analysis), manifest, analysis.overlay_png)


@pytest.fixture(scope="module")
def analysis(model: Model) -> Analysis:
    return analyse(SCAN, model)


@pytest.fixture(scope="module")
def content(analysis: Analysis) -> bytes:
    return pack(analysis)


@pytest.fixture(scope="module")
def kept(content: bytes) -> AnalysisBundle:
    return read_bundle(content)


def verdicts(kept: AnalysisBundle, again: AnalysisBundle) -> dict[str, Verdict]:
    return {each.what: each.verdict for each in compare(kept, again)}


def changed(content: bytes, **files: bytes) -> bytes:
    """Return the bundle with other files, its manifest as it was."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(file, "w") as after,
    ):
        for name in before.namelist():
            after.writestr(name, files.get(name, before.read(name)))
    return file.getvalue()


def test_the_bundle_holds_what_the_analysis_rests_on(
    analysis: Analysis, kept: AnalysisBundle
) -> None:
    evidence = analysis.slices[0].evidence
    manifest = kept.manifest

    assert np.array_equal(kept.arrays["maps"][0], evidence.maps)
    assert np.array_equal(kept.arrays["logits"][0], evidence.logits)
    assert np.abs(kept.arrays["inputs"][0] - evidence.pixels).max() < 2e-3
    assert kept.overlay_png == analysis.overlay_png
    assert manifest["input"]["sha256"] == list(digests_of([SCAN]))
    assert manifest["model"]["sha256"] == analysis.model.sha256
    assert manifest["answer"]["prediction"] == analysis.prediction
    assert tuple(manifest["answer"]["class_probabilities"]) == CLASS_NAMES
    assert {"alzer", "numpy", "python"} <= manifest["software"].keys()


def test_the_maps_in_the_bundle_add_up_to_its_logits(
    model: Model, kept: AnalysisBundle
) -> None:
    blank = model.run(np.zeros((1, 1, 193, 161), np.float32))
    biases = blank.logits[0] - blank.maps[0].mean(axis=(1, 2))

    means = kept.arrays["maps"][0].mean(axis=(1, 2))
    assert np.allclose(means + biases, kept.arrays["logits"][0], atol=1e-5)


def test_the_same_analysis_gives_the_same_bytes(model: Model, content: bytes) -> None:
    assert pack(analyse(SCAN, model)) == content


def test_what_the_service_keeps_gives_the_same_bundle(
    analysis: Analysis, content: bytes
) -> None:
    manifest = describe_analysis(analysis, digests_of([SCAN]))
    stored = pack_evidence(replace(evidence_of(analysis), manifest=manifest))
    evidence = unpack_evidence(stored)

    assert evidence.manifest is not None
    assert pack_bundle(evidence, evidence.manifest, analysis.overlay_png) == content


def test_an_analysis_made_again_is_equal_in_everything(
    model: Model, kept: AnalysisBundle
) -> None:
    again = read_bundle(pack(analyse(SCAN, model)))

    assert set(verdicts(kept, again).values()) == {Verdict.EQUAL}
    assert is_equal(compare(kept, again))


def test_another_scan_differs_in_all_that_depends_on_it(
    model: Model, kept: AnalysisBundle
) -> None:
    other = as_png(draw_brain((150, 190), ventricle=0.2, seed=3))
    found = verdicts(kept, read_bundle(pack(analyse(other, model), other)))

    differing = {what for what, each in found.items() if each is Verdict.DIFFERS}
    assert differing >= {"input", "preparation", "logits", "maps"}
    assert found["model"] is found["software"] is Verdict.EQUAL


def test_the_same_picture_in_another_file_is_told_by_its_digest_alone(
    model: Model, kept: AnalysisBundle
) -> None:
    other = as_png(draw_brain((150, 190)))[:-12] + b"\0\0\0\0IEND\xaeB`\x82" + b" "
    found = verdicts(kept, read_bundle(pack(analyse(SCAN, model), other)))

    assert found.pop("input") is Verdict.DIFFERS
    assert set(found.values()) == {Verdict.EQUAL}


def test_another_model_is_named(kept: AnalysisBundle) -> None:
    model = {**kept.manifest["model"], "sha256": "0" * 64, "version": "8"}
    other = replace(kept, manifest={**kept.manifest, "model": model})
    (found,) = (each for each in compare(kept, other) if each.what == "model")

    assert found.verdict is Verdict.DIFFERS
    assert "tiny 7" in found.detail
    assert "tiny 8" in found.detail


@pytest.mark.parametrize(
    ("factor", "verdict"), [(0.5, Verdict.ROUNDING), (3.0, Verdict.DIFFERS)]
)
def test_rounding_is_told_from_another_answer(
    kept: AnalysisBundle, factor: float, verdict: Verdict
) -> None:
    logits = kept.arrays["logits"] + np.float32(factor * FP32_TOLERANCE)
    other = replace(kept, arrays={**kept.arrays, "logits": logits})

    assert verdicts(kept, other)["logits"] is verdict
    assert is_equal(compare(kept, other)) == (verdict is Verdict.ROUNDING)


def test_what_is_no_number_is_never_equal(kept: AnalysisBundle) -> None:
    for what in ("logits", "maps", "inputs"):
        array = kept.arrays[what].copy()
        array.flat[0] = np.nan
        other = replace(kept, arrays={**kept.arrays, what: array})
        name = "preparation" if what == "inputs" else what
        assert verdicts(kept, other)[name] is Verdict.DIFFERS


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reliable", True),
        ("prediction", "Mild Impairment"),
        ("warnings", ["Something else."]),
    ],
)
def test_another_answer_differs_and_is_quoted(
    kept: AnalysisBundle, field: str, value: object
) -> None:
    answer = {**kept.manifest["answer"], field: value}
    other = replace(kept, manifest={**kept.manifest, "answer": answer})
    found = {each.what: each for each in compare(kept, other)}["answer"]

    assert found.verdict is Verdict.DIFFERS
    assert field in found.detail


def test_other_versions_alone_are_told_and_differ_in_nothing(
    kept: AnalysisBundle,
) -> None:
    software = {**kept.manifest["software"], "numpy": "0.1"}
    other = replace(kept, manifest={**kept.manifest, "software": software})
    found = {each.what: each for each in compare(kept, other)}["software"]

    assert found.verdict is Verdict.OTHER
    assert "numpy" in found.detail
    assert is_equal(compare(kept, other))


@pytest.mark.parametrize("name", ["logits.npy", "maps.npy", "overlay.png"])
def test_a_file_that_was_altered_is_named(content: bytes, name: str) -> None:
    with pytest.raises(UnusableBundle, match=name):
        read_bundle(changed(content, **{name: b"something else"}))


@pytest.mark.parametrize("damage", ["empty", "text", "half", "other", "newer", "bare"])
def test_what_is_no_bundle_is_refused(content: bytes, damage: str) -> None:
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("scan.dcm", as_dicom(draw_brain()))
    bare = json.dumps({"format": 1, "files": {}}).encode()
    damaged = {
        "empty": b"",
        "text": b"no archive",
        "half": content[: len(content) // 2],
        "other": other.getvalue(),
        "newer": changed(content, **{"manifest.json": b'{"format": 99, "files": {}}'}),
        "bare": changed(content, **{"manifest.json": bare}),
    }[damage]

    with pytest.raises(UnusableBundle):
        read_bundle(damaged)


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", bytes(2**26 + 1))

    with pytest.raises(UnusableBundle, match="more than"):
        read_bundle(file.getvalue())


def test_nothing_of_the_person_is_in_a_bundle(model: Model) -> None:
    scan = as_dicom(draw_brain())
    content = pack(analyse(scan, model), scan)

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
    assert b"SECRET" not in whole
    assert b"Doe" not in whole
