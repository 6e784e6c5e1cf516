"""What is done is deleted, and remembered for a while."""

import time

import pytest

from alzer.node.instance import read_instance
from alzer.node.purging import REMEMBERED_S, purge
from alzer.node.series import Series
from alzer.node.spool import Spool
from alzer.node.states import Stage
from nodes import head_files


@pytest.fixture
def series(spool: Spool) -> Series:
    series = spool.keep(read_instance(head_files()[0]))
    spool.change(series, stage=Stage.analysing)
    spool.keep_results(series, [b"one"], series.state.sending([], None))
    return series


def test_files_are_deleted_a_while_after_the_end(spool: Spool, series: Series) -> None:
    spool.change(series, stage=Stage.done, ended_at=time.time() - 100.0)
    purge(spool, 200.0)
    before = list(series.folder.rglob("*.dcm"))
    purge(spool, 50.0)

    assert len(before) == 2
    assert list(series.folder.rglob("*.dcm")) == []
    assert spool.all() == [series]


@pytest.mark.parametrize(
    "stage", [Stage.collecting, Stage.waiting, Stage.analysing, Stage.sending]
)
def test_what_is_not_done_is_never_deleted(
    spool: Spool, series: Series, stage: Stage
) -> None:
    spool.change(series, stage=stage)
    purge(spool, 0.0)

    assert len(list(series.folder.rglob("*.dcm"))) == 2


def test_after_months_nothing_is_left(spool: Spool, series: Series) -> None:
    spool.change(series, stage=Stage.failed, ended_at=time.time() - REMEMBERED_S - 1.0)
    purge(spool, 1.0)

    assert spool.all() == []
    assert not series.folder.exists()
