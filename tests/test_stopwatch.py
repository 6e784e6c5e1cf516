"""Time per stage."""

import time

import pytest

from alzer.stopwatch import Stopwatch


def test_a_lap_holds_the_time_since_the_last_one_or_since_a_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moments = iter([1.0, 1.5, 1.75, 8.0, 8.125])
    monkeypatch.setattr(time, "perf_counter", lambda: next(moments))
    watch = Stopwatch()
    watch.restart()
    watch.lap("read")
    watch.lap("infer")
    watch.restart()
    watch.lap("encode")

    assert watch.timings_ms == {"read": 500.0, "infer": 250.0, "encode": 125.0}


def test_time_from_elsewhere_is_added_and_the_total_is_the_sum() -> None:
    watch = Stopwatch({"infer": 1.0})
    watch.add("infer", 2.0)
    watch.add("read", 4.0)

    assert watch.total() == pytest.approx({"infer": 3.0, "read": 4.0, "total": 7.0})
