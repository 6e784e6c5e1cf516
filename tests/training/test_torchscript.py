"""The network that is built from a bundle is the bundle's."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from alzer.errors import EngineUnavailable, InvalidRequest
from alzer.model.bundle import Bundle, load_bundle
from alzer.model.engine import Model
from alzer.training.torchscript import as_state, as_torchscript, restore_network
from bundles import write_bundle


# MONAI's form; torch would rather have another.
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_it_gives_the_logits_of_the_engine(
    resnet_bundle: Bundle, resnet_model: Model
) -> None:
    spec, network = resnet_bundle.spec, restore_network(resnet_bundle)
    batch = np.random.default_rng(8).normal(size=(3, 1, spec.height, spec.width))
    content = as_torchscript(network, resnet_bundle)
    script = torch.jit.load(io.BytesIO(content))  # type: ignore[no-untyped-call]  # torch's own
    state = torch.load(io.BytesIO(as_state(network)), weights_only=True)
    expected = resnet_model.run(batch.astype(np.float32)).logits
    with torch.inference_mode():
        found = script(torch.from_numpy(batch.astype(np.float32))).numpy()

    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert state.keys() == network.state_dict().keys()


def test_other_architectures_are_refused(tmp_path: Path) -> None:
    bundle = load_bundle(write_bundle(tmp_path))
    with pytest.raises(InvalidRequest, match="ONNX"):
        restore_network(bundle)


def test_a_network_that_answers_otherwise_is_refused(resnet_bundle: Bundle) -> None:
    # With maps of twice the resolution the same weights give other means.
    dense = replace(resnet_bundle, spec=replace(resnet_bundle.spec, cell_stride=16))
    with pytest.raises(EngineUnavailable, match="otherwise"):
        restore_network(dense)
