"""From weights to a file that serving can load."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto
from torch import nn

from alzer.errors import UnsafeModel
from alzer.model.bundle import Bundle, require_self_contained
from alzer.training.export import fold_batch_norm
from alzer.training.network import ResNet50, ResNet50WithMaps


@pytest.fixture(scope="module")
def content(resnet_bundle: Bundle) -> bytes:
    return resnet_bundle.onnx


def test_folding_the_norms_changes_nothing_but_the_form(network: ResNet50) -> None:
    images = torch.randn(2, 1, 65, 65, generator=torch.Generator().manual_seed(0))

    folded = fold_batch_norm(network)

    with torch.no_grad():
        expected, found = network(images), folded(images)
    assert torch.allclose(found, expected, atol=1e-4 * float(expected.abs().max()))
    assert not [each for each in folded.modules() if isinstance(each, nn.BatchNorm2d)]
    assert [each for each in network.modules() if isinstance(each, nn.BatchNorm2d)]


def test_the_file_gives_what_the_network_gives(
    network: ResNet50, content: bytes
) -> None:
    images = torch.randn(3, 1, 97, 65, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        logits, maps = (each.numpy() for each in ResNet50WithMaps(network)(images))

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found = session.run(["logits", "maps"], {"images": images.numpy()})

    assert np.abs(found[0] - logits).max() <= 5e-3 * np.abs(logits).max()
    assert np.abs(found[1] - maps).max() <= 5e-3 * np.abs(maps).max()


def test_weights_are_stored_in_sixteen_bits(content: bytes) -> None:
    model = onnx.load_from_string(content)

    kinds = {
        tensor.data_type: sum(
            np.prod(each.dims)
            for each in model.graph.initializer
            if each.data_type == tensor.data_type
        )
        for tensor in model.graph.initializer
    }

    assert kinds[TensorProto.FLOAT16] > 100 * kinds[TensorProto.FLOAT]
    assert len(content) < 50e6


def test_the_file_names_nothing_of_the_machine_that_made_it(content: bytes) -> None:
    model = onnx.load_from_string(content)
    for tensor in model.graph.initializer:
        tensor.ClearField("raw_data")
    rest = model.SerializeToString()

    assert b".py" not in rest
    assert b"/home" not in rest
    assert b"site-packages" not in rest


def test_the_file_stands_alone(content: bytes) -> None:
    try:
        require_self_contained(content)
    except UnsafeModel as refusal:
        pytest.fail(refusal.message)
