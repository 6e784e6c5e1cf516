"""What was kept stays, whatever ends the process; and nobody else reads it."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from alzer.errors import InvalidRequest, StorageUnavailable, TooManyBytes
from alzer.limits import Limits
from alzer.node.instance import Instance, read_instance
from alzer.node.series import Series, read_state
from alzer.node.spool import Spool
from alzer.node.states import Answer, SeriesState, Stage
from nodes import NAME, PATIENT, ROOT, Person, head_files

IMAGES = [read_instance(one) for one in head_files()[:4]]


def again(spool: Spool, folder: Path) -> Spool:
    """Open a spool as the next process does."""
    spool.close()
    return Spool(folder / "spool")


def the(spool: Spool) -> Series:
    """Return the only series."""
    (series,) = spool.all()
    return series


def test_what_was_kept_is_there_for_the_next_process(
    spool: Spool, tmp_path: Path
) -> None:
    for image in IMAGES:
        spool.keep(image)
    with again(spool, tmp_path) as later:
        contents = later.read(the(later))

    assert sorted(contents.values()) == sorted(one.content for one in IMAGES)


def test_an_image_that_comes_again_changes_nothing(spool: Spool) -> None:
    first = spool.keep(IMAGES[0]).state
    spool.change(the(spool), stage=Stage.done)
    spool.keep(IMAGES[0])

    assert first.stage is Stage.collecting
    assert the(spool).state.stage is Stage.done
    assert len(the(spool).sizes) == 1


def test_another_image_of_the_same_identifier_takes_its_place(spool: Spool) -> None:
    spool.keep(IMAGES[0])
    spool.change(the(spool), stage=Stage.done)
    content = IMAGES[0].content[:-2] + b"\1\1"
    spool.keep(replace(IMAGES[0], content=content))

    assert list(spool.read(the(spool)).values()) == [content]
    assert the(spool).state.stage is Stage.collecting
    assert the(spool).state.revision == 2


def test_no_name_and_no_state_tells_who_it_is(spool: Spool, tmp_path: Path) -> None:
    for image in IMAGES:
        spool.keep(image)
    spool.change(the(spool), stage=Stage.failed, reason="incomplete_series")
    told = " ".join(map(str, tmp_path.rglob("*")))
    told += (the(spool).folder / "state.json").read_text("utf-8")

    for secret in (NAME, PATIENT, ROOT, "MPRAGE"):
        assert secret not in told


def test_nobody_else_can_read_it(spool: Spool, tmp_path: Path) -> None:
    spool.keep(IMAGES[0])
    spool.keep_results(the(spool), [b"object"], SeriesState())
    paths = list((tmp_path / "spool").rglob("*"))

    assert len(paths) > 6
    for path in (tmp_path / "spool", *paths):
        assert path.stat().st_mode & 0o077 == 0, path


def test_two_nodes_do_not_share_a_spool(spool: Spool, tmp_path: Path) -> None:
    del spool
    with pytest.raises(InvalidRequest):
        Spool(tmp_path / "spool")


def test_what_was_on_its_way_in_is_gone_and_was_not_promised(
    spool: Spool, tmp_path: Path
) -> None:
    (tmp_path / "spool/incoming/.half.part").write_bytes(b"half")
    with again(spool, tmp_path) as later:
        assert later.all() == []

    assert list((tmp_path / "spool/incoming").iterdir()) == []


def test_an_analysis_that_was_cut_off_is_made_again(
    spool: Spool, tmp_path: Path
) -> None:
    spool.keep(IMAGES[0])
    spool.change(the(spool), stage=Stage.analysing, attempts=1)
    with again(spool, tmp_path) as later:
        assert the(later).state.stage is Stage.waiting
        assert the(later).state.attempts == 1


def test_results_are_there_with_the_word_of_it_or_not_at_all(
    spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.keep(IMAGES[0])
    spool.change(the(spool), stage=Stage.analysing)
    sending = the(spool).state.sending(["https://p/q"], None)
    with monkeypatch.context() as broken:
        broken.setattr(Series, "set", _fail)
        with pytest.raises(StorageUnavailable):
            spool.keep_results(the(spool), [b"one", b"two"], sending)
    with again(spool, tmp_path) as later:
        first = the(later).state.stage
        later.keep_results(the(later), [b"three"], sending)

        assert first is Stage.waiting
        assert later.read_results(the(later)) == [b"three"]
        assert the(later).state.stage is Stage.sending


def _fail(_: Series, __: SeriesState) -> None:
    raise OSError(28, "No space left on device")


def test_a_disk_without_room_is_told_before_it_is_full(tmp_path: Path) -> None:
    with (
        Spool(tmp_path / "full", min_free_bytes=2**60) as spool,
        pytest.raises(StorageUnavailable),
    ):
        spool.keep(IMAGES[0])


@pytest.mark.parametrize("limits", [Limits(max_files=2), Limits(max_scan_bytes=25_000)])
def test_a_series_has_an_end(tmp_path: Path, limits: Limits) -> None:
    with Spool(tmp_path / "small", limits) as spool:
        for image in IMAGES[:2]:
            spool.keep(image)
        with pytest.raises(TooManyBytes):
            spool.keep(IMAGES[2])

        assert len(the(spool).sizes) == 2
        assert list((tmp_path / "small/incoming").iterdir()) == []


def test_series_of_two_people_stay_apart(spool: Spool) -> None:
    others = [read_instance(one) for one in head_files(Person(2))[:4]]
    for pair in zip(IMAGES, others, strict=True):
        for image in pair:
            spool.keep(image)

    assert [len(one.sizes) for one in spool.all()] == [4, 4]


def test_an_emptied_series_is_remembered_without_its_files(
    spool: Spool, tmp_path: Path
) -> None:
    series = spool.keep(IMAGES[0])
    spool.change(
        series, stage=Stage.done, ended_at=time.time(), answers=(Answer("abc"),)
    )
    spool.empty(series)
    with again(spool, tmp_path) as later:
        state, sizes = the(later).state, the(later).sizes

    assert (state.stage, state.answers) == (Stage.done, (Answer("abc"),))
    assert state.is_emptied
    assert sizes == {}
    assert not series.instances.exists()


def test_a_forgotten_series_leaves_nothing(spool: Spool) -> None:
    series = spool.keep(IMAGES[0])
    spool.forget(series)

    assert spool.all() == []
    assert not series.folder.exists()
    assert read_state(series.folder) == SeriesState()


def test_an_image_that_was_cut_off_while_it_got_its_name_is_not_half_there(
    spool: Spool, tmp_path: Path
) -> None:
    """After the end of a series: the state is changed first, so nothing is missed."""
    spool.keep(IMAGES[0])
    spool.change(the(spool), stage=Stage.done, answers=(Answer("abc"),))
    late = Instance(**vars(IMAGES[1]))
    before = the(spool).folder / "state.json"
    spool.keep(late)

    assert read_state(before.parent).stage is Stage.collecting
    with again(spool, tmp_path) as later:
        assert len(the(later).sizes) == 2
