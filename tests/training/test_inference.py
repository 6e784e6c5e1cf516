"""Networks give on every processor what they give in float32, nearly."""

import numpy as np
import pytest
import torch

from alzer.training.inference import forward_batches, mixed_precision, predict
from alzer.training.network import ResNet50
from phantoms import draw_brain

CPU = torch.device("cpu")


def draw_slices(count: int) -> np.ndarray:
    slices = [draw_brain((97, 65), seed=seed) for seed in range(count)]
    return ((np.stack(slices) - 0.43) / 0.37).astype(np.float16)


def test_features_are_those_of_float32_to_the_steps_of_bfloat16(
    network: ResNet50,
) -> None:
    images = draw_slices(4)
    found = np.concatenate(
        forward_batches(network, images, lambda batch: network.features(batch).float())
    )
    with torch.inference_mode():
        expected = network.features(torch.from_numpy(images).float()[:, None]).numpy()

    # Rounding every activation to bfloat16 moves them by 0.3 % on average.
    assert np.abs(found - expected).mean() < 0.02 * np.abs(expected).mean()


def test_bfloat16_is_used_where_there_are_instructions_for_it() -> None:
    able = [name for name, has in torch.cpu.get_capabilities().items()
            if has and name.endswith("bf16")]  # fmt: skip
    with mixed_precision(CPU):
        kind = (torch.ones(2, 2) @ torch.ones(2, 2)).dtype

    assert (kind == torch.bfloat16) is bool(able)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_batches_give_what_one_pass_gives(network: ResNet50, count: int) -> None:
    images = draw_slices(count) if count else np.empty((0, 97, 65), np.float16)
    found, together = predict(network, images, 2), predict(network, images, 64)

    assert found.shape == (count, 4)
    assert found == pytest.approx(together, abs=0.02)
    assert found.sum(axis=1) == pytest.approx(1.0)
