"""Colour tables."""

import colorsys

import numpy as np

from alzer.explain.colormaps import JET


def matlab_jet() -> np.ndarray:
    """Give `jet(256)`: one ramp up, plateau and ramp down per colour."""
    rise = np.arange(1, 65) / 64.0
    ramp = np.concatenate([rise, np.ones(63), rise[::-1]])
    table = np.zeros((256, 3))
    for channel, first in enumerate((96, 32, -32)):
        entries = first + np.arange(len(ramp))
        inside = (entries >= 0) & (entries < 256)
        table[entries[inside], channel] = ramp[inside]
    return np.rint(table * 255.0)


def test_jet_is_the_jet_of_matlab_to_within_one_entry() -> None:
    # MATLAB counts its entries from the other edge of a step of the ramp, 255 / 64.
    assert np.abs(JET - matlab_jet()).max() <= 4.0


def test_jet_goes_from_blue_through_green_to_red() -> None:
    assert JET[0].tolist() == [0, 0, 128]
    assert JET[127].argmax() == 1
    assert JET[255].tolist() == [128, 0, 0]


def test_hotter_pixels_are_redder() -> None:
    hues = [colorsys.rgb_to_hsv(*(each / 255.0 for each in entry))[0] for entry in JET]

    assert (np.diff(hues) <= 1e-6).all()
