"""The network asked again without a part of a slice."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.analysed_slice import make_ready
from alzer.errors import InvalidRequest
from alzer.explain.box_fills import FILLS, Fill, even_tissue, fill_named, interpolate
from alzer.explain.occlusion import ask_without, box_on_input, occlude
from alzer.explain.slice_maps import SliceMaps
from alzer.model.evidence import Evidence, SliceEvidence
from alzer.model.preparation import InputSpec
from alzer.scans.outline import head_mask
from alzer.scans.slice import Slice
from phantoms import draw_phantom

SPEC = InputSpec(height=97, width=81, cell_stride=16)
EACH_FILL = pytest.mark.parametrize("fill", FILLS, ids=lambda fill: fill.name)

Floats = NDArray[np.float32]


def drawn(
    spacing_mm: tuple[float, float] = (1.0, 1.0), *, turned: bool = False
) -> SliceMaps:
    pixels = (255.0 * draw_phantom((208, 176), 0.15).pixels).astype(np.float32)
    pixels = pixels[::-1, ::-1].copy() if turned else pixels
    ready = make_ready(Slice(pixels, "PNG", (0.0, 255.0), spacing_mm=spacing_mm), SPEC)
    maps = np.zeros((4, *SPEC.cells), np.float32)
    evidence = SliceEvidence(
        np.zeros(4, np.float32),
        maps,
        ready.prepared.pixels[0],
        ready.prepared.geometry,
    )
    return SliceMaps(evidence, ready.view.pixel_aspect)


def answered(maps: SliceMaps, network: "Looking", off: float = 0.0) -> SliceMaps:
    """Return the maps of an analysis by a network, whose logits are a little off."""
    logits = network(maps.evidence.pixels[None, None]).logits[0]
    logits[1] += off
    return replace(maps, evidence=replace(maps.evidence, logits=logits))


def looks_at(top: int, left: int, bottom: int, right: int) -> "Looking":
    return Looking((slice(top, bottom), slice(left, right)))


class Looking:
    """A network whose second class has the mean of one area as its logit."""

    def __init__(self, area: tuple[slice, slice]) -> None:
        self.area = area

    def __call__(self, batch: Floats) -> Evidence:
        means = batch[:, 0, *self.area].mean(axis=(1, 2))
        logits = np.zeros((len(batch), 4), np.float32)
        logits[:, 1] = 3.0 + means
        return Evidence(logits, np.zeros((len(batch), 4, 7, 6), np.float32))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0), (1.0, 0.8), (0.9, 1.1)])
@EACH_FILL
def test_what_is_filled_lies_in_the_box_on_the_picture(
    spacing_mm: tuple[float, float], fill: Fill, *, turned: bool
) -> None:
    maps = drawn(spacing_mm, turned=turned)
    high, wide = maps.geometry.view_shape
    edges = (0.35 * high, 0.3 * wide, 0.6 * high, 0.5 * wide)
    pixels = maps.evidence.pixels
    changed = occlude(pixels, box_on_input(maps.geometry, edges), fill) != pixels
    painted = maps.geometry.paint(changed.astype(np.float32), stride=1) >= 0.5
    rows, columns = np.nonzero(painted)

    extent = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
    scale = max(maps.geometry.scales)
    assert np.abs(np.subtract(extent, edges)).max() <= scale + 1.0
    assert painted.sum() > 0.8 * (edges[2] - edges[0]) * (edges[3] - edges[1]) - 200


def test_a_box_where_the_network_looks_moves_it_and_elsewhere_nothing_does() -> None:
    maps = drawn()
    geometry = maps.geometry
    corners = geometry.to_view(40, 20), geometry.to_view(56, 36)
    (top, left), (bottom, right) = np.sort(corners, axis=0).tolist()
    network = looks_at(40, 20, 56, 36)
    maps = answered(maps, network)
    there = ask_without(maps, (top, left, bottom, right), FILLS[0], network)
    away = (top + 50, left, bottom + 50, right)
    elsewhere = ask_without(maps, away, FILLS[0], network)

    assert there.label == 1
    assert there.fall != 0.0
    assert there.fall == pytest.approx(there.before.margin - there.after.margin)
    assert sum(there.after.probabilities) == pytest.approx(1.0)
    assert elsewhere.fall == 0.0
    assert elsewhere.before == elsewhere.after == there.before


@EACH_FILL
@pytest.mark.parametrize("off", [0.0, 0.25])
def test_it_is_the_analysis_moved_as_it_is_offline(fill: Fill, off: float) -> None:
    network = looks_at(0, 0, 97, 81)
    maps = answered(drawn(), network, off)
    edges = (60.0, 50.0, 110.0, 90.0)
    answer = ask_without(maps, edges, fill, network)
    filled = occlude(maps.evidence.pixels, box_on_input(maps.geometry, edges), fill)
    offline = network(filled[None, None]).logits[0]
    kept = maps.evidence.logits

    assert answer.before.logits == tuple(map(float, kept))
    assert answer.after.logits == pytest.approx(
        (offline + np.array([0.0, off, 0.0, 0.0])).tolist(), abs=1e-6
    )


def test_a_ramp_is_blended_into_itself() -> None:
    rows, columns = np.indices((97, 81))
    ramp = (0.02 * rows - 0.01 * columns).astype(np.float32)
    head = np.ones(ramp.shape, bool)
    patch = interpolate(ramp, head, (20, 30, 60, 55))

    assert np.abs(patch - ramp[20:60, 30:55]).max() < 0.15
    assert np.abs(patch - ramp[20:60, 30:55]).mean() < 0.03


@pytest.mark.parametrize(
    "box", [(0, 0, 20, 20), (77, 61, 97, 81), (0, 30, 97, 40), (0, 0, 97, 81)]
)
def test_boxes_at_the_edge_are_filled_with_numbers(
    box: tuple[int, int, int, int],
) -> None:
    pixels = drawn().evidence.pixels
    for fill in FILLS:
        filled = occlude(pixels, box, fill)
        assert np.isfinite(filled).all()
        assert filled.min() >= pixels.min()
        assert filled.max() <= pixels.max()


@EACH_FILL
def test_ventricles_are_not_replaced_by_more_fluid(fill: Fill) -> None:
    maps = drawn()
    pixels = maps.evidence.pixels
    head = head_mask(np.ascontiguousarray(pixels))
    middle = (slice(36, 60), slice(26, 38))
    box = (34, 24, 62, 40)
    fluid = float(np.percentile(pixels[head], 3))
    before = (pixels[middle] < fluid + 0.4).mean()
    after = (occlude(pixels, box, fill)[middle] < fluid + 0.4).mean()

    assert before > 0.15
    assert after < before + 0.1
    if fill.fill is even_tissue:
        assert after == 0.0


def test_the_other_side_of_a_head_with_equal_sides_looks_alike() -> None:
    maps = drawn()
    pixels = maps.evidence.pixels
    symmetric = replace(maps.evidence, pixels=(pixels + pixels[:, ::-1]) / 2.0).pixels
    filled = occlude(symmetric, (30, 20, 60, 34), fill_named("mirror"))
    other = occlude(symmetric, (30, 20, 60, 34), fill_named("tissue"))

    assert np.abs(filled - symmetric).max() < 0.3 * np.abs(other - symmetric).max()


@pytest.mark.parametrize(
    ("edges", "told"),
    [
        ((0.0, 0.0, 4.0, 4.0), "nothing of the head"),
        ((-50.0, -50.0, -40.0, -40.0), "nothing of the head"),
        ((0.0, 0.0, 208.0, 176.0), "half of the head"),
        ((50.0, 50.0, 50.0, 90.0), "top above its bottom"),
        ((50.0, 90.0, 80.0, 50.0), "left before its right"),
        ((50.0, np.nan, 80.0, 90.0), "top above its bottom"),
    ],
)
def test_a_box_that_makes_no_sense_is_refused(
    edges: tuple[float, float, float, float], told: str
) -> None:
    with pytest.raises(InvalidRequest, match=told):
        ask_without(drawn(), edges, FILLS[0], looks_at(0, 0, 97, 81))


def test_rows_have_names_of_their_own() -> None:
    assert len({fill.name for fill in FILLS}) == len(FILLS)
    assert all(fill_named(fill.name) is fill for fill in FILLS)
    with pytest.raises(KeyError):
        fill_named("zero")
