"""What tests of several parts share."""

import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from alzer.model.bundle import Bundle, load_bundle, shipped_bundle
from alzer.model.engine import Model, load_model
from alzer.model.preparation import InputSpec
from alzer.training import export
from alzer.training.network import ResNet50
from bundles import write_bundle
from cores import take_core
from networks import random_ood_score, settled_network
from replicas import end_shared
from servers import S3_ENVIRONMENT, s3_server
from trained import TrainedStudy, train_study

# A busy machine is slow, which is no failure; and a run can be repeated.
hypothesis.settings.register_profile("alzer", deadline=None, derandomize=True)
hypothesis.settings.load_profile("alzer")


def pytest_configure(config: pytest.Config) -> None:
    """Give each process that runs tests beside others a core of its own."""
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        take_core(int(worker["workerid"].removeprefix("gw")))


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C and SIGHUP mean something where the shell has its jobs ignore them."""
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    hang_up = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGHUP, hang_up)


@pytest.fixture(scope="module", autouse=True)
def _no_cluster_is_left() -> Iterator[None]:
    """End the cluster with the file that needs it: idle, it takes a tenth of a core."""
    yield
    end_shared()


@pytest.fixture(scope="session")
def bundle_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle that is quick to load: one convolution with the two outputs."""
    return write_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="session")
def model(bundle_path: Path) -> Model:
    """Return that bundle's model, ready to run."""
    return load_model(load_bundle(bundle_path), "openvino", "fp32", 1)


@pytest.fixture(scope="session")
def network() -> ResNet50:
    """Return a whole ResNet-50 with random weights; not to be changed."""
    return settled_network()


@pytest.fixture(scope="session")
def resnet_bundle(
    network: ResNet50, tmp_path_factory: pytest.TempPathFactory
) -> Bundle:
    """Return that network as it is served; smaller images keep the tests quick."""
    folder, spec = tmp_path_factory.mktemp("resnet"), InputSpec(height=97, width=65)
    content = export.export_onnx(network, spec, random_ood_score())
    export.write_bundle(folder, content, spec, {"name": "random", "version": "0"})
    return load_bundle(folder)


@pytest.fixture(scope="session")
def resnet_model(resnet_bundle: Bundle) -> Model:
    """Return that bundle's model in fp32, compiled once for all tests."""
    return load_model(resnet_bundle, "openvino", "fp32", 2)


@pytest.fixture(scope="session")
def shipped_model() -> Model:
    """Return the model that ships; fp32, so that rounding plays no part."""
    return load_model(load_bundle(shipped_bundle()), precision="fp32")


@pytest.fixture(scope="session")
def trained_study(tmp_path_factory: pytest.TempPathFactory) -> TrainedStudy:
    """Return a study with networks for its folds; not to be changed."""
    return train_study(tmp_path_factory.mktemp("trained"))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder with real scans, which is no part of the project."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("ALZER_DATA", beside))
    if not (folder / "oasis1-axial").is_dir():
        pytest.skip("no real scans: set ALZER_DATA to a folder with oasis1-axial")
    return folder


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """Return the address of a running S3 server with a bucket."""
    with s3_server() as address:
        yield address


@pytest.fixture
def s3_url(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return an empty place in the bucket."""
    for name, value in {**S3_ENVIRONMENT, "AWS_ENDPOINT_URL": s3_address}.items():
        monkeypatch.setenv(name, value)
    return f"s3://alzer-test/{uuid.uuid4()}"
