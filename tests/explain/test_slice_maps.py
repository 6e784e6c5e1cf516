"""Maps on the picture of their slice: in place, inside the head, as coarse as said."""

import numpy as np
import pytest

from alzer.analysed_slice import make_ready
from alzer.explain.methods import ADDITIVE_RANGE, method_named
from alzer.explain.palettes import combinations
from alzer.explain.slice_maps import SliceMaps, choose_style
from alzer.model.evidence import SliceEvidence
from alzer.model.preparation import InputSpec
from alzer.scans.orientation import picture_of
from alzer.scans.slice import Slice
from phantoms import draw_phantom

SPEC = InputSpec(height=97, width=81, cell_stride=16)
SPACINGS = [None, (1.0, 1.0), (1.0, 0.8), (0.7, 1.1)]


def drawn(
    spacing_mm: tuple[float, float] | None = None, seed: int = 0
) -> tuple[Slice, SliceMaps]:
    """Return a slice, and maps with regions for and against each class."""
    pixels = (255.0 * draw_phantom((150, 190), seed=seed).pixels).astype(np.float32)
    scan = Slice(pixels, "NIfTI", (0.0, 255.0), spacing_mm=spacing_mm)
    ready = make_ready(scan, SPEC)
    drawn_maps = np.random.default_rng(seed).normal(0.0, 8.0, (4, *SPEC.cells))
    maps = np.asarray(drawn_maps, np.float32)
    biases = np.array([0.1, 0.2, 0.3, 0.4], np.float32)
    logits = np.asarray(maps.mean(axis=(1, 2)) + biases, np.float32)
    prepared = ready.prepared
    evidence = SliceEvidence(logits, maps, prepared.pixels[0], prepared.geometry)
    view = ready.view
    return scan, SliceMaps(evidence, view.pixel_aspect, view.spacing_mm)


@pytest.mark.parametrize("spacing_mm", SPACINGS)
def test_a_map_has_the_size_of_the_picture_and_stays_in_the_head(
    spacing_mm: tuple[float, float] | None,
) -> None:
    scan, maps = drawn(spacing_mm)
    picture = picture_of(scan)
    for method, palette in combinations():
        layer = maps.draw(choose_style(method, palette.name), 1)

        assert layer is not None
        assert layer.shape == (*picture.shape, 4)
        assert not layer[~maps.head].any()
    bright = picture > 40
    assert (maps.head & bright).sum() > 0.97 * bright.sum()
    assert (maps.head & ~bright).sum() < 0.25 * maps.head.sum()


@pytest.mark.parametrize("spacing_mm", SPACINGS)
def test_cells_are_blocks_of_the_values_themselves(
    spacing_mm: tuple[float, float] | None,
) -> None:
    _, maps = drawn(spacing_mm)
    cells = maps.evidence.maps[2]
    shown = maps.values(choose_style(method_named("additive"), cells=True), 2)
    geometry = maps.geometry

    assert shown is not None
    assert set(np.unique(shown)) <= {*np.unique(cells), np.float32(0.0)}
    checked = 0
    for row, column in np.ndindex(cells.shape):
        centre = np.array(geometry.to_view(16 * row, 16 * column))
        for part in [(0, 0), (-0.45, 0.45), (0.45, -0.45)]:
            down, across = np.rint(centre + np.multiply(part, geometry.cell_pixels))
            place = np.array([down, across], int)
            is_shown = ((place >= 0) & (place < shown.shape)).all()
            looked = np.array(geometry.to_input(down, across))
            if is_shown and ((looked >= 0) & (looked <= (96, 80))).all():
                assert shown[tuple(place)] == cells[row, column]
                checked += 1
    assert checked > 20


