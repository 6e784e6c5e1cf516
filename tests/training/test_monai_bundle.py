"""A MONAI Bundle is one by MONAI's own rules, and answers as alzer does."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from monai.bundle.scripts import verify_net_in_out
from monai.bundle.workflows import ConfigWorkflow

from alzer.classes import CLASS_NAMES
from alzer.model.bundle import Bundle
from alzer.model.engine import Model
from alzer.training.monai_bundle import write_monai_bundle

# What the specification calls mandatory.
# Source: MONAI Bundle Specification, "metadata.json File".
MANDATORY = {
    "version", "monai_version", "pytorch_version", "numpy_version",
    "optional_packages_version", "task", "description", "authors", "copyright",
    "network_data_format",
}  # fmt: skip
OF_TENSORS = {
    "type", "format", "modality", "num_channels", "spatial_shape", "dtype",
    "value_range", "is_patch_data", "channel_def",
}  # fmt: skip

# Of MONAI, ignite and TorchScript, about their own futures.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def root(resnet_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("monai") / "random"
    write_monai_bundle(folder, resnet_bundle, "MIT", "Do as you like.")
    return folder


def workflow(root: Path) -> ConfigWorkflow:
    return ConfigWorkflow(
        config_file=str(root / "configs" / "inference.json"),
        meta_file=str(root / "configs" / "metadata.json"),
        logging_file=False,
        workflow_type="inference",
        bundle_root=str(root),
    )


def test_it_runs_and_gives_the_probabilities_of_alzer(
    root: Path, resnet_model: Model
) -> None:
    spec = resnet_model.spec
    shape = 3, 1, spec.height, spec.width
    batch = np.random.default_rng(8).standard_normal(shape, np.float32)
    (root / "inputs").mkdir()
    for number, image in enumerate(batch):
        np.save(root / "inputs" / f"{number}.npy", image[0])
    run = workflow(root)
    run.initialize()
    missing = run.check_properties()
    run.run()
    run.finalize()
    with (root / "eval" / "probabilities.csv").open() as file:
        rows = list(csv.reader(file))
    powers = np.exp(resnet_model.run(batch).logits)

    assert not missing
    assert [Path(row[0]).name for row in rows] == ["0.npy", "1.npy", "2.npy"]
    found = np.array([row[1:] for row in rows], np.float64)
    expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_its_network_takes_and_gives_what_the_metadata_say(root: Path) -> None:
    verify_net_in_out(
        net_id="network_def",
        meta_file=str(root / "configs" / "metadata.json"),
        config_file=str(root / "configs" / "inference.json"),
        device="cpu",
        bundle_root=str(root),
    )


def test_the_metadata_have_what_is_mandatory(root: Path, resnet_bundle: Bundle) -> None:
    text = (root / "configs" / "metadata.json").read_text("utf-8")
    told: dict[str, Any] = json.loads(text)
    form = told["network_data_format"]

    assert set(told) >= MANDATORY
    for tensor in (*form["inputs"].values(), *form["outputs"].values()):
        assert set(tensor) >= OF_TENSORS
    spec = resnet_bundle.spec
    assert form["inputs"]["image"]["spatial_shape"] == [spec.height, spec.width]
    assert list(form["outputs"]["pred"]["channel_def"].values()) == list(CLASS_NAMES)
    assert told["model_sha256"] == resnet_bundle.sha256
    assert "Not a medical device" in told["intended_use"]


def test_a_person_learns_what_it_is_and_is_not(root: Path) -> None:
    readme = (root / "docs" / "README.md").read_text("utf-8")

    assert "Not a medical device" in readme.partition("##")[0]
    for section in ("## Input", "## Run", "## The model", "## Limits"):
        assert section in readme
    assert "Licence: MIT" in readme
    assert (root / "LICENSE").read_text() == "Do as you like."
    assert (root / "docs" / "license.txt").read_text() == "Do as you like."
