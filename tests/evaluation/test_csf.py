"""The crude CSF fraction grows with fluid inside, and ignores what lies outside."""

import numpy as np
import pytest

from alzer.evaluation import alterations
from alzer.evaluation.csf import csf_fraction
from alzer.scans.orientation import StandardView
from alzer.scans.outline import locate
from phantoms import as_bytes, draw_brain, draw_phantom


def fraction(grey: np.ndarray) -> float:
    return csf_fraction(locate(StandardView(grey.astype(np.float32))))


def test_wider_ventricles_hold_more_fluid() -> None:
    fractions = [fraction(as_bytes(draw_brain(ventricle=w))) for w in (0.05, 0.1, 0.2)]

    assert fractions == sorted(fractions)
    assert fractions[2] > fractions[0] + 0.03


def test_it_is_about_the_share_of_the_ventricles() -> None:
    phantom = draw_phantom(ventricle=0.2)
    brain = phantom.brain.sum()

    share = phantom.ventricles.sum() / brain / 0.75**2  # of the inner ellipse

    assert fraction(as_bytes(phantom.pixels)) == pytest.approx(share, abs=0.05)


def test_units_of_the_file_do_not_matter() -> None:
    grey = as_bytes(draw_brain()).astype(np.float32)

    assert fraction(grey * 7.5 - 300.0) == pytest.approx(fraction(grey), abs=1e-3)


def test_the_mask_matters_little() -> None:
    grey = as_bytes(draw_brain())

    loose = alterations.loosely_masked(grey, np.random.default_rng(0))

    assert fraction(loose) == pytest.approx(fraction(grey), abs=0.03)
