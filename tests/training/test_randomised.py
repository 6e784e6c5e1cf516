"""Weights are dealt anew stage by stage, and the maps do not survive it."""

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

from alzer.model.bundle import Bundle
from alzer.model.engine import Model
from alzer.training.randomised import STAGES, cascade, randomise, randomised_model


def tensors(content: bytes) -> dict[str, NDArray[np.generic]]:
    graph = onnx.load_model_from_string(content).graph
    return {each.name: numpy_helper.to_array(each) for each in graph.initializer}


def changed(before: bytes, after: bytes) -> set[str]:
    one, other = tensors(before), tensors(after)
    return {name for name in one if not np.array_equal(one[name], other[name])}


@pytest.mark.parametrize("stage", STAGES)
def test_only_the_stage_that_is_named_is_dealt_anew(
    resnet_bundle: Bundle, stage: str
) -> None:
    after = randomise(resnet_bundle.onnx, (stage,), 1)

    names = changed(resnet_bundle.onnx, after)
    assert names
    if stage == "fc":
        assert {tensors(after)[name].shape[0] for name in names} == {4}
    else:
        assert all(name.startswith(f"network.{stage}.") for name in names)


def test_values_stay_and_only_their_places_change(resnet_bundle: Bundle) -> None:
    after = randomise(resnet_bundle.onnx, STAGES, 1)

    one, other = tensors(resnet_bundle.onnx), tensors(after)
    for name in changed(resnet_bundle.onnx, after):
        before, now = one[name].astype(np.float64), other[name].astype(np.float64)
        assert np.array_equal(np.sort(before, None), np.sort(now, None))
        assert one[name].dtype == other[name].dtype


def test_what_says_how_unlike_a_slice_is_stays(resnet_bundle: Bundle) -> None:
    after = randomise(resnet_bundle.onnx, STAGES, 1)

    kept = {name for name in tensors(after) if name.startswith("ood_score.")}
    assert kept
    assert not kept & changed(resnet_bundle.onnx, after)


def test_maps_do_not_survive(resnet_bundle: Bundle, resnet_model: Model) -> None:
    images = np.random.default_rng(0).normal(size=(2, 1, 97, 65)).astype(np.float32)
    own = resnet_model.run(images)

    other = randomised_model(resnet_bundle, 1).run(images)

    assert np.isfinite(other.maps).all()
    likeness = np.corrcoef(own.maps.ravel(), other.maps.ravel())[0, 1]
    assert abs(likeness) < 0.5


def test_the_cascade_goes_from_the_last_layer_to_the_first(
    resnet_bundle: Bundle,
) -> None:
    names = []
    for stage, model in cascade(resnet_bundle, 1):
        names.append(stage)
        assert model.spec == resnet_bundle.spec
        if len(names) == 2:
            break

    assert names == ["fc", "layer4"]
