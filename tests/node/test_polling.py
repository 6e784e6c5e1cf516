"""Fetching from a PACS, with Debian's Orthanc."""

from collections.abc import Collection
from datetime import date
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import pydicom
import pytest
import requests

from alzer.dicom_out.objects import as_file
from alzer.node.instance import read_instance
from alzer.node.polling import Poller
from alzer.node.settings import NodeSettings
from alzer.node.spool import Spool
from alzer.node.states import Stage
from alzer.settings import Limits
from dicom_parts import item_of
from logged import logged
from nodes import Person, head_files
from pacs import Pacs

# When the drawn people were examined.
DAY = date(2020, 1, 31)


def poller(archive: Pacs, spool: Spool, day: date = DAY, **more: object) -> Poller:
    settings = NodeSettings.model_validate({"pacs": archive.dicomweb, **more})
    return Poller(settings, spool, lambda: day)


def test_what_is_new_is_fetched_and_nothing_twice(archive: Pacs, spool: Spool) -> None:
    person = Person(11, "T1 polled")
    archive.store(head_files(person)[:9])
    ask = poller(archive, spool, series="*polled")
    fetched, expected = [ask.poll()], list[int | None]()
    (series,) = spool.all()

    def poll() -> None:
        expected.append(series.state.expected)
        fetched.append(ask.poll())

    poll()
    archive.store(head_files(person)[9:12])
    poll()
    poll()
    expected.append(series.state.expected)
    contents = [read_instance(one) for one in spool.read(series).values()]

    assert fetched == [9, 0, 3, 0]
    assert expected == [None, 9, None, 12]  # it is believed at the second time
    assert {one.series for one in contents} == {person.series}


def test_only_series_that_are_wanted_are_fetched(archive: Pacs, spool: Spool) -> None:
    archive.store(head_files(Person(12, "T2 of the same day"))[:9])
    archive.store(head_files(Person(13, "T1 wanted"))[:9])

    assert poller(archive, spool, series="*wanted").poll() == 9


@pytest.mark.parametrize(
    ("day", "days", "count"),
    [(DAY, 1, 9), (date(2020, 2, 1), 2, 9), (date(2020, 2, 1), 1, 0)],
)
def test_only_studies_of_some_days_are_asked_for(
    archive: Pacs, spool: Spool, day: date, days: int, count: int
) -> None:
    archive.store(head_files(Person(14, "T1 dated"))[:9])

    ask = poller(archive, spool, day, pacs_days=days, series="*dated")
    assert ask.poll() == count


def test_filters_of_the_settings_are_asked(archive: Pacs, spool: Spool) -> None:
    archive.store(head_files(Person(15, "T1 filtered"))[:9])
    filters = "Modality=MR,SeriesDescription=T1 other"

    assert poller(archive, spool, pacs_filters=filters, series="*").poll() == 0


def test_a_series_whose_files_were_deleted_is_not_fetched_again(
    archive: Pacs, spool: Spool
) -> None:
    archive.store(head_files(Person(16, "T1 emptied"))[:9])
    ask = poller(archive, spool, series="*emptied")
    ask.poll()
    (series,) = spool.all()
    spool.change(series, count=9)
    spool.empty(series)

    assert ask.poll() == 0


class _Failing:
    """A client that does not deliver some objects.

    Args:
        count: How many series there are.
        failing: Which objects are not delivered, by the numbers of person and object.
        objects: How many each series has.
        page: How many it lists at once, whatever it is asked for.
    """

    def __init__(
        self,
        count: int,
        failing: Collection[tuple[int, int]],
        objects: int = 1,
        page: int = 100,
    ) -> None:
        self.count, self.failing = count, failing
        self.objects, self.page = objects, page
        self.asked: list[tuple[int, int]] = []

    def search_for_series(self, offset: int, **_: object) -> list[dict[str, Any]]:
        people = [Person(number) for number in range(1, self.count + 1)]
        return [
            _told(
                StudyInstanceUID=one.study, SeriesInstanceUID=one.series, Modality="MR"
            )
            for one in people[offset : offset + self.page]
        ]

    def search_for_instances(
        self, _: str, series: str, offset: int, **__: object
    ) -> list[dict[str, Any]]:
        uids = [f"{series}.{number}" for number in range(1, self.objects + 1)]
        return [_told(SOPInstanceUID=one) for one in uids[offset : offset + self.page]]

    def retrieve_instance(self, *uids: str, **_: object) -> pydicom.Dataset:
        person, number = int(uids[1].split(".")[-2]), int(uids[2].split(".")[-1])
        self.asked.append((person, number))
        if (person, number) in self.failing:
            raise requests.HTTPError(uids[2])
        return pydicom.dcmread(BytesIO(head_files(Person(person))[number - 1]))


def asking(client: _Failing, spool: Spool) -> Poller:
    """Return what asks such a client; no server fails so."""
    ask = poller(Pacs(1, 1), spool)
    ask._client = client  # type: ignore[assignment]  # noqa: SLF001 - it has no other door
    return ask


