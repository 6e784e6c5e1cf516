"""Results are sent until they are taken."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from alzer.node.destinations import NotDelivered, Refused
from alzer.node.instance import read_instance
from alzer.node.sending import Sender, drop_others, pause_s
from alzer.node.series import Series
from alzer.node.spool import Spool
from alzer.node.states import Delivery, Stage
from logged import logged
from nodes import NAME, head_files

HERE, THERE = "dicom://HERE@127.0.0.1:104", "https://there.example.org/dicom-web"


@dataclass
class Recipient:
    """Takes results, or fails."""

    failures: list[Exception] = field(default_factory=list)
    taken: list[list[bytes]] = field(default_factory=list)

    def send(self, files: Sequence[bytes]) -> None:
        if self.failures:
            raise self.failures.pop()
        self.taken.append(list(files))


@pytest.fixture
def series(spool: Spool) -> Series:
    """Return a series with results for two destinations."""
    series = spool.keep(read_instance(head_files()[0]))
    spool.change(series, stage=Stage.analysing)
    spool.keep_results(
        series, [b"one", b"two"], series.state.sending([HERE, THERE], None)
    )
    return series


def work(spool: Spool, address: str, recipient: Recipient) -> None:
    async def run() -> None:
        sender = Sender(address, recipient, spool)
        while await sender.work():
            pass

    asyncio.run(run())


def test_a_series_is_done_once_every_destination_has_all(
    spool: Spool, series: Series
) -> None:
    first, second = Recipient(), Recipient()
    work(spool, HERE, first)
    between = series.state.stage
    work(spool, THERE, second)

    assert first.taken == second.taken == [[b"one", b"two"]]
    assert between is Stage.sending
    assert series.state.stage is Stage.done


def test_a_destination_that_fails_is_asked_again_later(
    spool: Spool, series: Series
) -> None:
    recipient = Recipient([NotDelivered("no answer"), RuntimeError(NAME)])
    with logged("info") as log:
        work(spool, HERE, recipient)  # fails, and is not due again at once
    (here, there) = series.state.deliveries
    due = replace(here, next_at=0.0)
    spool.change(series, deliveries=(due, there))
    work(spool, HERE, recipient)
    spool.change(series, deliveries=(replace(due, attempts=2), there))
    work(spool, HERE, recipient)

    assert here.attempts == 1
    assert 3.0 < here.next_at - time.time() <= 5.0
    assert there.attempts == 0
    assert recipient.taken == [[b"one", b"two"]]
    assert [one.destination for one in series.state.deliveries] == [THERE]
    assert NAME not in log.getvalue()


def test_what_is_refused_as_such_is_left_out_in_the_end(
    spool: Spool, series: Series
) -> None:
    (_, there) = series.state.deliveries
    recipient = Recipient([Refused("no such objects") for _ in range(2)])
    stages = []
    with logged("info") as log:
        for attempts, refusals in ((40, 0), (40, 11)):
            due = Delivery(HERE, attempts, 0.0, refusals)
            spool.change(series, deliveries=(due, there))
            work(spool, HERE, recipient)
            stages.append([one.destination for one in series.state.deliveries])

    assert stages == [[HERE, THERE], [THERE]]
    assert "no such objects" in log.getvalue()
    assert series.state.stage is Stage.sending


def test_pauses_grow_up_to_an_hour() -> None:
    pauses = [pause_s(attempts) for attempts in range(1, 2000)]

    assert pauses[:4] == [5.0, 10.0, 20.0, 40.0]
    assert max(pauses) == pauses[-1] == 3600.0


def test_images_that_came_late_let_a_series_start_anew_after_sending(
    spool: Spool, series: Series
) -> None:
    spool.keep(read_instance(head_files()[1]))
    for address in (HERE, THERE):
        work(spool, address, Recipient())

    assert (series.state.stage, series.state.revision) == (Stage.collecting, 2)


def test_a_destination_that_the_settings_name_no_longer_is_not_waited_for(
    spool: Spool, series: Series
) -> None:
    drop_others(spool, (HERE,))
    work(spool, HERE, Recipient())

    assert series.state.stage is Stage.done
