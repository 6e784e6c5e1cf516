"""What happens to a series, as plain values."""

import json
from dataclasses import replace

import pytest

from alzer.node.states import Answer, Delivery, SeriesState, Stage

ANSWERED = replace(SeriesState(), answers=(Answer("abc", 9),), count=9)
SENDING = ANSWERED.sending(["dicom://PACS@h:1", "https://p/q", "https://p/q"], None)


def test_a_state_comes_back_as_it_was_written() -> None:
    state = replace(SENDING, has_late=True, expected=176)

    assert SeriesState.of_json(state.as_json()) == state
    assert state.deliveries == (Delivery("dicom://PACS@h:1"), Delivery("https://p/q"))


@pytest.mark.parametrize(
    ("content", "answers"),
    [("abc", (Answer("abc", 9),)), (None, ())],
    ids=["answered", "new"],
)
def test_a_state_of_before_is_read(
    content: str | None, answers: tuple[Answer, ...]
) -> None:
    values = json.loads(SENDING.as_json())
    del values["answers"]
    written = json.dumps({**values, "content": content}).encode()

    assert SeriesState.of_json(written) == replace(SENDING, answers=answers)


def test_contents_are_told_apart_up_to_a_limit() -> None:
    state = ANSWERED
    for number in range(40):
        state = state.answered(str(number), number)
    again = state.answered("30", 7)

    assert state.again("abc") is None
    assert state.answers[-1] == Answer("39", 39)
    assert again.answers[-1] == Answer("30", 7)
    assert len(again.answers) == len(set(again.answers)) == len(state.answers) == 16
    assert again.count == 7


def test_what_comes_again_ends_as_it_did_the_first_time() -> None:
    refused = replace(ANSWERED, reason="incomplete_series").answered("part", 2)
    again = refused.again("abc")

    assert again is not None
    assert (again.reason, again.count) == (None, 9)
    assert again.ended(5.0).stage is Stage.done


@pytest.mark.parametrize("stage", [Stage.collecting, Stage.waiting])
def test_another_image_lets_a_series_wait_for_more(stage: Stage) -> None:
    state = replace(SeriesState(), stage=stage, attempts=2).with_image()

    assert (state.stage, state.revision, state.attempts) == (Stage.collecting, 1, 0)


@pytest.mark.parametrize("stage", [Stage.analysing, Stage.sending])
def test_an_image_that_comes_late_is_noted(stage: Stage) -> None:
    state = replace(SeriesState(), stage=stage).with_image()

    assert state.stage is stage
    assert state.has_late


@pytest.mark.parametrize("stage", [Stage.done, Stage.failed, Stage.unwanted])
def test_an_image_after_the_end_starts_the_series_anew(stage: Stage) -> None:
    ended = replace(ANSWERED, stage=stage, ended_at=1.0, is_emptied=True, expected=3)
    state = ended.with_image()

    assert (state.stage, state.revision) == (Stage.collecting, 2)
    assert state.ended_at is None
    assert state.expected is None
    assert not state.is_emptied
    assert state.answers == (Answer("abc", 9),)


def test_the_end_says_whether_it_was_an_answer() -> None:
    assert SENDING.ended(5.0).stage is Stage.done
    assert replace(SENDING, reason="not_brain_like").ended(5.0).stage is Stage.failed
    assert SENDING.ended(5.0).ended_at == 5.0


def test_a_series_with_late_images_starts_anew_instead_of_ending() -> None:
    state = replace(SENDING, has_late=True).ended(5.0)

    assert (state.stage, state.revision) == (Stage.collecting, 2)
    assert not state.has_late


def test_what_was_deleted_is_remembered_however_often_fragments_come() -> None:
    state = replace(ANSWERED, stage=Stage.done, is_emptied=True, is_too_large=True)
    first = state.with_image()
    second = replace(first, stage=Stage.failed, count=1, is_emptied=True).with_image()

    assert (first.deleted, second.deleted) == (9, 9)
    assert (first.is_too_large, first.is_emptied) == (False, False)
