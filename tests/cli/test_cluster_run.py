"""What a cluster's call leaves as it is where it can't begin."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import Result

from alzer.backends.ray import cluster
from alzer.cli.shards import RECORDS
from alzer.errors import ClusterUnavailable

Call = Callable[..., Result]

SHARD = f"{RECORDS}/outcome=slice/part-1.jsonl"


@contextmanager
def no_cluster(address: str) -> Iterator[int]:
    raise ClusterUnavailable(address)
    yield 1  # type: ignore[unreachable]  # which makes it a context


@contextmanager
def idle_cluster(_: str) -> Iterator[int]:
    yield 1


def write_results(folder: Path, *names: str) -> dict[Path, bytes]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"{}\n")
    return contents_of(folder)


def contents_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}


@pytest.mark.usefixtures("scan")
@pytest.mark.parametrize(
    ("name", "reach", "code"),
    [("scan.jpg", no_cluster, 1), ("absent.csv", idle_cluster, 2)],
)
def test_earlier_records_stay_until_the_inputs_have_been_found(
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    reach: Callable[[str], Iterator[int]],
    code: int,
) -> None:
    monkeypatch.setattr(cluster, "connected", reach)
    results = Path("results")
    before = write_results(results, SHARD, "run.json", "legend.png")
    words = ("predict", name, "-o", "results", "--backend", "ray", "--overwrite")
    result = call(*words)

    assert result.exit_code == code, result.stderr
    assert contents_of(results) == before


@pytest.mark.usefixtures("scan")
@pytest.mark.parametrize("how", [(), ("--resume",), ("--overwrite",)])
@pytest.mark.parametrize(
    ("earlier", "words"),
    [("predictions.csv", ("--backend", "ray")), (SHARD, ("--format", "jsonl"))],
)
def test_results_of_one_machine_and_of_a_cluster_are_never_mixed(
    call: Call, how: tuple[str, ...], earlier: str, words: tuple[str, ...]
) -> None:
    before = write_results(Path("results"), earlier, "run.json", "legend.png")
    result = call("predict", "scan.jpg", "-o", "results", *words, *how)

    assert result.exit_code == 2
    assert "The folder holds results of" in result.stderr
    assert contents_of(Path("results")) == before
