"""Series that can't be answered have a reason, and an end."""

from dataclasses import replace
from pathlib import Path

import pytest

from alzer.analysis import Analysis
from alzer.errors import TooDemanding, TooManyBytes
from alzer.node.instance import read_instance
from alzer.node.sending import deliver
from alzer.node.spool import Spool
from alzer.node.states import Stage
from alzer.settings import Limits
from analysts import DESTINATION, Bench, replace_settings
from logged import logged
from nodes import NAME, PATIENT, ROOT, Person, head_files


def test_a_late_image_of_a_series_that_was_deleted_is_no_series(bench: Bench) -> None:
    files = head_files()
    series = bench.keep(*files[:-1])
    bench.work()
    deliver(bench.spool, series, DESTINATION)
    bench.spool.empty(series)
    bench.keep(*files[-20:])
    bench.work()
    fragment = (series.state.stage, series.state.reason, bench.count)
    bench.keep(*files)
    bench.work()

    assert fragment == (Stage.failed, "incomplete_series", 1)
    assert (series.state.stage, series.state.reason) == (Stage.sending, None)
    assert bench.count == 2


def test_a_part_of_a_series_that_is_too_large_is_not_answered(
    answer: Analysis, tmp_path: Path
) -> None:
    files = head_files()
    with Spool(tmp_path / "small", Limits(max_files=len(files) - 1)) as small:
        bench = Bench(small, answer)
        series = bench.keep(*files[:-1])
        with pytest.raises(TooManyBytes):
            bench.keep(files[-1])
        bench.work()

    assert (series.state.stage, series.state.reason) == (Stage.failed, "too_many_bytes")
    assert bench.count == 0


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({"EchoTime": "98", "RepetitionTime": "5200", "InversionTime": "0",
          "ScanningSequence": "SE", "SeriesDescription": "t2", "ProtocolName": "t2"},
         "other_contrast"),
        ({"ImageType": "ORIGINAL\\PRIMARY\\LOCALIZER"}, "unsupported_variant"),
    ],
)  # fmt: skip
def test_a_series_that_can_not_be_used_has_a_reason(
    bench: Bench, elements: dict[str, str], code: str
) -> None:
    bench.settings = replace_settings(refusal_report=True)
    series = bench.keep(*head_files(Person(5), **elements))
    with logged("info") as log:
        bench.work()
    (report,) = bench.results(series)

    assert series.state.reason == code
    assert f'"code": "{code}"' in log.getvalue()
    assert bench.count == 0
    assert report.Modality == "SR"
    assert code in report.to_json()


def test_too_few_images_are_refused_without_being_decoded(bench: Bench) -> None:
    series = bench.keep(*head_files()[:3])
    bench.work()

    assert (series.state.stage, series.state.reason) == (
        Stage.failed, "incomplete_series",
    )  # fmt: skip
    assert bench.spool.read_results(series) == []


def test_a_series_with_a_hole_is_refused(bench: Bench) -> None:
    files = head_files()
    series = bench.keep(*files[:20], *files[24:])
    bench.work()

    assert series.state.reason == "incomplete_series"


def test_an_image_without_its_last_pixels_is_refused(bench: Bench) -> None:
    cut = replace(read_instance(head_files()[7]), content=head_files()[7][:-300])
    series = bench.keep(*head_files()[:7], *head_files()[8:])
    bench.spool.keep(cut)
    bench.work()

    assert series.state.stage is Stage.failed
    assert series.state.reason in {"damaged_file", "incomplete_series"}


def test_a_head_that_takes_too_much_is_refused(bench: Bench) -> None:
    def fail() -> None:
        message = "It takes too much."
        raise TooDemanding(message)

    bench.before = fail
    series = bench.keep(*head_files())
    bench.work()

    assert series.state.reason == "too_demanding"


def test_an_analysis_that_fails_again_and_again_is_given_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alzer.node.analysing._PAUSE_S", 0.0)

    def fail() -> None:
        raise RuntimeError(NAME)

    bench.before = fail
    series = bench.keep(*head_files())
    with logged("info") as log:
        bench.work()

    assert bench.count == 3
    assert (series.state.stage, series.state.reason) == (Stage.failed, "job_lost")
    for secret in (NAME, PATIENT, ROOT):
        assert secret not in log.getvalue()
