"""Structures lie where they are in the scan, and are as large as there."""

from itertools import cycle, permutations, product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.errors import AddonUnavailable, NotBrainLike
from alzer.scans.volume import Volume
from alzer.volumes.meshnet import Labels, MeshNet
from alzer.volumes.structures import (
    STRUCTURE_NAMES,
    load_structure_network,
    measure_structures,
    segment_structures,
)
from tfjs_models import look_aside, nearest_grey

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

GREYS = np.linspace(0.0, 1.0, len(STRUCTURE_NAMES))

# Edges of the phantom's blocks, of half its brain and of the scan, millimetres.
BLOCK_MM = 24.0
HALF_MM = 48.0
SCAN_MM = 128.0

# What the network that looks sideways sees: left, anterior, inferior.
ASIDE_MM = np.array([-12.0, 12.0, -12.0])


def greys_at(places: Floats) -> Floats:
    """Return the grey at places, shape (..., 3), in RAS+ mm.

    The brain is made of blocks, none like its neighbours. Right of it there is scalp,
    left of it air: the brightest and the darkest grey.
    """
    blocks = np.floor(places / BLOCK_MM).astype(int) @ [5, 7, 9] % 17 + 1
    around = np.where(places[..., 0] > 0.0, 17, 0)
    return GREYS[np.where((np.abs(places) < HALF_MM).all(-1), blocks, around)]


def draw(affine: Floats, shape: tuple[int, int, int]) -> tuple[Volume, Mask, Floats]:
    """Return a scan on a grid, its brain, and the voxels' places in RAS+ mm."""
    places = np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    voxels = greys_at(places).astype(np.float32)
    mask = np.asarray((np.abs(places) < HALF_MM).all(-1))
    return Volume(1000.0 * voxels, affine, "phantom"), mask, places


def axis_affine(
    order: tuple[int, ...], signs: tuple[int, ...], spacing_mm: tuple[float, ...]
) -> tuple[Floats, tuple[int, int, int]]:
    """Return a grid of 128 mm around the brain whose axes lead as they are told."""
    affine = np.eye(4)
    affine[:3, :3] = 0.0
    counts = [round(SCAN_MM / along) for along in spacing_mm]
    for axis, (leads, sign) in enumerate(zip(order, signs, strict=True)):
        affine[leads, axis] = sign * spacing_mm[axis]
        affine[leads, 3] = -sign * spacing_mm[axis] * (counts[axis] - 1) / 2.0
    return affine, (counts[0], counts[1], counts[2])


def expected_at(places: Floats) -> Labels:
    return np.rint(greys_at(places) * 17.0).astype(np.uint8)


def far_from_edges(places: Floats, distance_mm: float) -> Mask:
    """Return where no block's edge is near."""
    beyond = np.abs((places + BLOCK_MM / 2.0) % BLOCK_MM - BLOCK_MM / 2.0)
    return np.asarray((beyond > distance_mm).all(-1))


@pytest.fixture(scope="module")
def plain() -> MeshNet:
    """Return a network that names the nearest grey, and looks nowhere else."""
    return MeshNet([nearest_grey(GREYS.tolist())], threads=2, arithmetic="fp32")


@pytest.fixture(scope="module")
def sideways() -> MeshNet:
    """Return one that names what lies 12 mm left, 12 inferior and 12 anterior."""
    layers = [look_aside((2, 2, 2), 12), nearest_grey(GREYS.tolist())]
    return MeshNet(layers, threads=2, arithmetic="fp32")


@pytest.mark.parametrize(
    ("order", "signs"),
    # All orders and all directions; test_axes.py takes them all together.
    list(zip(cycle(permutations(range(3))), product((-1, 1), repeat=3), strict=False)),
)
def test_the_network_sees_every_scan_from_the_same_side(
    sideways: MeshNet, order: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    volume, mask, places = draw(*axis_affine(order, signs, (4.0, 4.0, 4.0)))
    seen = places + ASIDE_MM
    clear = mask & far_from_edges(seen, 4.0)
    labels = segment_structures(volume, mask, sideways)

    assert clear.sum() > 2000
    np.testing.assert_array_equal(labels[clear], expected_at(seen)[clear])


@pytest.mark.parametrize(
    "spacing_mm", [(1.3, 1.3, 1.3), (1.0, 1.0, 3.0), (5.0, 2.0, 0.9)]
)
def test_volumes_are_those_in_the_scan(
    plain: MeshNet, spacing_mm: tuple[float, float, float]
) -> None:
    affine, shape = axis_affine((0, 1, 2), (-1, 1, 1), spacing_mm)
    volume, mask, places = draw(affine, shape)
    labels = segment_structures(volume, mask, plain)
    found = measure_structures(labels, mask, affine)
    drawn = measure_structures(expected_at(places), mask, affine)

    inner = mask & far_from_edges(places, max(spacing_mm))
    np.testing.assert_array_equal(labels[inner], expected_at(places)[inner])
    assert sum(each.ml for each in found.values()) == pytest.approx(
        (2 * HALF_MM / 10) ** 3, rel=0.1
    )
    assert sum(each.share_of_brain for each in found.values()) == pytest.approx(1.0)
    for name in ("hippocampus", "thalamus"):
        assert found[name].ml == pytest.approx(drawn[name].ml, rel=0.15)
        assert drawn[name].ml > 10.0


def test_outside_the_mask_there_is_no_structure(plain: MeshNet) -> None:
    volume, mask, _ = draw(*axis_affine((0, 1, 2), (1, 1, 1), (4.0, 4.0, 4.0)))
    mask[::2] = False
    labels = segment_structures(volume, mask, plain)

    assert not labels[~mask].any()
    assert labels[mask].all()


def test_more_air_around_the_head_changes_nothing(sideways: MeshNet) -> None:
    affine, shape = axis_affine((0, 1, 2), (1, 1, 1), (4.0, 4.0, 4.0))
    volume, mask, _ = draw(affine, shape)
    wider = affine.copy()
    wider[:3, 3] -= 4.0 * 9
    more = Volume(np.pad(volume.voxels, 9), wider, "phantom")
    labels = segment_structures(volume, mask, sideways)
    found = segment_structures(more, np.pad(mask, 9), sideways)

    np.testing.assert_array_equal(found[9:-9, 9:-9, 9:-9], labels)


def test_other_units_change_nothing(plain: MeshNet) -> None:
    volume, mask, _ = draw(*axis_affine((0, 1, 2), (1, 1, 1), (4.0, 4.0, 4.0)))
    labels = segment_structures(volume, mask, plain)
    other = Volume(volume.voxels * 0.25 - 100.0, volume.affine, "phantom")

    # Where two greys are equally near, rounding decides.
    assert (segment_structures(other, mask, plain) == labels).mean() > 0.999


def test_a_scan_of_one_grey_is_refused_in_words(plain: MeshNet) -> None:
    flat = Volume(np.ones((40, 40, 40), np.float32), np.eye(4), "phantom")

    with pytest.raises(NotBrainLike, match="nearly all alike"):
        segment_structures(flat, np.ones((40, 40, 40), np.bool_), plain)


def test_without_the_add_on_its_command_is_told(tmp_path: Path) -> None:
    with pytest.raises(AddonUnavailable, match="alzer models fetch structures"):
        load_structure_network(tmp_path)
