"""What a head shows."""

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.scans import content
from alzer.scans.foreground import Foreground
from alzer.scans.orientation import StandardView
from alzer.scans.outline import trace
from phantoms import draw_brain, draw_phantom

BRAIN = draw_brain()


def foreground_of(pixels: NDArray[np.floating]) -> Foreground:
    return trace(StandardView(np.ascontiguousarray(pixels, np.float32)))[1]


def profile_of(pixels: NDArray[np.floating]) -> NDArray[np.float32]:
    return content.rim_profile(foreground_of(pixels))


def test_a_dark_ring_lies_between_scalp_and_brain() -> None:
    with_skull = draw_phantom(skull=True).pixels

    for gamma in (0.7, 1.0, 1.4):
        assert content.skull_dip(profile_of(with_skull**gamma)) > 0.8
        assert content.skull_dip(profile_of(BRAIN**gamma)) < 0.2


def test_the_profile_goes_from_the_outline_inwards() -> None:
    rows, columns = np.indices((200, 160))
    distance = np.hypot((rows - 99.5) / 90.0, (columns - 79.5) / 70.0)
    shells = np.select([distance < 0.75, distance < 1.0], [1.0, 0.5], 0.0)

    profile = profile_of(shells)

    assert profile[5:20] == pytest.approx(profile[30:45] / 2.0)


def test_the_rim_is_darker_than_the_inside_unless_inverted() -> None:
    inside_out = np.where(BRAIN > 0.02, 1.0 - BRAIN, 0.0)

    assert content.rim_ratio(profile_of(BRAIN)) < 0.9
    assert content.rim_ratio(profile_of(inside_out)) > 1.1


def test_pieces_of_about_one_size_are_counted() -> None:
    assert content.count_alike_pieces(foreground_of(BRAIN)) == 1
    assert content.count_alike_pieces(foreground_of(np.tile(BRAIN, (3, 3)))) == 9
    assert content.count_alike_pieces(foreground_of(np.eye(300)[:, ::30])) == 0


@pytest.mark.parametrize("tiles", [(1, 2), (2, 1), (2, 2), (3, 1), (4, 6)])
def test_tiles_repeat_and_one_head_does_not(tiles: tuple[int, int]) -> None:
    assert content.repetition(foreground_of(np.tile(BRAIN, tiles))) > 0.95
    assert content.repetition(foreground_of(BRAIN)) == 0.0


def test_a_camera_adds_noise_to_the_background_and_exports_have_none() -> None:
    noise = np.random.default_rng(0).normal(0.05, 0.01, BRAIN.shape)

    assert content.background_noise(foreground_of(BRAIN)) == 0.0
    assert content.background_noise(foreground_of(BRAIN * 0.8 + noise)) > 0.005


def test_light_that_falls_off_is_uneven_and_noise_is_not() -> None:
    rows, _ = np.indices(BRAIN.shape)
    noise = np.abs(np.random.default_rng(0).normal(0.0, 0.05, BRAIN.shape))

    assert content.background_range(foreground_of(BRAIN + rows / 1500.0)) > 0.08
    assert content.background_range(foreground_of(np.hypot(BRAIN, noise))) < 0.03


def test_a_head_fills_its_box_like_an_ellipse() -> None:
    square = np.zeros((100, 100))
    square[20:80, 20:80] = np.random.default_rng(0).uniform(0.5, 1.0, (60, 60))

    assert content.box_fill(foreground_of(BRAIN)) == pytest.approx(np.pi / 4, abs=0.05)
    assert content.box_fill(foreground_of(square)) == pytest.approx(1.0)


@pytest.mark.parametrize(("side", "found"), [(60, True), (24, False)])
def test_a_smaller_slice_beside_the_head_is_found(side: int, *, found: bool) -> None:
    step = len(BRAIN) // side
    small = BRAIN[::step, ::step]
    page = np.zeros((len(BRAIN), BRAIN.shape[1] + small.shape[1] + 4))
    page[:, : BRAIN.shape[1]] = BRAIN
    page[: len(small), -small.shape[1] :] = small

    assert content.has_smaller_head(foreground_of(page)) is found


def test_a_bar_and_a_disc_of_one_level_are_no_smaller_head() -> None:
    rows, columns = np.indices((208, 60))
    bar = np.where(columns > 40, np.linspace(0.3, 1.0, 208)[:, None], 0.0)
    disc = np.where(np.hypot(rows - 40, columns - 30) < 20, 0.8, 0.0)

    assert not content.has_smaller_head(foreground_of(np.hstack([BRAIN, bar])))
    assert not content.has_smaller_head(foreground_of(np.hstack([BRAIN, disc])))


def test_a_piece_within_the_box_of_the_head_is_no_smaller_slice() -> None:
    bitten = np.hstack([BRAIN, np.zeros((208, 60))])
    bitten[:100, :86] = 0.0
    small = BRAIN[::3, ::3]
    within, beside = bitten.copy(), bitten.copy()
    within[20 : 20 + small.shape[0], 20 : 20 + small.shape[1]] = small
    beside[20 : 20 + small.shape[0], -small.shape[1] :] = small

    assert not content.has_smaller_head(foreground_of(within))
    assert content.has_smaller_head(foreground_of(beside))


def test_halves_that_are_mirror_images_do_not_differ() -> None:
    mirrored = np.hstack([BRAIN[:, :88], BRAIN[:, 87::-1]])

    assert content.mirror_difference(foreground_of(mirrored)) == 0.0
    assert content.mirror_difference(foreground_of(BRAIN)) > 0.05
