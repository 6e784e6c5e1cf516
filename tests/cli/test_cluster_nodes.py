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
    nodes_of,
    ray_folder,
    start,
    start_node,
    wait_for,
    workers_at,
)
from phantoms import as_dicom, as_jpeg, draw_brain
from servers import S3_ENVIRONMENT, free_port, s3_server

SLICES = 120
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
def cluster(bucket: dict[str, str]) -> Iterator[tuple[Path, str, int]]:
    """Start two nodes of one core each.

    Yields:
        Their folder, the address of the first, which is the head, and the process of
        the second.
    """
    with ray_folder() as folder:
        address = f"127.0.0.1:{free_port()}"
        head = ["--head", f"--port={address.partition(':')[2]}"]
        start_node(folder, head, {**TOKEN, **bucket})
        (first,) = nodes_of(folder)
        start_node(folder, [f"--address={address}"], {**TOKEN, **bucket})
        (second,) = set(nodes_of(folder)) - {first}
        yield folder, address, second


def records() -> list[dict[str, Any]]:
    place = Place(RESULTS)
    files = [place.read(name) or b"" for name in place.names(RECORDS)]
    tables = [pq.read_table(io.BytesIO(file)) for file in files]
    return [json.loads(line) for one in tables for line in one["record"].to_pylist()]


def test_a_node_is_lost_and_no_record(
    cluster: tuple[Path, str, int], bucket: dict[str, str], bundle: Path
) -> None:
    folder, head, node = cluster
    words = ["predict", SCANS, "-o", RESULTS, "--format", "parquet"]
    settings = {"ALZER_MODEL": str(bundle), "ALZER_ENGINE": "onnxruntime", **bucket}
    call = start([*words, "--backend", f"ray://{head}"], folder, **settings, **TOKEN)

    def working() -> list[int]:
        return [pid for pid in workers_at("slices", folder) if node_of(pid) == node]

    wait_for(working, call, LONG_S)
    kill(node)
    _, said = call.communicate(timeout=LONG_S)
    found = records()
    wanted = [f"{SCANS}/{index % 3}/{index:02}" for index in range(SLICES)]

    assert call.returncode == 1, said
    assert b"121 records are in s3://alzer-test/results/records, 1 of them" in said
    assert sorted(one["input"] for one in found) == sorted(
        [*wanted, f"{SCANS}/broken.png"]
    )
    assert len(Place(RESULTS).names("heatmaps")) == SLICES
