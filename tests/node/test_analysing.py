"""Complete series are answered once, by the real readers and objects.

The answer itself is made once for all tests: computing it takes seconds.
"""

import asyncio
import time
from pathlib import Path

import pytest

from alzer.node.spool import Spool
from alzer.node.states import Stage
from analysts import DESTINATION, Bench, replace_settings
from logged import logged
from nodes import NAME, Person, head_files


def test_a_complete_series_has_objects_that_refer_to_it(bench: Bench) -> None:
    series = bench.keep(*head_files())
    bench.work()
    capture, report = bench.results(series)

    assert series.state.stage is Stage.sending
    assert [one.destination for one in series.state.deliveries] == [DESTINATION]
    for one in (capture, report):
        assert one.PatientName == NAME
        assert one.StudyInstanceUID == Person().study
        assert one.SeriesInstanceUID != Person().series
    assert report.Modality == "SR"


def test_a_series_waits_for_more_of_its_images(bench: Bench) -> None:
    bench.settings = replace_settings(quiet_seconds=30)
    series = bench.keep(*head_files())
    bench.work()

    assert series.state.stage is Stage.collecting


def test_a_series_that_was_announced_is_complete_with_its_last_image(
    bench: Bench,
) -> None:
    bench.settings = replace_settings(quiet_seconds=30)
    series = bench.keep(*head_files()[:-1])
    bench.spool.change(series, expected=len(head_files()))
    bench.work()
    before = series.state.stage
    bench.keep(head_files()[-1])
    bench.work()

    assert before is Stage.collecting
    assert series.state.stage is Stage.sending


def test_a_series_that_a_pacs_told_of_once_waits_until_it_is_asked_again(
    bench: Bench,
) -> None:
    bench.settings = replace_settings(quiet_seconds=0.01, pacs_seconds=30)
    series = bench.keep(*head_files())
    bench.spool.change(series, announced=len(head_files()))
    time.sleep(0.05)
    bench.work()
    before = series.state.stage
    bench.spool.change(series, announced=None)
    bench.work()

    assert before is Stage.collecting
    assert series.state.stage is Stage.sending


def test_the_same_content_is_answered_once(bench: Bench) -> None:
    series = bench.keep(*head_files())
    bench.work()
    bench.spool.change(series, stage=Stage.done, ended_at=1.0)
    bench.keep(*head_files())
    bench.work()
    bench.spool.empty(series)
    bench.keep(*head_files())  # after its files were deleted
    with logged("info") as log:
        bench.work()

    assert bench.count == 1
    assert series.state.stage is Stage.done
    assert "answered before" in log.getvalue()


def test_what_was_answered_before_a_fragment_is_not_answered_again(
    bench: Bench,
) -> None:
    series = bench.keep(*head_files())
    fragment = head_files()[:5]
    for files in (head_files(), fragment, head_files(), fragment):
        bench.work()
        bench.spool.change(series, stage=Stage.done, ended_at=1.0)
        bench.spool.empty(series)
        bench.keep(*files)
    with logged("info") as log:
        bench.work()

    refused = series.state
    bench.spool.empty(series)
    bench.keep(*head_files())
    bench.work()
    state = series.state

    assert bench.count == 1
    assert "answered before" in log.getvalue()
    assert (refused.stage, refused.reason, refused.count) == (
        Stage.failed,
        "incomplete_series",
        len(fragment),
    )
    assert (state.stage, state.reason, state.count) == (
        Stage.done,
        None,
        len(head_files()),
    )


def test_images_that_come_late_start_the_series_anew(bench: Bench) -> None:
    series = bench.keep(*head_files()[:-1])
    bench.work()
    bench.spool.change(series, stage=Stage.done, ended_at=1.0)
    bench.keep(head_files()[-1])
    with logged("info") as log:
        bench.work()

    assert bench.count == 2
    assert (series.state.stage, series.state.revision) == (Stage.sending, 2)
    assert '"revision": 2' in log.getvalue()


def test_images_that_come_during_the_analysis_are_not_left_out(bench: Bench) -> None:
    series = bench.keep(*head_files()[:-1])
    late = [head_files()[-1]]
    bench.before = lambda: [bench.keep(late.pop()) for _ in late[:1]]
    with logged("info") as log:
        bench.work()

    assert bench.count == 2
    assert "came late" in log.getvalue()
    assert (series.state.stage, series.state.count) == (Stage.sending, 66)


def test_a_series_that_no_rule_wants_is_left_alone(bench: Bench) -> None:
    bench.settings = replace_settings(not_series="*scout*")
    unwanted = bench.keep(*head_files(Person(3, "AAHead_Scout"))[:10])
    wanted = bench.keep(*head_files())
    bench.work()

    assert (unwanted.state.stage, unwanted.state.reason) == (
        Stage.unwanted, "not_series",
    )  # fmt: skip
    assert wanted.state.stage is Stage.sending


def test_a_series_that_can_not_be_read_keeps_no_other_waiting(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alzer.node.analysing._PAUSE_S", 0.0)
    broken = bench.keep(*head_files(Person(2))[:9])
    next(broken.instances.glob("*.dcm")).unlink()
    whole = bench.keep(*head_files())
    with logged("info") as log:
        bench.work()

    assert (broken.state.stage, broken.state.reason) == (
        Stage.failed, "storage_unavailable",
    )  # fmt: skip
    assert log.getvalue().count("can't be read") == 3
    assert broken.name in log.getvalue()
    assert whole.state.stage is Stage.sending


def test_a_cancelled_analysis_waits_for_the_next_start(
    bench: Bench, tmp_path: Path
) -> None:
    series = bench.keep(*head_files())

    async def run() -> None:
        analyst = bench.analyst()
        bench.before = analyst.cancel
        await asyncio.sleep(0.1)
        await analyst.work()

    asyncio.run(run())
    assert (series.state.stage, series.state.attempts) == (Stage.waiting, 0)
    bench.spool.close()
    with Spool(tmp_path / "spool") as later:
        bench.spool, bench.before = later, lambda: None
        bench.work()

        assert later.all()[0].state.stage is Stage.sending
