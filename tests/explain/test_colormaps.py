"""Colour tables."""

import colorsys

import cv2
import numpy as np

from alzer.explain.colormaps import JET


def test_jet_is_the_jet_that_opencv_draws() -> None:
    levels = np.arange(256, dtype=np.uint8)[:, None]
    theirs = cv2.applyColorMap(levels, cv2.COLORMAP_JET)[:, 0, ::-1]

    assert np.abs(JET.astype(int) - theirs).max() <= 2


def test_jet_goes_from_blue_through_green_to_red() -> None:
    assert JET[0].tolist() == [0, 0, 128]
    assert JET[127].argmax() == 1
    assert JET[255].tolist() == [128, 0, 0]


def test_hotter_pixels_are_redder() -> None:
    hues = [colorsys.rgb_to_hsv(*(each / 255.0 for each in entry))[0] for entry in JET]

    assert (np.diff(hues) <= 1e-6).all()
