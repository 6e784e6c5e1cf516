"""Networks from TensorFlow.js files: exactly what was written, or a refusal."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from alzer.errors import DamagedBundle
from alzer.volumes.tfjs import read_convolutions
from tfjs_models import Document, as_tfjs, random_chain

LAYERS = random_chain([1, 4])


def layer(document: Document, number: int) -> Any:  # noqa: ANN401 - JSON
    return document["modelTopology"]["model_config"]["config"]["layers"][number]


def manifest(document: Document) -> Any:  # noqa: ANN401 - JSON
    return document["weightsManifest"][0]["weights"]


def test_a_chain_is_read_as_it_was_written() -> None:
    document, weights = as_tfjs(LAYERS)
    found = read_convolutions(json.dumps(document).encode(), weights)

    assert len(found) == 3
    for read, written in zip(found, LAYERS, strict=True):
        np.testing.assert_array_equal(read.kernel, written.kernel)
        np.testing.assert_array_equal(read.bias, written.bias)
    assert [read.reach for read in found] == [1, 4, 0]


@pytest.mark.parametrize("change", [-4, -1, 1, 4])
def test_weights_of_another_length_are_refused(change: int) -> None:
    document, weights = as_tfjs(LAYERS)
    other = weights[:change] if change < 0 else weights + bytes(change)

    with pytest.raises(DamagedBundle, match=r"bytes; model\.json says") as refusal:
        read_convolutions(json.dumps(document).encode(), other)
    assert "fetch the model again" in refusal.value.message


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(value: float) -> None:
    document, weights = as_tfjs(LAYERS)
    other = np.float32(value).tobytes() + weights[4:]

    with pytest.raises(DamagedBundle, match="not finite"):
        read_convolutions(json.dumps(document).encode(), other)


def no_elu(document: Document) -> None:
    layer(document, 2)["config"]["activation"] = "relu"


def a_branch(document: Document) -> None:
    layer(document, 3)["inbound_nodes"] = [[["input", 0, 0, {}]]]


def a_sum(document: Document) -> None:
    layer(document, 2)["class_name"] = "Add"


def a_stride(document: Document) -> None:
    layer(document, 1)["config"]["strides"] = [2, 2, 2]


def channels_first(document: Document) -> None:
    layer(document, 1)["config"]["data_format"] = "channels_first"


def uneven_dilation(document: Document) -> None:
    layer(document, 3)["config"]["dilation_rate"] = [4, 4, 2]


def endless_dilation(document: Document) -> None:
    layer(document, 3)["config"]["dilation_rate"] = [10**9] * 3


def other_channels(document: Document) -> None:
    manifest(document)[0]["shape"] = [3, 3, 3, 5, 1]


def other_edges(document: Document) -> None:
    manifest(document)[0]["shape"] = [27, 1, 1, 1, 5]


def a_bias_of_two_axes(document: Document) -> None:
    manifest(document)[1]["shape"] = [5, 1]


def a_huge_shape(document: Document) -> None:
    manifest(document)[0]["shape"] = [2**40, 2**40]


def a_negative_shape(document: Document) -> None:
    manifest(document)[0]["shape"] = [-3, 3, 3, -1, 5]


def half_floats(document: Document) -> None:
    manifest(document)[0]["dtype"] = "float16"


def quantised(document: Document) -> None:
    manifest(document)[0]["quantization"] = {"dtype": "uint8"}


def no_weights_of_a_layer(document: Document) -> None:
    manifest(document)[0]["name"] = "elsewhere"


def no_manifest(document: Document) -> None:
    del document["weightsManifest"]


def two_groups(document: Document) -> None:
    document["weightsManifest"] *= 2


def no_layers(document: Document) -> None:
    document["modelTopology"]["model_config"]["config"]["layers"] = []


def layers_are_a_number(document: Document) -> None:
    document["modelTopology"]["model_config"]["config"]["layers"] = 7


@pytest.mark.parametrize(
    "spoil",
    [
        no_elu,
        a_branch,
        a_sum,
        a_stride,
        channels_first,
        uneven_dilation,
        endless_dilation,
        other_channels,
        other_edges,
        a_bias_of_two_axes,
        a_huge_shape,
        a_negative_shape,
        half_floats,
        quantised,
        no_weights_of_a_layer,
        no_manifest,
        two_groups,
        no_layers,
        layers_are_a_number,
    ],
)
def test_other_networks_are_refused_in_words(spoil: Callable[[Document], None]) -> None:
    document, weights = as_tfjs(LAYERS)
    spoil(document)

    with pytest.raises(DamagedBundle, match="fetch the model again"):
        read_convolutions(json.dumps(document).encode(), weights)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 100_000]
)
def test_what_is_no_model_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(DamagedBundle, match="fetch the model again"):
        read_convolutions(content, b"")
