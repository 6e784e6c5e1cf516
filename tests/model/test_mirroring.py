"""The same answer for a slice and its mirror image."""

import numpy as np
import pytest

from alzer.model.evidence import Evidence, concatenate
from alzer.model.mirroring import (
    BatchedMirroredEngine,
    MirroredEngine,
    OutOfMemory,
    order_pair,
)
from alzer.model.preparation import InputSpec


class ByPlace:
    """A network whose rounding depends on the place in the batch, as some do."""

    def run(self, pair: np.ndarray) -> Evidence:
        means = pair.mean(axis=(1, 2, 3)) + np.array([0.0, 1e-3], np.float32)
        logits = np.stack([means, -means], axis=1)
        weight = np.arange(1.0, 3.0, dtype=np.float32)[None, :, None, None]
        return Evidence(logits, pair[:, :, ::16, ::16] * weight, means)


@pytest.fixture
def image() -> np.ndarray:
    generator = np.random.default_rng(3)
    return generator.standard_normal((1, 1, 33, 49)).astype(np.float32)


def test_both_enter_in_one_order(image: np.ndarray) -> None:
    mirror = image[0, ..., ::-1]

    pair, own = order_pair(image[0], mirror)
    same, other = order_pair(mirror, image[0])

    assert (pair == same).all()
    assert (pair[own] == image[0]).all()
    assert own + other == 1


def test_not_even_the_place_in_the_batch_tells_an_image_from_its_mirror_image(
    image: np.ndarray,
) -> None:
    engine = MirroredEngine(ByPlace(), "fp32")

    one, two = engine.run(image), engine.run(image[..., ::-1])

    assert (one.logits == two.logits).all()
    assert (one.maps == two.maps[..., ::-1]).all()
    assert one.ood_score == two.ood_score


def test_a_symmetric_image_keeps_its_own_maps(image: np.ndarray) -> None:
    symmetric = np.float32(0.5) * (image + image[..., ::-1])
    engine = MirroredEngine(ByPlace(), "fp32")

    maps = engine.run(symmetric).maps

    assert maps[0, 0] == pytest.approx(symmetric[0, 0, ::16, ::16])


def test_the_cells_of_a_mirror_image_are_those_of_the_image_in_reverse() -> None:
    trained = InputSpec(height=97, width=81, cell_stride=16)
    for spec in (InputSpec(), trained):
        middles = spec.cell_stride * np.arange(spec.cells[1])

        assert (spec.width - 1 - middles[::-1] == middles).all()


class Counting(ByPlace):
    """A network with room for some inputs, and the sizes that it was given."""

    def __init__(self, room: int = 1000) -> None:
        self.room, self.sizes = room, list[int]()

    def run(self, pair: np.ndarray) -> Evidence:
        self.sizes.append(len(pair))
        if len(pair) > self.room:
            raise OutOfMemory
        parts = [
            super(Counting, self).run(pair[place : place + 2])
            for place in range(0, len(pair), 2)
        ]
        return concatenate(parts)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_groups_of_pairs_answer_as_pairs_do(count: int) -> None:
    shape = count, 1, 33, 49
    images = np.random.default_rng(4).standard_normal(shape).astype(np.float32)
    network = Counting()

    grouped = BatchedMirroredEngine(network, "fp32", 3).run(images)

    alone = MirroredEngine(ByPlace(), "fp32").run(images)
    assert (grouped.logits == alone.logits).all()
    assert (grouped.maps == alone.maps).all()
    np.testing.assert_array_equal(grouped.ood_score, alone.ood_score)
    # One input is a pair; several always fill a group, so that nothing depends on
    # how many there are.
    assert set(network.sizes) == ({2} if count == 1 else {6})


def test_a_gpu_with_little_memory_gets_smaller_groups_from_then_on() -> None:
    images = np.random.default_rng(5).standard_normal((9, 1, 33, 49))
    network = Counting(room=5)
    engine = BatchedMirroredEngine(network, "fp32", 8)

    first = engine.run(images.astype(np.float32))
    asked = len(network.sizes)
    again = engine.run(images.astype(np.float32))

    assert (first.logits == again.logits).all()
    assert len(first.logits) == 9
    assert max(network.sizes[asked:]) == 4


def test_a_gpu_without_room_for_one_input_says_so(image: np.ndarray) -> None:
    engine = BatchedMirroredEngine(Counting(room=1), "fp32", 8)

    with pytest.raises(OutOfMemory):
        engine.run(np.concatenate([image, image]))
