"""Other runtimes get alzer's numbers from the ONNX file, and learn what it is."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from alzer.classes import CLASS_NAMES
from alzer.model.bundle import Bundle, load_bundle
from alzer.model.engine import Model, load_model
from alzer.model.preparation import InputSpec
from alzer.training.portable import describe_preparation, portable_onnx
from bundles import write_bundle


def drawn(
    model: Model, count: int = 3
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    shape = (count, 1, model.spec.height, model.spec.width)
    return np.random.default_rng(8).normal(size=shape).astype(np.float32)


def run(content: bytes, batch: object) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(content)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"images": batch}), strict=True))


def test_it_gives_the_numbers_of_the_engine(
    resnet_bundle: Bundle, resnet_model: Model
) -> None:
    batch = drawn(resnet_model)
    expected = resnet_model.run(batch)
    found = run(portable_onnx(resnet_bundle, "MIT"), batch)

    assert list(found) == ["logits", "probabilities", "maps", "ood_score"]
    np.testing.assert_allclose(found["logits"], expected.logits, atol=1e-3)
    np.testing.assert_allclose(found["maps"], expected.maps, atol=1e-2)
    assert expected.ood_score is not None
    np.testing.assert_allclose(found["ood_score"], expected.ood_score, rtol=1e-3)


def test_probabilities_are_those_of_the_logits(tmp_path: Path) -> None:
    bundle = load_bundle(write_bundle(tmp_path))
    model = load_model(bundle, "onnxruntime", "fp32", 1)
    found = run(portable_onnx(bundle, "MIT"), drawn(model))

    powers = np.exp(found["logits"])
    expected = powers / powers.sum(axis=1, keepdims=True)
    assert "ood_score" not in found
    np.testing.assert_allclose(found["probabilities"], expected, rtol=1e-5)


def test_an_input_and_its_mirror_image_get_the_same_answer(tmp_path: Path) -> None:
    bundle = load_bundle(write_bundle(tmp_path))
    batch = drawn(load_model(bundle, "onnxruntime", "fp32", 1), 1)
    content = portable_onnx(bundle, "MIT")
    seen, mirrored = run(content, batch), run(content, batch[..., ::-1].copy())

    np.testing.assert_allclose(seen["logits"], mirrored["logits"], atol=1e-5)
    np.testing.assert_allclose(seen["maps"], mirrored["maps"][..., ::-1], atol=1e-5)


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    data, limits = {"source": "Village study"}, ["Made up."]
    bundle = load_bundle(write_bundle(tmp_path, data=data, limitations=limits))
    session = onnxruntime.InferenceSession(portable_onnx(bundle, "MIT"))
    told = session.get_modelmeta().custom_metadata_map

    assert (told["name"], told["version"]) == ("tiny", "7")
    assert told["sha256"] == bundle.sha256
    assert json.loads(told["classes"]) == list(CLASS_NAMES)
    assert json.loads(told["input"])["height"] == bundle.spec.height
    assert json.loads(told["limitations"]) == ["Made up."]
    assert (told["licence"], told["data"]) == ("MIT", "Village study")
    assert "Not a medical device" in told["disclaimer"]
    assert session.get_modelmeta().description == told["disclaimer"]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (InputSpec(standardisation="tissue"), "landmarks of the tissue"),
        (InputSpec(white_percentile=98.5), "percentiles 1 and 98.5"),
    ],
)
def test_the_preparation_is_told_as_the_card_has_it(
    spec: InputSpec, words: str
) -> None:
    told = describe_preparation(spec)

    assert words in told
    for number in (spec.height, spec.width, spec.mean, spec.deviation, spec.ceiling):
        assert f"{number:g}" in told
