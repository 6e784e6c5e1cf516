"""Of what several share nobody can take all."""

import pytest

from alzer.backends.shares import Shares


def take_all(shares: Shares, *owners: str) -> dict[str, int]:
    """Let them take by turns as much as they can."""
    taken = dict.fromkeys(owners, 0)
    while able := [each for each in owners if shares.have_room(each)]:
        for owner in able:
            if shares.have_room(owner):
                shares.take(owner)
                taken[owner] += 1
    return taken


@pytest.mark.parametrize("count", range(1, 9))
def test_however_many_take_what_they_can_somebody_else_finds_room(count: int) -> None:
    shares = Shares(34)
    taken = take_all(shares, *(f"owner {each}" for each in range(count)))

    assert shares.have_room("somebody else")
    assert max(taken.values()) - min(taken.values()) <= 1


def test_one_alone_may_take_three_quarters() -> None:
    assert take_all(Shares(400), "a") == {"a": 300}


def test_of_very_little_one_may_take_all() -> None:
    assert take_all(Shares(3), "a") == {"a": 3}


def test_what_is_larger_than_what_is_left_finds_no_room() -> None:
    shares = Shares(100)

    assert shares.have_room("a", 75)
    assert not shares.have_room("a", 101)
    shares.take("a", 75)
    assert shares.have_room("b", 25)
    assert not shares.have_room("b", 26)
    assert not shares.have_room("a")


def test_what_is_given_back_can_be_taken_again() -> None:
    shares = Shares(4)
    for _ in range(5):
        taken = take_all(shares, "a", "b")
        for owner, count in taken.items():
            shares.give_back(owner, count)

    assert shares.taken == 0
    assert not shares.are_gone
    assert take_all(shares, "b") == {"b": 3}
