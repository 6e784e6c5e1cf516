"""Evidence of several groups of inputs."""

import numpy as np

from alzer.model.evidence import Evidence, concatenate


def evidence_of(count: int, first: float, *, score: bool) -> Evidence:
    values = first + np.arange(count, dtype=np.float32)
    logits = np.repeat(values[:, None], 4, axis=1)
    maps = np.broadcast_to(logits[:, :, None, None], (count, 4, 2, 3))
    return Evidence(logits, maps, values if score else None)


def test_groups_are_joined_in_their_order() -> None:
    parts = [evidence_of(2, 0.0, score=True), evidence_of(1, 5.0, score=True)]

    joined = concatenate(parts)

    assert joined.logits[:, 0].tolist() == [0.0, 1.0, 5.0]
    assert joined.maps.shape == (3, 4, 2, 3)
    assert joined.maps[:, 0, 0, 0].tolist() == [0.0, 1.0, 5.0]
    assert joined.ood_score is not None
    assert joined.ood_score.tolist() == [0.0, 1.0, 5.0]


def test_without_scores_there_is_none() -> None:
    parts = [evidence_of(2, 0.0, score=False), evidence_of(1, 5.0, score=False)]

    assert concatenate(parts).ood_score is None
