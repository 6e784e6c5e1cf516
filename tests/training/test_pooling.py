"""What is extracted for fitting is what serving makes of a slice."""

import copy

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from alzer.model.mirroring import MirroredEngine
from alzer.model.person import softmax
from alzer.training.head import predict_from_features
from alzer.training.network import OodScore, ResNet50
from alzer.training.ood_limit import distances, pair_distances
from alzer.training.pooling import PairFeatures, extract_features, extract_pairs
from networks import TorchNetwork


@pytest.fixture(scope="module")
def images() -> NDArray[np.float16]:
    """Return stripes that rise to the left, so that mirror images differ."""
    rows, columns = np.mgrid[:65, :49]
    widths = np.array([0.5, 0.7, 0.9, 1.1])[:, None, None]
    stripes: NDArray[np.float16] = np.sin((rows + columns) * widths).astype(np.float16)
    return stripes * np.float16(3.0)


@pytest.fixture(scope="module")
def pairs(network: ResNet50, images: NDArray[np.float16]) -> PairFeatures:
    return extract_pairs(network, images)


def test_answers_and_ood_scores_are_those_of_the_served_pair(
    network: ResNet50, images: NDArray[np.float16], pairs: PairFeatures
) -> None:
    # The last layer and the score look along what tells an image from its mirror
    # image: the logits are 4 apart, and the components of the score are 1 and -1.
    apart = pairs.own[0] - pairs.mirror[0]
    direction = apart / (apart @ apart)
    middle = float(direction @ pairs.mean[0])
    judging = copy.deepcopy(network)
    with torch.no_grad():
        judging.fc.weight.zero_()
        judging.fc.weight[0] = 4.0 * torch.from_numpy(direction)
        judging.fc.bias.copy_(torch.tensor([-4.0 * middle, 0.0, 0.0, 0.0]))
    ood_score = OodScore(
        2.0 * torch.from_numpy(direction)[None], torch.tensor([-2.0 * middle])
    )
    engine = MirroredEngine(TorchNetwork(judging, ood_score), "fp32")

    served = engine.run(images[:1].astype(np.float32)[:, None])

    expected = softmax(served.logits.astype(np.float64))[0]
    assert predict_from_features(judging, pairs.mean)[0] == pytest.approx(
        expected, abs=0.1
    )
    assert expected == pytest.approx([0.25] * 4, abs=0.1)
    assert (
        predict_from_features(judging, pairs.own)[0, 0] > 0.6
    )  # the logits are then 2 apart
    assert served.ood_score is not None
    assert pair_distances(ood_score, pairs)[0] == pytest.approx(
        float(served.ood_score[0]), rel=0.4
    )
    # The score of the mean features would be nothing.
    assert float(served.ood_score[0]) == pytest.approx(1.0, rel=0.4)
    assert distances(ood_score, pairs.mean)[0] < 0.1


def test_an_image_and_its_mirror_image_change_places(
    network: ResNet50, images: NDArray[np.float16], pairs: PairFeatures
) -> None:
    mirrored = extract_pairs(network, np.ascontiguousarray(images[..., ::-1]))

    assert mirrored.own == pytest.approx(pairs.mirror, rel=1e-3, abs=1e-4)
    assert mirrored.mean == pytest.approx(pairs.mean, rel=1e-3, abs=1e-4)
    assert pairs.own == pytest.approx(
        extract_features(network, images), rel=1e-3, abs=1e-4
    )
    assert (
        np.abs(pairs.own - pairs.mirror).max()
        > 20 * np.abs(mirrored.own - pairs.mirror).max()
    )
