"""A fold's network is calibrated without the people whom it judges."""

from dataclasses import replace

import numpy as np
import pytest

from alzer.evaluation.calibration import Slices, fit_sets, fit_temperature, join_slices
from alzer.evaluation.networks import calibrations
from alzer.evaluation.predictions import HeldOut
from evaluation.studies import draw_study, draw_subjects

CARD = {"calibration": {"thresholds": [0.2, 0.3, None, None]}}


@pytest.fixture(scope="module")
def held_out() -> HeldOut:
    return draw_study(draw_subjects())


def test_a_fold_gets_what_fits_the_others(held_out: HeldOut) -> None:
    found = calibrations(held_out, CARD)

    others = join_slices(held_out.slices[1:])
    temperature = fit_temperature(others)
    assert set(found) == {"fold-0", "fold-1", "fold-2", "everyone"}
    assert found["fold-0"].temperature == pytest.approx(temperature)
    bounds = fit_sets(others.at(temperature))
    assert found["fold-0"].decision.thresholds == pytest.approx(bounds)


def test_its_own_people_make_no_difference(held_out: HeldOut) -> None:
    own = held_out.slices[0]
    reversed_ = Slices(own.subjects, own.labels, own.probabilities[:, ::-1])
    other = replace(held_out, slices=(reversed_, *held_out.slices[1:]))

    one, two = (calibrations(each, CARD) for each in (held_out, other))

    assert one["fold-0"] == two["fold-0"]
    assert one["fold-1"] != two["fold-1"]


def test_the_model_for_everyone_is_taken_as_its_card_says(held_out: HeldOut) -> None:
    everyone = calibrations(held_out, CARD)["everyone"]
    bare = calibrations(held_out, {})["everyone"]

    logits = np.log([0.4, 0.4, 0.1, 0.1])
    shares = everyone.probabilities(logits.tolist())
    assert shares == pytest.approx([0.4, 0.4, 0.1, 0.1])
    assert everyone.cannot_tell(shares) is True
    assert everyone.cannot_tell(np.array([0.1, 0.7, 0.1, 0.1])) is False
    assert bare.cannot_tell(shares) is None


def test_a_single_fold_is_left_as_it_is(held_out: HeldOut) -> None:
    assert calibrations(held_out.only(1), CARD)["fold-1"].temperature == 1.0
