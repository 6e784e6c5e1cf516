"""A cluster of two nodes that loses one, with scans and results in a bucket."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from alzer.cli.places import Place
from alzer.cli.shards import RECORDS
from clusters import (
    kill,
    node_of,
    ray_folder,
    start,
    start_node,
    workers_at_work,
)
from phantoms import as_dicom, as_jpeg, draw_brain
from servers import S3_ENVIRONMENT, free_port, s3_server
from waiting import wait_until

SLICES = 60
LONG_S = 1200.0  # on a busy machine


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Serve a bucket with slices, one of which can't be read."""
    with s3_server() as address:
        environment = {**S3_ENVIRONMENT, "AWS_ENDPOINT_URL": address}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        place = Place("s3://alzer-test/scans")
        contents = [as_dicom(draw_brain()), as_jpeg(draw_brain(seed=1))]
        for index in range(SLICES):
            place.write(f"{index % 3}/{index:02}", contents[index % 2])
        place.write("broken.png", b"no picture")
        yield environment


@pytest.fixture
def cluster(bucket: dict[str, str]) -> Iterator[tuple[Path, str]]:
    """Start two nodes with a token; return their folder, and the head's address."""
    with ray_folder() as folder:
        settings = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64, **bucket}
        address = f"127.0.0.1:{free_port()}"
        start_node(folder, ["--head", f"--port={address[10:]}"], settings)
        start_node(folder, [f"--address={address}"], settings)
        yield folder, address


def records() -> list[dict[str, Any]]:
    place = Place("s3://alzer-test/results")
    files = [place.read(name) or b"" for name in place.names(RECORDS)]
    tables = [pq.read_table(io.BytesIO(file)) for file in files]
    return [json.loads(line) for one in tables for line in one["record"].to_pylist()]


def test_a_node_is_lost_and_no_record(
    cluster: tuple[Path, str], bucket: dict[str, str], bundle: Path
) -> None:
    folder, address = cluster
    words = ["predict", "s3://alzer-test/scans", "-o", "s3://alzer-test/results"]
    words += ["--backend", f"ray://{address}", "--format", "parquet"]
    settings = {"ALZER_MODEL": str(bundle), "ALZER_ENGINE": "onnxruntime", **bucket}
    settings |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64}
    call = start(words, folder, **settings)
    head, other = wait_until(lambda: _two_nodes(folder), LONG_S)
    kill(other)
    _, said = call.communicate(timeout=LONG_S)
    found = records()
    names = sorted(record["input"] for record in found)
    wanted = [f"s3://alzer-test/scans/{i % 3}/{i:02}" for i in range(SLICES)]
    heatmaps = Place("s3://alzer-test/results").names("heatmaps")

    assert head != other
    assert call.returncode == 1, said
    assert b"61 records are in s3://alzer-test/results/records, 1 of them" in said
    assert names == sorted([*wanted, "s3://alzer-test/scans/broken.png"])
    assert len(heatmaps) == SLICES


def _two_nodes(folder: Path) -> list[int]:
    """Return the nodes of two workers that read files; the older, the head's, first."""
    nodes = sorted({node_of(worker) for worker in workers_at_work(folder)})
    return nodes if len(nodes) == 2 else []
