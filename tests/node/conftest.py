"""What tests of the node share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alzer.analysis import Analysis, analyse
from alzer.model.engine import Model
from alzer.node.settings import NodeSettings
from alzer.node.spool import Spool
from alzer.scans.reading import File, read_scan
from analysts import Bench
from nodes import head_files
from pacs import Pacs, pacs


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """Return an empty spool."""
    with Spool(tmp_path / "spool") as opened:
        yield opened


@pytest.fixture
def settings() -> NodeSettings:
    """Return settings of a node on loopback."""
    return NodeSettings(destinations=("http://127.0.0.1:1/dicom-web",))


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pacs]:
    """Return a running PACS, for studies that no other test uses."""
    with pacs(tmp_path_factory.mktemp("pacs")) as running:
        yield running


@pytest.fixture(scope="session")
def answer(model: Model) -> Analysis:
    """Return the analysis of the drawn head."""
    return analyse(read_scan(map(File, head_files())), model)


@pytest.fixture
def bench(spool: Spool, answer: Analysis) -> Bench:
    return Bench(spool, answer)
