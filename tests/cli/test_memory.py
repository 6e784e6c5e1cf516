"""No more heads at once than there is memory for."""

from pathlib import Path

import pytest

from alzer.cli.memory import at_most, available_bytes, head_processes, heads_at_once

GIB = 2**30


@pytest.mark.parametrize(
    ("available", "count"),
    [(None, 1), (0, 1), (2 * GIB, 1), (3 * GIB, 2), (64 * GIB, 2)],
)
def test_two_heads_are_worked_on_where_memory_allows(
    available: int | None, count: int
) -> None:
    assert heads_at_once(available) == count


def test_the_lesser_of_machine_and_container_counts(tmp_path: Path) -> None:
    machine = tmp_path / "meminfo"
    machine.write_text("MemTotal: 16 kB\nMemAvailable: 8 kB\n", encoding="ascii")
    (tmp_path / "memory.current").write_text("1000\n", encoding="ascii")
    limit = tmp_path / "memory.max"
    counts = []
    for text in ("5000", "50000", "max"):
        limit.write_text(f"{text}\n", encoding="ascii")
        counts.append(available_bytes(machine, tmp_path))

    assert counts == [4000, 8192, 8192]
    assert available_bytes(tmp_path / "absent", tmp_path / "absent") is None


def test_a_call_may_set_a_bound_to_what_is_free() -> None:
    assert at_most(None, None) is None
    assert at_most(4.0, 2**30) == 2**30
    assert heads_at_once(at_most(3.0, 2**40)) == 2
    assert heads_at_once(at_most(2.9, 2**40)) == 1


@pytest.mark.parametrize(
    ("cores", "slices", "available", "count"),
    [
        (64, 0, 16 * GIB, 10),
        (2, 0, 16 * GIB, 2),
        (8, 0, GIB, 1),
        (8, 0, None, 8),
        (64, 20, 16 * GIB, 5),
        (8, 64, 16 * GIB, 1),
    ],
)
def test_processes_for_heads_fit_into_memory(
    cores: int, slices: int, available: int | None, count: int
) -> None:
    assert head_processes(cores, slices, available) == count
