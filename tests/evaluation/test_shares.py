"""The interval of a share against published values."""

import pytest

from alzer.evaluation.shares import wilson_interval


def test_a_share_of_nothing_still_has_an_upper_end() -> None:
    found = wilson_interval(0, 100)

    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(0.037, abs=0.001)


def test_it_is_the_usual_interval() -> None:
    # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857, table I: 81 of 263.
    found = wilson_interval(81, 263)

    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=1e-4)
