"""`alzer predict --backend ray`, as real processes that are really killed."""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from alzer.cli.shards import CONTENT, MODEL, RECORDS, SETTINGS
from alzer.explain.volume_evidence import encode_nifti
from clusters import kill, ray_folder, start, wait_for, workers_at
from heads import draw_average_head
from phantoms import as_dicom, as_jpeg, draw_brain
from waiting import wait_until

Call = Callable[..., Result]
Records = dict[str, Mapping[str, Any]]

SLICES = 20
LONG_S = 240.0  # on a busy machine


@pytest.fixture
def cluster() -> Iterator[Path]:
    with ray_folder() as folder:
        yield folder


def write_scans(folder: Path) -> None:
    """Write slices, two files that can't be read, and a whole head."""
    folder.mkdir()
    content = [as_jpeg(draw_brain(seed=seed)) for seed in range(3)]
    content.append(as_dicom(draw_brain()))
    for index in range(SLICES):
        suffix = "dcm" if index % 4 == 3 else "jpg"
        (folder / f"{index:02}.{suffix}").write_bytes(content[index % 4])
    (folder / "cut.jpg").write_bytes(content[0][:700])
    (folder / "no-picture.png").write_bytes(b"no picture")
    head = draw_average_head().volume
    volume = encode_nifti(head.voxels, head.affine, "phantom")
    (folder / "head.nii.gz").write_bytes(volume)


def records_of(shards: Path) -> Records:
    """Read all shards; no input may have two records."""
    lines = [
        line
        for shard in shards.rglob("*.jsonl")
        for line in shard.read_text("utf-8").splitlines()
    ]
    records = {record["input"]: record for record in map(json.loads, lines)}

    assert len(records) == len(lines)
    return records


def alike(found: object, wanted: object) -> bool:
    """Compare values; the sums of networks depend on the number of threads a little."""
    if isinstance(wanted, float):
        return bool(found == pytest.approx(wanted, rel=1e-3, abs=1e-4))
    if isinstance(wanted, dict) and isinstance(found, dict):
        return found.keys() == wanted.keys() and all(
            alike(found[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(map(alike, found, wanted))
    return found == wanted


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: (found.get(key), wanted.get(key))
        for key in found.keys() | wanted.keys()
        if not alike(found.get(key), wanted.get(key))
    }


def without_digests(records: Records) -> Records:
    digests = {CONTENT, MODEL, SETTINGS}
    return {
        name: {key: value for key, value in record.items() if key not in digests}
        for name, record in records.items()
    }


def worker_at_head(
    call: subprocess.Popen[bytes], cluster: Path, other_than: int = 0
) -> int:
    """Wait for a process of a call that works on a head."""

    def found() -> list[int]:
        return [pid for pid in workers_at("heads", cluster) if pid != other_than]

    return wait_for(found, call, LONG_S)[0]


def kill_worker_at_head(call: subprocess.Popen[bytes], cluster: Path) -> None:
    """Kill a process that works on a head, and wait until another one does."""
    killed = worker_at_head(call, cluster)
    kill(killed)
    worker_at_head(call, cluster, other_than=killed)


def test_a_call_that_is_killed_twice_ends_with_what_one_machine_gives(
    call: Call, bundle: Path, cluster: Path, tmp_path: Path
) -> None:
    write_scans(tmp_path / "scans")
    alone = call("predict", "scans", "-o", "results", "-f", "jsonl")
    wanted = {one["input"]: one for one in map(json.loads, alone.stdout.splitlines())}
    Path("results").rename("alone")
    words = ["predict", "scans", "-o", "results", "--backend", "ray"]
    settings = {"ALZER_MODEL": str(bundle), "ALZER_ENGINE": "onnxruntime"}
    shards = tmp_path / "results" / RECORDS

    # The head comes later, so that its process is there to be killed.
    head = Path("scans/head.nii.gz").rename("head.nii.gz")
    first = start(words, cluster, **settings)
    wait_until(lambda: list(shards.glob("outcome=slice/part-*")), LONG_S)
    kill(first.pid)  # the driver
    first.communicate()
    before = records_of(shards)
    head.rename("scans/head.nii.gz")
    second = start([*words, "--resume"], cluster, **settings)
    kill_worker_at_head(second, cluster)
    shown, said = second.communicate(timeout=LONG_S)
    records = records_of(shards)
    files = {one.relative_to("alone") for one in Path("alone").rglob("*.*")}
    left = {one.relative_to("results") for one in Path("results").rglob("*.*")}

    assert 0 < len(before) < len(wanted)
    assert second.returncode == alone.exit_code == 1, said
    assert b"23 records are in results/records, 2 of them" in said
    assert b"Traceback" not in said + shown
    assert records.keys() == wanted.keys()
    for name, record in without_digests(records).items():
        assert differences(record, wanted[name]) == {}, name
    assert files - {Path("predictions.jsonl")} <= left
    for file in files - {Path("predictions.jsonl"), Path("run.json")}:
        if "head" in str(file):
            continue  # its values are those of the record, to the same rounding
        assert Path("alone", file).read_bytes() == Path("results", file).read_bytes()
