"""Calls as BIDS Apps are called."""

import pytest

from alzer.cli.bids_app.arguments import spread_lists


@pytest.mark.parametrize(
    "words",
    [
        "set out participant --participant-label 01 02 --n-cpus 2",
        "set out participant --participant_label 01 02 --n_cpus 2",
        "set out participant --participant-label 01 --participant-label 02 --n-cpus 2",
    ],
)
def test_labels_are_a_list_however_they_are_spelled(words: str) -> None:
    spread = " ".join(spread_lists(words.split()))

    assert spread == (
        "set out participant --participant-label 01 --participant-label 02 --n-cpus 2"
    )


def test_a_value_keeps_its_underscores() -> None:
    words = ["--participant_label=a_b", "--work_dir", "my_work", "a_set"]

    assert list(spread_lists(words)) == [
        "--participant-label=a_b", "--work-dir", "my_work", "a_set",
    ]  # fmt: skip


def test_options_with_one_value_take_no_second_one() -> None:
    assert list(spread_lists(["-w", "work", "set"])) == ["-w", "work", "set"]
