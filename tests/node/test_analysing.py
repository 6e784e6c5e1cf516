"""Complete series are answered once, by the real readers and objects.

The answer itself is made once for all tests: computing it takes seconds.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path

import pydicom
import pytest

from alzer.analysis import Analysis, analyse
from alzer.backends.local import Steps, local_backend
from alzer.errors import TooDemanding, TooManyBytes
from alzer.model.engine import Model
from alzer.node.analysing import Analyst
from alzer.node.instance import read_instance
from alzer.node.sending import deliver
from alzer.node.series import Series
from alzer.node.settings import NodeSettings
from alzer.node.spool import Spool
from alzer.node.states import Stage
from alzer.scans.reading import File, read_scan
from alzer.scans.volume import Volume
from alzer.settings import Limits
from logged import logged
from nodes import NAME, PATIENT, ROOT, Person, head_files

DESTINATION = "https://pacs.example.org/dicom-web"
SETTINGS = NodeSettings.model_validate(
    {"destinations": DESTINATION, "quiet_seconds": 0.05, "results": "capture,report"}
)


@pytest.fixture(scope="session")
def answer(model: Model) -> Analysis:
    """Return the analysis of the drawn head."""
    return analyse(read_scan(map(File, head_files())), model)


@dataclass
class Bench:
    """An analyst whose heads have an answer that is known."""

    spool: Spool
    answer: Analysis
    settings: NodeSettings = SETTINGS
    count: int = 0
    before: Callable[[], object] = field(default=lambda: None)

    def analyst(self) -> Analyst:
        def analyse_volume(volume: Volume, _: object) -> Analysis:
            self.count += 1
            self.before()
            assert volume.voxels.shape == (115, 133, 66) or volume.voxels.size
            return self.answer

        steps = Steps(
            analyse=lambda _: self.answer,
            read=lambda _: pytest.fail("one file was read alone"),
            read_scan=lambda files, series: read_scan(files, series=series),
            analyse_volume=analyse_volume,
        )
        backend = local_backend(steps, max_waiting=4)
        return Analyst(backend, self.spool, self.settings, {})

    def keep(self, *files: bytes) -> Series:
        for one in files:
            series = self.spool.keep(read_instance(one))
        return series

    def work(self) -> None:
        """Work until nothing is left."""

        async def run() -> None:
            await asyncio.sleep(0.1)
            analyst = self.analyst()
            for _ in range(10):
                await analyst.work()
                await asyncio.sleep(0.06)

        asyncio.run(run())

    def results(self, series: Series) -> list[pydicom.Dataset]:
        return [
            pydicom.dcmread(BytesIO(one)) for one in self.spool.read_results(series)
        ]


@pytest.fixture
def bench(spool: Spool, answer: Analysis) -> Bench:
    return Bench(spool, answer)


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


def replace_settings(**values: object) -> NodeSettings:
    return NodeSettings.model_validate({**SETTINGS.model_dump(), **values})


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


def test_images_that_come_during_the_analysis_are_not_left_out(bench: Bench) -> None:
    series = bench.keep(*head_files()[:-1])
    late = [head_files()[-1]]
    bench.before = lambda: [bench.keep(late.pop()) for _ in late[:1]]
    with logged("info") as log:
        bench.work()

    assert bench.count == 2
    assert "came late" in log.getvalue()
    assert (series.state.stage, series.state.count) == (Stage.sending, 66)


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


def test_a_series_that_no_rule_wants_is_left_alone(bench: Bench) -> None:
    bench.settings = replace_settings(not_series="*scout*")
    unwanted = bench.keep(*head_files(Person(3, "AAHead_Scout"))[:10])
    wanted = bench.keep(*head_files())
    bench.work()

    assert (unwanted.state.stage, unwanted.state.reason) == (
        Stage.unwanted, "not_series",
    )  # fmt: skip
    assert wanted.state.stage is Stage.sending


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


def test_a_head_that_takes_too_much_is_refused(bench: Bench) -> None:
    def fail() -> None:
        message = "It takes too much."
        raise TooDemanding(message)

    bench.before = fail
    series = bench.keep(*head_files())
    bench.work()

    assert series.state.reason == "too_demanding"


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
