"""One representative of a picture, its mirror images and its half turn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from alzer.scans.canonical import canonical_reversal, reverse

REVERSALS = [(False, False), (False, True), (True, False), (True, True)]
PICTURES = arrays(
    np.float32,
    st.tuples(st.integers(1, 90), st.integers(1, 4)),
    elements=st.sampled_from([0.0, 1.0, 2.0]),
)


@given(PICTURES, st.sampled_from(REVERSALS))
def test_all_four_have_the_same_representative(
    pixels: np.ndarray, reversal: tuple[bool, bool]
) -> None:
    other = reverse(pixels, reversal)

    one = reverse(pixels, canonical_reversal(pixels))

    assert np.array_equal(one, reverse(other, canonical_reversal(other)))


@given(PICTURES)
def test_the_representative_comes_first_in_lexicographic_order(
    pixels: np.ndarray,
) -> None:
    chosen = reverse(pixels, canonical_reversal(pixels))

    everyone = [reverse(pixels, reversal).ravel().tolist() for reversal in REVERSALS]
    assert chosen.ravel().tolist() == min(everyone)


@pytest.mark.parametrize("reversal", REVERSALS)
def test_reversing_twice_changes_nothing(reversal: tuple[bool, bool]) -> None:
    pixels = np.arange(6).reshape(2, 3)

    assert np.array_equal(reverse(reverse(pixels, reversal), reversal), pixels)