@pytest.mark.parametrize("spacing_mm", SPACINGS)
def test_smooth_maps_pass_through_the_values_at_the_middle_of_cells(
    spacing_mm: tuple[float, float] | None,
) -> None:
    _, maps = drawn(spacing_mm)
    method = method_named("contrastive")
    cells = method.cells(maps.evidence.maps, 0)
    shown = maps.values(choose_style(method), 0)

    assert cells is not None
    assert shown is not None
    step = max(np.abs(np.diff(cells, axis=axis)).max() for axis in (0, 1))
    near = 2.0 * step / min(maps.geometry.cell_pixels)
    for row, column in [(2, 1), (3, 2), (2, 3), (3, 4)]:
        down, across = map(round, maps.geometry.to_view(16 * row, 16 * column))
        assert abs(shown[down, across] - cells[row, column]) <= near


def test_the_scale_is_the_same_whatever_the_map_holds() -> None:
    _, maps = drawn()
    style = choose_style(method_named("additive"), cells=True)
    shown, layer = maps.values(style, 0), maps.draw(style, 0)
    louder = SliceEvidence(
        maps.evidence.logits,
        2.0 * maps.evidence.maps,
        maps.evidence.pixels,
        maps.evidence.geometry,
    )
    limit = 2.0 * ADDITIVE_RANGE
    half = choose_style(method_named("additive"), limit=limit, cells=True)

    assert shown is not None
    assert layer is not None
    entries = np.abs(np.rint(shown / ADDITIVE_RANGE * 127))
    expected = np.rint(255 * np.minimum(entries / 127, 1.0))
    assert np.abs(layer[..., 3].astype(int) - expected)[maps.head].max() <= 3
    rescaled, saturated = (SliceMaps(louder).draw(each, 0) for each in (half, style))
    assert rescaled is not None
    assert saturated is not None
    assert np.array_equal(rescaled, layer)
    assert not np.array_equal(saturated, layer)


def test_a_class_that_nothing_speaks_for_has_no_grad_cam_but_evidence_against_it() -> (
    None
):
    _, maps = drawn()
    against = SliceEvidence(
        maps.evidence.logits,
        -np.abs(maps.evidence.maps),
        maps.evidence.pixels,
        maps.evidence.geometry,
    )

    assert SliceMaps(against).draw(choose_style(), 0) is None
    assert (
        SliceMaps(against).draw(choose_style(method_named("additive")), 0) is not None
    )


@pytest.mark.parametrize(
    ("spacing_mm", "mm"),
    [(None, ""), ((1.0, 1.0), "{0} x {1} mm"), ((1.0, 0.8), "{0} x {1} mm")],
)
def test_the_size_of_a_cell_is_told_in_pixels_and_millimetres(
    spacing_mm: tuple[float, float] | None, mm: str
) -> None:
    _, maps = drawn(spacing_mm)
    size = maps.cell_size
    text = size.text

    rows, columns = size.pixels
    assert f"{rows:.0f} x {columns:.0f} pixels" in text
    assert ("mm" in text) == bool(mm)
    if spacing_mm is None:
        return
    # Pixels of the picture are as high as they are wide, and so are cells.
    assert size.mm is not None
    assert size.mm[0] == pytest.approx(size.mm[1])
    assert size.mm[1] == pytest.approx(columns * min(spacing_mm), rel=0.01)
    assert mm.format(*(f"{length:.0f}" for length in size.mm)) in text


def test_the_logit_of_each_class_comes_apart() -> None:
    _, maps = drawn()
    for label, bias in enumerate([0.1, 0.2, 0.3, 0.4]):
        parts = maps.sum_of(label)

        assert parts.bias == pytest.approx(bias, abs=1e-5)
        assert parts.logit == pytest.approx(maps.evidence.logits[label], abs=1e-6)


@pytest.mark.parametrize("spacing_mm", SPACINGS)
def test_what_the_network_saw_lies_on_the_picture(
    spacing_mm: tuple[float, float] | None,
) -> None:
    scan, maps = drawn(spacing_mm)
    picture = picture_of(scan).astype(float)
    seen = maps.seen.astype(float)

    assert seen.shape == picture.shape
    inside = maps.head
    assert np.corrcoef(seen[inside], picture[inside])[0, 1] > 0.85