def _told(**elements: str) -> dict[str, Any]:
    return item_of(**elements).to_json_dict()


def test_a_series_that_is_not_delivered_keeps_no_other_waiting(spool: Spool) -> None:
    client = _Failing(2, {(1, 1)})
    ask = asking(client, spool)
    with logged("info") as log, pytest.raises(requests.HTTPError):
        ask.poll()
    (series,) = spool.all()

    assert series.name == spool.name_of(Person(2).study, Person(2).series)
    assert spool.name_of(Person(1).study, Person(1).series) in log.getvalue()
    assert Person(1).series not in log.getvalue()


def test_a_pacs_that_delivers_nothing_is_left_alone(spool: Spool) -> None:
    client = _Failing(9, [*product(range(1, 10), [1])])
    ask = asking(client, spool)
    with pytest.raises(requests.HTTPError):
        ask.poll()

    assert client.asked == [(person, 1) for person in range(1, 6)]


def test_an_object_that_is_not_delivered_keeps_no_other_waiting(spool: Spool) -> None:
    client = _Failing(1, {(1, 2)}, objects=4)
    ask = asking(client, spool)
    for _ in range(2):
        with pytest.raises(requests.HTTPError):
            ask.poll()
    (series,) = spool.all()

    assert len(series.sizes) == 3
    assert series.state.expected == 4
    assert client.asked == [(1, 1), (1, 2), (1, 3), (1, 4), (1, 2)]


def test_objects_that_fail_one_after_the_other_are_the_failure_of_the_pacs(
    spool: Spool,
) -> None:
    failing = [*product([1], range(1, 10))]
    client = _Failing(1, failing, objects=9)
    ask = asking(client, spool)
    with pytest.raises(requests.HTTPError):
        ask.poll()

    assert client.asked == failing[:5]


def test_a_pacs_that_lists_less_than_it_is_asked_for_is_asked_for_the_rest(
    spool: Spool,
) -> None:
    client = _Failing(5, (), objects=3, page=2)
    ask = asking(client, spool)

    assert ask.poll() == 15
    assert sorted(len(one.sizes) for one in spool.all()) == [3] * 5


def test_a_series_that_is_listed_twice_in_one_poll_is_one(spool: Spool) -> None:
    client = _Failing(2, (), objects=2)
    ask = asking(client, spool)
    one, other = client.search_for_series(offset=0)
    pages = iter([[one], [one, other], []])  # another one came in between
    always: Any = client
    always.search_for_series = lambda **_: next(pages)

    assert ask.poll() == 4
    assert [series.state.expected for series in spool.all()] == [None, None]


def test_a_pacs_that_always_lists_the_same_is_not_asked_for_ever(spool: Spool) -> None:
    client = _Failing(2, (), objects=2)
    ask = asking(client, spool)
    series = client.search_for_series(offset=0)
    instances = {
        person: client.search_for_instances("", Person(person).series, offset=0)
        for person in (1, 2)
    }
    always: Any = client
    always.search_for_series = lambda **_: series
    always.search_for_instances = lambda _, uid, **__: instances[
        int(uid.split(".")[-2])
    ]

    assert ask.poll() == 4


def test_a_pacs_that_does_not_answer_is_a_failure_that_passes(spool: Spool) -> None:
    nobody = Pacs(1, 1)

    with pytest.raises(requests.ConnectionError):
        poller(nobody, spool).poll()


def test_a_series_over_the_limits_is_not_fetched_at_each_poll(
    archive: Pacs, tmp_path: Path
) -> None:
    person = Person(17, "T1 large")
    archive.store(head_files(person)[:9])
    asked = []
    for limits in (Limits(max_files=8), Limits(max_scan_bytes=50_000)):
        folder = tmp_path / str(limits.max_files)
        with Spool(folder, limits) as spool, logged("info") as log:
            ask = poller(archive, spool, series="*large")
            asked.append([ask.poll(), ask.poll()])
            size = sum(one.stat().st_size for one in folder.rglob("*.dcm"))
        assert size <= limits.max_scan_bytes
        assert log.getvalue().count("too large to be fetched") == 1
        assert person.series not in log.getvalue()

    assert asked == [[0, 0], [4, 0]]


def test_an_object_that_is_refused_is_fetched_once(archive: Pacs, spool: Spool) -> None:
    files = head_files(Person(18, "T1 without pixels"))[:9]
    broken = pydicom.dcmread(BytesIO(files[0]))
    del broken.PixelData
    archive.store([*files[1:], as_file(broken)])
    ask = poller(archive, spool, series="*without pixels")

    fetched = [ask.poll(), ask.poll()]
    (series,) = spool.all()
    expected, revision = series.state.expected, series.state.revision
    spool.change(series, stage=Stage.done, count=len(series.sizes))
    spool.empty(series)

    assert (*fetched, ask.poll()) == (8, 0, 0)
    assert expected == 8
    assert series.state.revision == revision
