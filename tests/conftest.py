"""What tests of several parts share."""

import os
from pathlib import Path

import pytest

from alzer.model.bundle import load_bundle
from alzer.model.engine import Model, load_model
from bundles import write_bundle


@pytest.fixture(scope="session")
def bundle_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a bundle that is quick to load: one convolution with the two outputs."""
    return write_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="session")
def model(bundle_path: Path) -> Model:
    """Give that bundle's model, ready to run."""
    return load_model(load_bundle(bundle_path), "openvino", "fp32", 1)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Give the folder with real scans, which is no part of the project."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("ALZER_DATA", beside))
    if not (folder / "oasis1-axial").is_dir():
        pytest.skip("no real scans: set ALZER_DATA to a folder with oasis1-axial")
    return folder
