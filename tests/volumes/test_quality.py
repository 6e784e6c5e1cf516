"""The verdict on how well a head was prepared."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.quality import Quality, judge, reach_verdict
from alzer.volumes.quality_limits import LIMITS, Limits
from alzer.volumes.registration import Registration
from alzer.volumes.template import Template
from heads import GREY, WHITE, Head, draw_head

IN_PLACE = Registration(np.eye(4), 0.93, 0.0, 1.0)


@pytest.fixture(scope="module")
def head() -> Head:
    return draw_head(noise=0.03, bias=0.2)


@pytest.fixture(scope="module")
def template(head: Head) -> Template:
    """Return what the head would be the average of, white matter 1."""
    ideal = draw_head(noise=0.0, bias=0.0)
    values = np.where(head.brain, ideal.volume.voxels / (1000.0 * WHITE), 0.0)
    return Template(values.astype(np.float32), head.volume.affine, np.eye(4))


def _moved(millimetres: float) -> Registration:
    to_scan = np.eye(4)
    to_scan[0, 3] = millimetres
    return replace(IN_PLACE, to_scan=to_scan)


def _with(volume: Volume, voxels: NDArray[np.float32]) -> Volume:
    return replace(volume, voxels=voxels.astype(np.float32))


def test_a_healthy_head_is_good_and_its_numbers_are_those_drawn(
    head: Head, template: Template
) -> None:
    quality = judge(head.volume, head.brain, IN_PLACE, template)

    assert (quality.verdict, quality.reasons) == ("good", ())
    assert quality.brain_ml == pytest.approx(head.brain.sum() * 8.0 / 1000.0)
    assert quality.contrast == pytest.approx(1.0 - GREY / WHITE, abs=0.03)
    assert quality.edge_share == 0.0
    assert quality.overlap > 0.98
    assert quality.noise == pytest.approx(0.03 / WHITE, rel=0.3)
    assert quality.air < 0.04


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("blank", [False, True])
def test_a_head_that_ends_inside_the_brain_is_not_good(
    head: Head, template: Template, axis: int, *, blank: bool
) -> None:
    half = head.brain.shape[axis] // 2
    voxels, brain = head.volume.voxels.copy(), head.brain.copy()
    np.moveaxis(voxels, axis, 0)[half:] = 0.0
    np.moveaxis(brain, axis, 0)[half:] = False
    shown = [slice(None)] * 3
    if not blank:
        shown[axis] = slice(half)
    cut = _with(head.volume, voxels[tuple(shown)])

    quality = judge(cut, brain[tuple(shown)], IN_PLACE, template)

    assert quality.edge_share > 0.5
    assert quality.verdict == "failed"
    assert any("ends inside the brain" in reason for reason in quality.reasons)


def test_a_negative_contrast_is_told_and_fails(head: Head, template: Template) -> None:
    swapped = _with(head.volume, np.maximum(1000.0 - head.volume.voxels, 0.0))

    quality = judge(swapped, head.brain, IN_PLACE, template)

    assert quality.contrast < 0.0
    assert quality.verdict == "failed"
    assert any("T1-weighted" in reason for reason in quality.reasons)


def test_a_registration_beside_the_brain_is_told_by_the_outline(
    head: Head, template: Template
) -> None:
    quality = judge(head.volume, head.brain, _moved(25.0), template)

    assert quality.overlap < 0.88
    assert quality.verdict == "failed"


def test_planes_that_are_missing_are_told_by_the_stretch(
    head: Head, template: Template
) -> None:
    to_scan = np.diag([1.0, 1.0, 1.6, 1.0])

    quality = judge(
        head.volume, head.brain, replace(IN_PLACE, to_scan=to_scan), template
    )

    assert quality.stretch == pytest.approx(1.6)
    assert quality.verdict == "failed"
    assert any("1.60 times as long" in reason for reason in quality.reasons)


def test_ghosts_are_seen_in_the_air(head: Head, template: Template) -> None:
    ghosts = head.volume.voxels + np.roll(head.volume.voxels, 55, 1)

    quality = judge(_with(head.volume, ghosts), head.brain, IN_PLACE, template)

    assert quality.air > 0.1
    assert quality.verdict != "good"


def test_the_spread_of_noise_is_measured(head: Head, template: Template) -> None:
    noisy = draw_head(noise=0.1, bias=0.2)

    quality = judge(noisy.volume, head.brain, IN_PLACE, template)

    assert quality.noise == pytest.approx(0.1 / WHITE, rel=0.3)
    assert quality.verdict != "good"


def test_a_header_of_half_the_spacing_gives_an_eighth_of_the_volume(
    head: Head, template: Template
) -> None:
    smaller = replace(
        head.volume, affine=head.volume.affine @ np.diag([0.5, 0.5, 0.5, 1])
    )

    quality = judge(smaller, head.brain, replace(IN_PLACE, scale=0.5), template)

    assert quality.brain_ml == pytest.approx(head.brain.sum() / 1000.0)
    assert quality.verdict == "failed"


@pytest.mark.parametrize("factor", [0.8, 0.85, 1.15, 1.2])
@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 1, 2)])
def test_a_header_of_wrong_distances_is_not_good(
    head: Head, template: Template, axes: tuple[int, ...], factor: float
) -> None:
    factors = np.ones(4)
    factors[list(axes)] = factor
    wrong = replace(head.volume, affine=np.diag(factors) @ head.volume.affine)
    scale = float(np.cbrt(factors[:3].prod()))
    registration = replace(IN_PLACE, to_scan=np.diag(factors), scale=scale)

    quality = judge(wrong, head.brain, registration, template)

    assert quality.verdict != "good"
    assert any("wrong distances" in reason for reason in quality.reasons)


def test_planes_that_moved_and_ghosts_are_told(head: Head, template: Template) -> None:
    planes = head.volume.voxels.copy()
    planes[:, :, 1::2] = np.roll(planes[:, :, 1::2], 4, 1)
    ghost = 0.5 * (head.volume.voxels + np.roll(head.volume.voxels, 5, 0))
    cases = {"second plane": planes, "a second time": ghost}

    for told, voxels in cases.items():
        quality = judge(_with(head.volume, voxels), head.brain, IN_PLACE, template)

        assert quality.verdict != "good"
        assert any(told in reason for reason in quality.reasons)


@pytest.mark.parametrize("axis", range(3))
def test_thick_slices_are_told(head: Head, template: Template, axis: int) -> None:
    step = 3  # of 2 mm
    chosen = [slice(None)] * 3
    chosen[axis] = slice(None, None, step)
    factors = np.ones(4)
    factors[axis] = step
    affine = head.volume.affine @ np.diag(factors)
    thick = Volume(head.volume.voxels[tuple(chosen)], affine, "phantom")

    quality = judge(thick, head.brain[tuple(chosen)], IN_PLACE, template)

    assert quality.verdict == "failed"
    assert any("6.0 mm apart" in reason for reason in quality.reasons)


def test_a_hole_without_values_is_told(head: Head, template: Template) -> None:
    voxels = head.volume.voxels.copy()
    i, j, k = (count // 2 for count in voxels.shape)
    voxels[i + 5 : i + 15, j : j + 10, k + 8 : k + 18] = 0.0
    large = voxels.copy()
    large[i + 5 : i + 25, j : j + 25, k + 8 : k + 28] = 0.0

    small_hole = judge(_with(head.volume, voxels), head.brain, IN_PLACE, template)
    large_hole = judge(_with(head.volume, large), head.brain, IN_PLACE, template)

    assert 0.0005 < small_hole.empty_share < large_hole.empty_share
    assert small_hole.verdict != "good"
    assert large_hole.verdict == "failed"
    assert any("no values in" in reason for reason in large_hole.reasons)


@pytest.fixture(scope="module")
def numbers(head: Head, template: Template) -> dict[str, float]:
    quality = judge(head.volume, head.brain, IN_PLACE, template)
    return {limits.name: getattr(quality, limits.name) for limits in LIMITS}


BOUNDS = [
    pytest.param(limits, side, id=f"{limits.name}-{('below', 'above')[side]}")
    for limits in LIMITS
    for side in (0, 1)
    if math.isfinite(limits.good[side])
]


@pytest.mark.parametrize(("limits", "side"), BOUNDS)
def test_beyond_each_limit_the_verdict_changes_and_a_sentence_has_the_number(
    numbers: dict[str, float], limits: Limits, side: int
) -> None:
    beyond = (-1.0, 1.0)[side]
    doubtful = (limits.good[side] + limits.usable[side]) / 2.0
    hopeless = limits.usable[side] + beyond

    doubt = reach_verdict({**numbers, limits.name: doubtful})
    failure = reach_verdict({**numbers, limits.name: hopeless})

    sentence = (limits.low, limits.high)[side]
    assert reach_verdict({**numbers, limits.name: limits.good[side]}).verdict == "good"
    assert (doubt.verdict, doubt.reasons) == ("check", (sentence.format(doubtful),))
    assert (failure.verdict, failure.reasons) == (
        "failed",
        (sentence.format(hopeless),),
    )
    assert sentence.format(doubtful) != sentence.format(hopeless)


def test_a_number_that_could_not_be_computed_fails(numbers: dict[str, float]) -> None:
    for name in numbers:
        quality = reach_verdict({**numbers, name: float("nan")})

        assert quality.verdict == "failed"
        assert "nan" in quality.reasons[0]


def test_every_number_of_a_verdict_has_limits() -> None:
    names = {limits.name for limits in LIMITS}

    assert names == set(Quality.__annotations__) - {"verdict", "reasons"}
