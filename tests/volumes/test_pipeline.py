"""From a drawn head to its standard slices."""

from dataclasses import replace

import numpy as np
import pytest

from alzer.volumes.brain_extraction import BrainNetworks, load_brain_networks
from alzer.volumes.pipeline import STAGES, prepare_volume
from alzer.volumes.template import SLAB_SHAPE
from heads import draw_average_head, draw_head


@pytest.fixture(scope="module")
def networks() -> BrainNetworks:
    return load_brain_networks(1)


def test_a_head_becomes_the_standard_slices(networks: BrainNetworks) -> None:
    head, told = draw_head(), list[tuple[str, float]]()
    prepared = prepare_volume(
        head.volume, networks, lambda stage, share: told.append((stage, share))
    )
    shares = [share for _, share in told]

    assert prepared.slab.slices.shape == SLAB_SHAPE
    assert prepared.mask.shape == head.volume.voxels.shape
    assert np.count_nonzero(prepared.slab.slices) > 0.2 * prepared.slab.slices.size
    assert list(dict.fromkeys(stage for stage, _ in told)) == list(STAGES)
    assert shares == sorted(shares)
    assert 0.0 <= shares[0] <= shares[-1] <= 1.0
    assert set(prepared.seconds) == set(STAGES)


@pytest.mark.parametrize("stage", ["brain", "register"])
def test_nobody_waiting_any_longer_ends_the_work(
    stage: str, networks: BrainNetworks
) -> None:
    begun = []

    def stop(under_way: str, _share: float) -> None:
        begun.append(under_way)
        if under_way == stage:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        prepare_volume(draw_head().volume, networks, stop)

    assert begun[-1] == stage


def test_a_head_that_its_file_declares_upside_down_gets_the_same_brain(
    networks: BrainNetworks,
) -> None:
    upright = draw_average_head().volume
    turned = replace(upright, voxels=upright.voxels[:, ::-1, ::-1])

    expected = prepare_volume(upright, networks)
    found = prepare_volume(turned, networks)

    assert (found.mask[:, ::-1, ::-1] == expected.mask).mean() > 0.9999
    np.testing.assert_allclose(found.slab.slices, expected.slab.slices, atol=2.0)
    assert expected.quality.verdict == "good"
    assert found.quality.verdict == "check"
    assert "turned by 180 degrees" in found.quality.reasons[0]
