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
    wait_for,
    workers_at,
)
from phantoms import as_dicom, as_jpeg, draw_brain
from servers import S3_ENVIRONMENT, free_port, s3_server

SLICES = 60
LONG_S = 400.0  # on a busy machine
SCANS, RESULTS = "s3://alzer-test/scans", "s3://alzer-test/results"
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Serve a bucket with slices, and with a file that can't be read."""
    with s3_server() as address:
        environment = {**S3_ENVIRONMENT, "AWS_ENDPOINT_URL": address}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        place = Place(SCANS)
        contents = [as_dicom(draw_brain()), as_jpeg(draw_brain(seed=1))]
        for index in range(SLICES):
            place.write(f"{index % 3}/{index:02}", contents[index % 2])
        place.write("broken.png", b"no picture")
        yield environment


@pytest.fixture
def cluster(bucket: dict[str, str]) -> Iterator[tuple[Path, str]]:
    """Start two nodes of one core each; return their folder, and the head's address."""
    with ray_folder() as folder:
        address = f"127.0.0.1:{free_port()}"
        head = ["--head", f"--port={address.partition(':')[2]}"]
        start_node(folder, head, {**TOKEN, **bucket})
        start_node(folder, [f"--address={address}"], {**TOKEN, **bucket})
        yield folder, address


def records() -> list[dict[str, Any]]:
    place = Place(RESULTS)
    files = [place.read(name) or b"" for name in place.names(RECORDS)]
    tables = [pq.read_table(io.BytesIO(file)) for file in files]
    return [json.loads(line) for one in tables for line in one["record"].to_pylist()]


def two_nodes(folder: Path) -> list[int]:
    """Return the nodes of two processes at slices, the older one, the head's, first."""
    nodes = sorted({node_of(pid) for pid in workers_at("slices", folder)})
    return nodes if len(nodes) == 2 else []


def test_a_node_is_lost_and_no_record(
    cluster: tuple[Path, str], bucket: dict[str, str], bundle: Path
) -> None:
    folder, address = cluster
    words = ["predict", SCANS, "-o", RESULTS, "--format", "parquet"]
    settings = {"ALZER_MODEL": str(bundle), "ALZER_ENGINE": "onnxruntime", **bucket}
    address = f"ray://{address}"
    call = start([*words, "--backend", address], folder, **settings, **TOKEN)
    _, other = wait_for(lambda: two_nodes(folder), call, LONG_S)
    kill(other)
    _, said = call.communicate(timeout=LONG_S)
    found = records()
    wanted = [f"{SCANS}/{index % 3}/{index:02}" for index in range(SLICES)]

    assert call.returncode == 1, said
    assert b"61 records are in s3://alzer-test/results/records, 1 of them" in said
    assert sorted(one["input"] for one in found) == sorted(
        [*wanted, f"{SCANS}/broken.png"]
    )
    assert len(Place(RESULTS).names("heatmaps")) == SLICES
