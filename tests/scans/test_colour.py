"""Grey in channels of red, green and blue."""

import numpy as np
import pytest

from alzer.errors import ColourImage
from alzer.scans.colour import count_coloured, merge_channels, require_grey

GREY = np.arange(0, 250, 2, dtype=np.uint8).reshape(5, 25, 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_equal_channels_are_their_own_grey(channels: int) -> None:
    grey, is_clear = merge_channels(np.repeat(GREY, channels, axis=2))

    assert (grey == GREY[:, :, 0]).all()
    assert not is_clear


@pytest.mark.parametrize("channels", [1, 3])
def test_transparent_parts_lie_over_black(channels: int) -> None:
    alpha = np.full_like(GREY, 255)
    alpha[0], alpha[1] = 0, 51

    grey, is_clear = merge_channels(np.dstack([GREY] * channels + [alpha]))

    assert is_clear
    assert grey[0].max() == 0.0
    assert grey[1] == pytest.approx(GREY[1, :, 0] / 5.0)
    assert (grey[2:] == GREY[2:, :, 0]).all()


@pytest.mark.parametrize(("difference", "coloured"), [(12, 0), (13, 125)])
def test_channels_that_a_jpeg_file_keeps_apart_are_grey(
    difference: int, coloured: int
) -> None:
    stored = np.repeat(GREY // 2, 3, axis=2)
    stored[:, :, 2] += np.uint8(difference)

    assert count_coloured(stored) == coloured
    assert count_coloured(stored.astype(np.uint16) * 257, white=65535.0) == coloured
    assert count_coloured(stored[:, :, :1]) == 0


def test_a_few_coloured_pixels_are_let_pass_and_more_are_refused() -> None:
    require_grey(1, 1000)

    with pytest.raises(ColourImage, match=r"0% of its pixels, stored as CMYK"):
        require_grey(2, 1000, "CMYK")
    with pytest.raises(ColourImage, match=r"50% of its pixels\)"):
        require_grey(500, 1000, "RGB")
