"""Networks that turn a cube of voxels into another."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from alzer.errors import EngineUnavailable
from alzer.settings import EngineName
from alzer.volumes.network import load_network

EDGE = 6
ENGINES: tuple[EngineName, ...] = ("openvino", "onnxruntime")


@pytest.fixture(scope="module")
def shifting() -> bytes:
    """Return a network that moves a cube by one voxel along k, and adds 1."""
    kernel = np.zeros((1, 1, 3, 3, 3), np.float32)
    kernel[0, 0, 1, 1, 0] = 1.0
    shape = [1, 1, EDGE, EDGE, EDGE]
    node = helper.make_node("Conv", ["in", "kernel", "one"], ["out"], pads=[1] * 6)
    graph = helper.make_graph(
        [node],
        "shifting",
        [helper.make_tensor_value_info("in", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, shape)],
        [
            numpy_helper.from_array(kernel, "kernel"),
            numpy_helper.from_array(np.ones(1, np.float32), "one"),
        ],
    )
    opset = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=10)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _cube(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((EDGE, EDGE, EDGE), np.float32)


@pytest.mark.parametrize("engine", ENGINES)
def test_axes_and_values_come_out_as_the_graph_says(
    shifting: bytes, engine: EngineName
) -> None:
    network = load_network(shifting, engine, threads=1)

    found = network.run(_cube(0))

    assert network.edge == EDGE
    np.testing.assert_allclose(found[:, :, 1:], _cube(0)[:, :, :-1] + 1.0, atol=1e-6)
    np.testing.assert_allclose(found[:, :, 0], 1.0, atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_threads_that_share_a_network_get_their_own_results(
    shifting: bytes, engine: EngineName
) -> None:
    network = load_network(shifting, engine, threads=1)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda seed: network.run(_cube(seed)), range(16)))

    for seed, cube in enumerate(found):
        np.testing.assert_allclose(cube[:, :, 1:], _cube(seed)[:, :, :-1] + 1.0, 1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_damaged_network_is_refused(engine: EngineName) -> None:
    with pytest.raises(EngineUnavailable, match="install alzer again"):
        load_network(b"no network", engine, threads=1)
