"""Of a scan nothing is left beyond the brain and its margin, and no face."""

from itertools import permutations

import numpy as np
import pytest

from alzer.scans.volume import Volume
from alzer.volumes.skull_stripping import MARGIN_MM, strip_skull, widen

GENERATOR = np.random.default_rng(4)


@pytest.mark.parametrize("spacing_mm", list(permutations((0.7, 1.1, 2.3))))
def test_a_mask_grows_by_the_margin_and_never_further(
    spacing_mm: tuple[float, float, float],
) -> None:
    shape, margin_mm = (18, 15, 12), 4.0
    marked = GENERATOR.integers(0, 12, (5, 3))  # some of them at the edge
    mask = np.zeros(shape, np.bool_)
    mask[tuple(marked.T)] = True

    found = widen(mask, spacing_mm, margin_mm)

    places = np.moveaxis(np.indices(shape), 0, -1)[..., None, :]
    away = np.linalg.norm((places - marked) * spacing_mm, axis=-1).min(axis=-1)
    assert not found[away > margin_mm].any()
    assert found[away < 0.97 * margin_mm].all()


def head(
    offset: float = 0.0,
) -> tuple[Volume, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """Return a brain of 40 to 100 in a bright head of 500, and its mask."""
    places = np.moveaxis(np.indices((60, 50, 44)), 0, -1) * (1.0, 1.2, 1.4) - 30.0
    away = np.linalg.norm(places, axis=-1)
    mask = np.asarray(away < 15.0)
    grey = np.where(away < 10.0, 100.0, 40.0)
    voxels = np.where(away < 25.0, 500.0, 0.0)
    voxels = np.where(mask, grey, voxels).astype(np.float32) + np.float32(offset)
    return Volume(voxels, np.diag([1.0, 1.2, 1.4, 1.0]), "phantom"), mask


@pytest.mark.parametrize("offset", [0.0, -1000.0])
def test_the_brain_keeps_its_greys_and_the_rest_is_zero(offset: float) -> None:
    volume, mask = head(offset)

    stripped = strip_skull(volume, mask)

    step = (stripped.high - stripped.low) / 255.0
    told = stripped.values * step + stripped.low
    assert told[mask] == pytest.approx(volume.voxels[mask], abs=0.51 * step)
    far = ~widen(mask, volume.spacing_mm, MARGIN_MM)
    assert volume.voxels[far].max() > 400.0 + offset  # there was something
    assert not stripped.values[far].any()
    assert stripped.values[~mask].any()  # the margin is there


def test_a_brain_at_the_edge_of_the_scan_is_stripped_too() -> None:
    volume, mask = head()
    cut = Volume(volume.voxels[25:40], volume.affine, "phantom")

    stripped = strip_skull(cut, mask[25:40])

    assert stripped.values.shape == cut.voxels.shape
    assert stripped.values[mask[25:40]].any()


def test_a_brain_of_one_grey_is_drawn() -> None:
    volume, mask = head()
    flat = Volume(np.zeros_like(volume.voxels), volume.affine, "phantom")

    stripped = strip_skull(flat, mask)

    assert stripped.high > stripped.low
    assert not stripped.values.any()
