"""Maps of a network whose evidence is known point at it; others don't.

The hottest pixel of a map has to lie on the ventricles, or at most one cell beside
them: 4 pixels, a tenth of the brain's half height. The heads were never seen.
"""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from alzer.evaluation.pointing import points_at
from alzer.explain.contrastive import contrastive_map
from alzer.explain.faithfulness import Checker, Reference, Run
from alzer.explain.field import Floats, head_in, on_input, widen
from alzer.explain.gradcam import grad_cam
from deciding_ventricles import (
    MILD,
    NO,
    SHAPE,
    STRIDE,
    Heads,
    as_run,
    draw_heads,
    random_network,
    train,
)

Draw = Callable[[Floats, int], Floats | None]

MAPS = pytest.mark.parametrize("draw", [grad_cam, contrastive_map])

# What the maps of a network that knows the ventricles have to reach.
BAR = 0.95


@pytest.fixture(scope="module")
def training() -> Heads:
    return draw_heads(180, seed=1)


@pytest.fixture(scope="module")
def held_out() -> Heads:
    return draw_heads(100, seed=2)


@pytest.fixture(scope="module")
def trained(training: Heads) -> Run:
    return as_run(train(training, training.labels, seed=1))


@pytest.fixture(scope="module")
def permuted(training: Heads) -> list[Run]:
    """Networks that were told the classes of other heads."""
    return [
        as_run(
            train(training, np.random.default_rng(seed).permutation(training.labels))
        )
        for seed in range(2)
    ]


@pytest.fixture(scope="module")
def randomised() -> list[Run]:
    return [as_run(random_network(seed)) for seed in range(100, 108)]


def hit_rate(run: Run, heads: Heads, draw: Draw) -> float:
    """Return for how many impaired heads the map points at the ventricles."""
    impaired = heads.of_class(MILD)
    found = run(impaired.inputs)
    return float(
        np.mean(
            [
                (cells := draw(maps, MILD)) is not None
                and points_at(on_input(cells, SHAPE, STRIDE), region, STRIDE)
                for maps, region in zip(found.maps, impaired.ventricles, strict=True)
            ]
        )
    )


def test_the_network_tells_heads_apart_that_it_never_saw(
    trained: Run, held_out: Heads
) -> None:
    logits = trained(held_out.inputs).logits

    assert np.mean(logits.argmax(axis=1) == held_out.labels) >= BAR


@MAPS
def test_its_maps_point_at_the_ventricles(
    trained: Run, held_out: Heads, draw: Draw
) -> None:
    assert hit_rate(trained, held_out, draw) >= BAR


def test_no_place_lies_on_everybodys_ventricles(held_out: Heads) -> None:
    regions = held_out.of_class(MILD).ventricles
    shares = np.mean([widen(each, STRIDE) for each in regions], axis=0)

    assert shares.max() < 0.65
    assert shares[SHAPE[0] // 2, SHAPE[1] // 2] < 0.4


@MAPS
def test_maps_of_randomised_networks_do_not(
    randomised: list[Run], held_out: Heads, draw: Draw
) -> None:
    rates = [hit_rate(run, held_out, draw) for run in randomised]

    assert max(rates) < BAR - 0.15
    assert np.mean(rates) < 0.4


@MAPS
def test_maps_of_networks_with_permuted_labels_do_not(
    permuted: list[Run], held_out: Heads, draw: Draw
) -> None:
    rates = [hit_rate(run, held_out, draw) for run in permuted]

    assert max(rates) < BAR - 0.15
    assert np.mean(rates) < 0.5


def badges(checker: Checker, heads: Heads, maps: Floats | None = None) -> int:
    """Return how often the network confirms maps: its own, or others."""
    return sum(
        checker.check(
            pixels[0], MILD, None if maps is None else maps[index, MILD]
        ).passed
        for index, pixels in enumerate(heads.inputs)
    )


def test_the_network_confirms_its_own_maps_more_often_than_randomised_ones(
    trained: Run, randomised: list[Run], held_out: Heads
) -> None:
    impaired = held_out.of_class(MILD)
    some = Heads(impaired.inputs[:20], impaired.labels[:20], impaired.ventricles[:20])
    donors = draw_heads(8, seed=3).of_class(NO).inputs[:, 0]
    average = trained(held_out.inputs).maps.mean(axis=0)
    reference = Reference(donors, np.stack([head_in(one) for one in donors]), average)
    checker = Checker(trained, reference, STRIDE)
    others = np.stack(
        [
            randomised[index % len(randomised)](pixels[None]).maps[0]
            for index, pixels in enumerate(some.inputs)
        ]
    )

    own, foreign = badges(checker, some), badges(checker, some, others)
    assert own >= 4 * max(foreign, 1)
    test = stats.binomtest(foreign, len(some.inputs), 1 / 16, alternative="greater")
    assert test.pvalue > 0.05


@pytest.fixture
def heat() -> Floats:
    heat = np.zeros((9, 9), np.float32)
    heat[4, 6] = 2.0
    return heat


@pytest.mark.parametrize(("column", "tolerance"), [(6, 0), (5, 1), (3, 3)])
def test_a_hit_lies_in_the_region_or_as_far_beside_it_as_is_tolerated(
    heat: Floats, column: int, tolerance: int
) -> None:
    region = np.zeros((9, 9), bool)
    region[4, column] = True

    assert points_at(heat, region, tolerance)
    if tolerance:
        assert not points_at(heat, region, tolerance - 1)


def test_a_map_that_is_the_same_everywhere_points_nowhere() -> None:
    assert not points_at(np.ones((9, 9), np.float32), np.ones((9, 9), bool))
