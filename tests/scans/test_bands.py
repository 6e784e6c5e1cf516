"""Images in bands of rows."""

import numpy as np
import pytest

from alzer.scans.bands import BAND_VALUES, rows_of, spans

WIDE = np.arange(5 * BAND_VALUES, dtype=np.float32).reshape(20, -1)


@pytest.mark.parametrize("shape", [(1, 1), (7, BAND_VALUES), (100, 2 * BAND_VALUES)])
@pytest.mark.parametrize("multiple", [1, 3])
def test_bands_cover_their_rows_once(shape: tuple[int, int], multiple: int) -> None:
    last = shape[0] - shape[0] % multiple
    rows = [
        row for span in spans(shape, 0, last, multiple) for row in range(20_000)[span]
    ]

    assert rows == list(range(last))
    assert all(
        (span.stop - span.start) % multiple == 0
        for span in spans(shape, 0, last, multiple)
    )


def test_a_band_is_small() -> None:
    assert all(band.size <= BAND_VALUES for band in rows_of(WIDE).bands())


def test_what_is_computed_of_bands_is_computed_of_all_rows() -> None:
    doubled = rows_of(WIDE).map(lambda band: band * 2.0)

    assert (np.concatenate(list(doubled.bands())) == WIDE * 2.0).all()


@pytest.mark.parametrize("most", [7, 1000, WIDE.size])
def test_every_nth_pixel_is_sampled_across_bands(most: int) -> None:
    sample = rows_of(WIDE).sample(most)

    assert (sample == WIDE.ravel()[:: WIDE.size // most]).all()
