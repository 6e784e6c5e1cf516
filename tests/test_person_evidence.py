"""Evidence goes back to where it came from on the person's own scan."""

import gzip
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from alzer.analysis import analyse
from alzer.answer import Analysis
from alzer.errors import InvalidRequest
from alzer.model.bundle import load_bundle
from alzer.model.engine import Model, load_model
from alzer.model.geometry import CELL_STRIDE
from alzer.person_analysis import standard_slices
from alzer.person_evidence import (
    brain_mask_nifti,
    brain_nifti,
    evidence_cell_mm,
    evidence_volume,
    slice_overlay,
)
from alzer.scans.volume import Volume
from alzer.volumes.sampling import grid_points, transform_points
from alzer.volumes.skull_stripping import MARGIN_MM, widen
from bundles import write_bundle
from slabs import (
    SLAB_AFFINE,
    draw_slices,
    prepare_as_known,
    put_into,
    read_nifti,
    scan_around,
    straight_head,
    turned,
)

# Columns: the grid's spacing, how it is turned, and how the head lies in it.
FLIPPED = np.array([[0, -1, 0, 0], [0, 0, 1, 0], [-1, 0, 0, 0], [0, 0, 0, 1.0]])
GRIDS = {
    "straight": ((1.6, 1.6, 1.0), np.eye(4), np.eye(4)),
    "axes exchanged and reversed": ((1.0, 1.4, 1.8), FLIPPED, np.eye(4)),
    "oblique": ((1.3, 1.1, 1.7), turned((20.0, -15.0, 30.0)), np.eye(4)),
    "tilted, larger head": (
        (1.5, 1.5, 1.5),
        turned((-8.0, 12.0, 5.0)),
        turned((6.0, 4.0, -7.0), 1.1),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Return a model to which bright pixels speak for the first class."""
    folder = tmp_path_factory.mktemp("bright")
    bundle = write_bundle(folder, weights=[1.0, 0.0, 0.0, 0.0], biases=[9.0, 0, 0, 0])
    return load_model(load_bundle(bundle), "openvino", "fp32", 1)


@pytest.fixture(scope="module")
def answer(model: Model) -> Analysis:
    return analyse(straight_head(), model)


def middle_of_cell(answer: Analysis, index: int) -> tuple[int, int]:
    """Return the row and column of a slice's own grid that one cell looks at."""
    one = answer.slices[index]
    row, column = np.rint(
        one.evidence.geometry.to_view(3 * CELL_STRIDE, 3 * CELL_STRIDE)
    )
    rows, columns = (
        one.view.to_file(np.asarray(each)) for each in np.indices(one.view.pixels.shape)
    )
    found = np.argwhere((rows == row) & (columns == column))
    return int(found[0, 0]), int(found[0, 1])


def plant(volume: Volume, place_mm: np.ndarray, radius_mm: float = 4.5) -> Volume:
    """Make a ball of a scan much brighter than the dimmed rest."""
    i, j, k = volume.voxels.shape
    places = transform_points(volume.affine, grid_points((i, j, k)))
    near = np.linalg.norm(places - place_mm, axis=0).reshape(i, j, k) < radius_mm
    voxels = np.where(near, 255.0, 0.6 * volume.voxels).astype(np.float32)
    return Volume(voxels, volume.affine, volume.source)


@pytest.mark.parametrize("grid", GRIDS)
def test_a_planted_cause_comes_back_to_its_place_on_the_scan(
    grid: str, model: Model
) -> None:
    spacing, directions, to_scan = GRIDS[grid]
    empty = scan_around(spacing, to_scan @ directions)
    plain = put_into(empty, draw_slices(), to_scan)
    before = analyse(prepare_as_known(plain, to_scan), model)
    index = np.array([[16], *([each] for each in middle_of_cell(before, 16))])
    place_mm = transform_points(to_scan @ SLAB_AFFINE, index)

    answer = analyse(prepare_as_known(plant(plain, place_mm), to_scan), model)
    found = evidence_volume(answer)

    hottest = np.array(np.unravel_index(found.values.argmax(), found.values.shape))
    away_mm = transform_points(found.affine, hottest[:, None]) - place_mm
    assert found.label == 0
    assert found.values.shape == plain.voxels.shape
    assert np.linalg.norm(away_mm) < 6.0 < min(found.cell_mm[:2]) / 2.0


def test_values_are_those_of_the_maps_in_logit_units(answer: Analysis) -> None:
    found = evidence_volume(answer, 0)
    prepared = answer.preparation
    assert prepared is not None
    for index in (4, 16, 27):
        own = answer.slices[index].evidence_on_scan(0)
        i, j, k = np.rint(
            transform_points(
                prepared.slab.to_scan_voxels,
                np.array(
                    [[index], *([each] for each in middle_of_cell(answer, index))]
                ),
            )[:, 0]
        ).astype(int)
        back = np.rint(
            transform_points(
                np.asarray(np.linalg.inv(prepared.slab.to_scan_voxels), np.float64),
                np.array([[i], [j], [k]]),
            )[:, 0]
        ).astype(int)

        assert back[0] == index
        assert found.values[i, j, k] == pytest.approx(own[back[1], back[2]], abs=0.2)


def test_a_map_that_is_the_same_everywhere_stays_so_and_ends_with_the_slices(
    tmp_path: Path,
) -> None:
    bundle = write_bundle(tmp_path, weights=[0.0] * 4)
    model = load_model(load_bundle(bundle), "openvino", "fp32", 1)
    answer = analyse(straight_head(), model)
    for one in answer.slices:
        one.evidence.maps[2] = 1.5

    found = evidence_volume(answer, 2)

    values, counts = np.unique(found.values.round(4), return_counts=True)
    assert values[0] == 0.0
    assert values[-1] == 1.5
    # What is neither lies on the rim of the field of view.
    assert counts[1:-1].sum() < 0.05 * counts[-1]
    heights = (found.affine @ [0, 0, 1, 0])[2] * np.arange(found.values.shape[2])
    heights += found.affine[2, 3]
    looked_at = found.values.any(axis=(0, 1))
    assert (looked_at == ((heights >= -3.5) & (heights <= 28.5))).all()


def test_a_cell_is_measured_on_the_person(model: Model) -> None:
    to_scan = turned((6.0, 4.0, -7.0), 1.1)
    empty = scan_around((1.5, 1.5, 1.5), to_scan)
    large = prepare_as_known(put_into(empty, draw_slices(), to_scan), to_scan)

    small, larger = (
        evidence_cell_mm(analyse(head, model)) for head in (straight_head(), large)
    )

    assert small[0] == pytest.approx(small[1])
    assert small[2] == pytest.approx(1.0)
    assert np.divide(larger, small) == pytest.approx([1.1] * 3, rel=0.03)


def test_the_file_says_what_its_values_are(answer: Analysis) -> None:
    found = evidence_volume(answer)

    content = found.as_nifti()

    voxels, affine, header = read_nifti(content)
    words = header["descrip"].item().decode()
    assert words.startswith("Evidence for No Impairment, logit units; cell ")
    assert f"{found.cell_mm[0]:.0f} x " in words
    assert voxels.dtype == np.float32
    assert (voxels == found.values).all()
    assert affine == pytest.approx(found.affine, abs=1e-4)
    assert header.get_xyzt_units()[0] == "mm"
    assert found.as_nifti() == content


def test_the_brain_mask_lies_on_the_grid_of_the_scan(answer: Analysis) -> None:
    assert answer.preparation is not None

    voxels, affine, _ = read_nifti(brain_mask_nifti(answer))

    assert voxels.dtype == np.uint8
    assert (voxels == answer.preparation.mask).all()
    assert affine == pytest.approx(answer.preparation.volume.affine, abs=1e-4)


def test_the_scan_is_kept_without_what_lies_beyond_the_brain(model: Model) -> None:
    head = straight_head()
    scalp = np.where(head.mask, head.volume.voxels, np.float32(300.0))
    bare = replace(head, volume=replace(head.volume, voxels=scalp))

    answer = analyse(bare, model)
    content = brain_nifti(answer)

    image: Any = nib.Nifti1Image.from_bytes(gzip.decompress(content))
    kept = image.get_fdata()
    far = ~widen(head.mask, head.volume.spacing_mm, MARGIN_MM)
    assert image.affine == pytest.approx(head.volume.affine, abs=1e-4)
    assert far.any()
    assert not kept[far].any()
    step = float(image.dataobj.slope)
    usual = scalp[head.mask] <= float(image.header["cal_max"])
    assert usual.mean() > 0.99
    assert kept[head.mask][usual] == pytest.approx(scalp[head.mask][usual], abs=step)
    assert brain_nifti(answer) == content


def test_overlays_keep_brightness_and_share_one_scale(answer: Analysis) -> None:
    highest = max(one.strongest(0) for one in answer.slices)
    for index in (0, answer.leading):
        one = answer.slices[index]

        drawn = np.asarray(Image.open(io.BytesIO(slice_overlay(answer, index))), float)

        assert np.abs(drawn.mean(axis=2) - one.picture).max() <= 1.0
        heat = one.heat(0, highest)
        assert heat is not None
        assert heat.max() == pytest.approx(one.strongest(0) / highest, rel=0.1)


def test_pictures_of_slices_show_the_right_side_on_the_left_and_the_front_above(
    model: Model,
) -> None:
    marked = draw_slices().copy()
    # Columns lead from the right to the left, rows to the front (slabs.SLAB_AFFINE).
    marked[:, 140:150, 50:60] = 255.0
    plain, spotted = (
        np.asarray(
            Image.open(io.BytesIO(slice_overlay(analyse(head, model), 16))), float
        ).mean(axis=2)
        for head in (straight_head(), straight_head(marked))
    )

    row, column = np.unravel_index((spotted - plain).argmax(), plain.shape)
    assert column < plain.shape[1] / 2
    assert row < plain.shape[0] / 2


def test_a_slice_for_whose_class_nothing_speaks_is_drawn_in_grey(
    tmp_path: Path,
) -> None:
    bundle = write_bundle(tmp_path, weights=[0.0] * 4)
    dumb = load_model(load_bundle(bundle), "openvino", "fp32", 1)
    grey = analyse(straight_head(), dumb)

    drawn = np.asarray(Image.open(io.BytesIO(slice_overlay(grey, 3))))

    assert (drawn == grey.slices[3].picture).all()


def test_one_slice_has_no_evidence_in_three_dimensions(model: Model) -> None:
    alone = analyse(standard_slices(straight_head())[0], model)

    with pytest.raises(InvalidRequest, match="one slice"):
        evidence_volume(alone)
    with pytest.raises(InvalidRequest, match="whole head"):
        brain_mask_nifti(alone)
    with pytest.raises(InvalidRequest, match="whole head"):
        brain_nifti(alone)
