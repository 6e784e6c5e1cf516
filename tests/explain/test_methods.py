"""Every way to explain an answer: what its map is, and on what scale."""

import numpy as np
import pytest

from alzer.classes import CLASS_NAMES
from alzer.errors import InvalidRequest
from alzer.explain.additive import logit_sum
from alzer.explain.methods import (
    ADDITIVE_RANGE,
    CONTRASTIVE_RANGE,
    METHODS,
    Method,
    method_named,
)
from alzer.model.engine import Model
from alzer.model.evidence import Evidence
from alzer.model.preparation import InputSpec
from phantoms import draw_brain

SIGNED = [method for method in METHODS if method.scale.is_signed]


def inputs(count: int, spec: InputSpec) -> np.ndarray:
    shape = (spec.height, spec.width)
    drawn = [draw_brain(shape, 0.05 + 0.05 * seed, seed) for seed in range(count)]
    return np.stack(drawn).astype(np.float32)[:, None] * 3.0 - 1.0


@pytest.fixture(scope="module")
def evidence(resnet_model: Model) -> Evidence:
    """Return what a whole ResNet makes of some slices."""
    return resnet_model.run(inputs(3, resnet_model.spec))


def test_mean_and_bias_are_the_logit_and_the_bias_is_that_of_the_network(
    resnet_model: Model, evidence: Evidence
) -> None:
    blank = resnet_model.run(np.zeros((1, 1, 97, 65), np.float32))
    for label in range(4):
        own = logit_sum(blank.logits[0], blank.maps[0], label).bias
        for logits, maps in zip(evidence.logits, evidence.maps, strict=True):
            cells = method_named("additive").cells(maps, label)
            assert cells is not None
            assert float(cells.mean()) + own == pytest.approx(logits[label], abs=1e-5)


def test_a_mirror_image_has_the_mirrored_maps_and_the_same_sum(
    resnet_model: Model, evidence: Evidence
) -> None:
    mirrored = resnet_model.run(inputs(3, resnet_model.spec)[..., ::-1])

    assert np.array_equal(mirrored.logits, evidence.logits)
    for method in METHODS:
        for label in range(4):
            for here, there in zip(evidence.maps, mirrored.maps, strict=True):
                cells, others = method.cells(here, label), method.cells(there, label)
                assert (cells is None) == (others is None)
                assert (
                    cells is None or others is None or (cells == others[:, ::-1]).all()
                )


def test_contrastive_maps_cancel_and_tell_by_how_much_a_logit_leads(
    evidence: Evidence,
) -> None:
    method = method_named("contrastive")
    for logits, maps in zip(evidence.logits, evidence.maps, strict=True):
        all_cells = [method.cells(maps, label) for label in range(4)]
        total = np.sum([cells for cells in all_cells if cells is not None], axis=0)
        assert np.abs(total).max() <= 1e-5 * np.abs(maps).max()
        biases = [logit_sum(logits, maps, label).bias for label in range(4)]
        for label, cells in enumerate(all_cells):
            assert cells is not None
            lead = float(cells.mean()) + biases[label] - np.mean(biases)
            assert lead == pytest.approx(logits[label] - logits.mean(), abs=1e-4)


def test_what_is_added_to_all_maps_leaves_the_contrastive_ones(
    evidence: Evidence,
) -> None:
    maps = evidence.maps[0]
    method = method_named("contrastive")
    before, after = method.cells(maps, 1), method.cells(maps + np.float32(3.0), 1)

    assert before is not None
    assert after is not None
    assert np.allclose(before, after, atol=1e-5)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_row_is_fit_for_people_and_programs(method: Method) -> None:
    meaning = method.meaning.format(name=CLASS_NAMES[2])

    assert method.name == method.name.lower().replace(" ", "-")
    assert CLASS_NAMES[2] in meaning
    assert meaning.endswith(".")
    assert method.scale.unit
    assert method_named(method.name) is method


def test_no_two_rows_have_one_name() -> None:
    assert len({method.name for method in METHODS}) == len(METHODS)
    with pytest.raises(KeyError):
        method_named("rainbow")


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_maps_that_are_no_numbers_are_refused(method: Method) -> None:
    maps = np.ones((4, 3, 3), np.float32)
    maps[1, 0, 0] = np.nan

    with pytest.raises(ValueError, match="not finite"):
        method.cells(maps, 1)


@pytest.mark.parametrize("method", SIGNED, ids=lambda method: method.name)
def test_signed_scales_are_the_same_for_all_and_symmetric(method: Method) -> None:
    scale = method.scale
    limit = {"additive": ADDITIVE_RANGE, "contrastive": CONTRASTIVE_RANGE}[method.name]
    values = np.array([-1e6, -limit, 0.0, limit, 1e6], np.float32)

    assert (scale.low, scale.high) == (-limit, limit)
    assert scale.positions(values).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert [text for _, text in scale.ticks][::4] == [
        f"\u2212{limit:g}", "0", f"+{limit:g}"
    ]  # fmt: skip
    assert scale.within(5.0).positions(np.array([2.5], np.float32)).tolist() == [0.75]


@pytest.mark.parametrize("limit", [0.0, -1.0, np.nan, np.inf])
def test_a_scale_without_extent_is_refused(limit: float) -> None:
    with pytest.raises(InvalidRequest, match="above 0"):
        SIGNED[0].scale.within(limit)


def test_grad_cam_is_a_share_of_its_own_highest_value() -> None:
    maps = np.array([[[1.0, -2.0], [4.0, 2.0]]], np.float32)
    method = METHODS[0]
    cells = method.cells(maps, 0)

    assert method.name == "grad-cam"
    assert cells is not None
    assert cells.tolist() == [[25.0, 0.0], [100.0, 50.0]]
    assert method.scale.within(5.0) is method.scale
    assert method.cells(-np.abs(maps), 0) is None
    assert [text for _, text in method.scale.ticks] == ["0", "25", "50", "75", "100"]
