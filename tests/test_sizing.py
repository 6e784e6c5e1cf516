"""The sizes of clusters on paper, and where they are told."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
MANUAL = ROOT / "docs/how-to/cluster.md"


def _benchmark(name: str) -> ModuleType:
    """Load a benchmark; their folder has names that tests have, too."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"benchmarks/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sizing = _benchmark("sizing")


def test_the_manual_tells_what_the_simulation_gives() -> None:
    text = MANUAL.read_text("utf-8")
    told = text.partition("<!-- sizing: begin -->")[2].partition("<!-- sizing: end -->")

    assert told[0].strip() == sizing.table()


def test_enough_cores_let_nobody_wait() -> None:
    work = np.full(1000, 2.0)

    assert sizing.waits(work, 2).max() == 0.0
    assert sizing.waits(work, 3).max() == 0.0


def test_the_queue_grows_by_what_is_not_done_and_is_worked_off() -> None:
    work = np.array([5.0, 5.0, 0.0, 0.0, 0.0, 0.0])

    assert sizing.waits(work, 2).tolist() == [0.0, 1.5, 3.0, 2.0, 1.0, 0.0]


def test_ten_times_as_many_scans_need_some_ten_times_the_cores() -> None:
    kind = sizing.Kind("drawn", np.array([1.0, 3.0]), 5.0)
    few, many = sizing.size(kind, 200_000), sizing.size(kind, 2_000_000)

    assert 8 < many.cores / few.cores < 10.5
    assert few.wait_s <= 5.0
    assert few.saturated_at > 150_000
    assert 0.5 < few.busiest <= 1.2
