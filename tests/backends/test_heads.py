"""Whole heads are prepared apart, and answered for here."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alzer.backends.heads import Heads
from alzer.errors import NotBrainLike
from alzer.model.engine import Model
from heads import draw_average_head


@pytest.fixture
def heads(model: Model, tmp_path: Path) -> Iterator[Heads]:
    heads = Heads(model, tmp_path)
    yield heads
    heads.helper.stop()


def test_a_head_is_answered_for_with_its_own_voxels(heads: Heads) -> None:
    volume, told = draw_average_head().volume, list[tuple[str, float]]()
    analysis = heads.analyse(volume, lambda *stage: told.append(stage))
    shares = [share for _, share in told]

    assert analysis.kind == "volume"
    assert analysis.preparation is not None
    assert analysis.preparation.volume is volume
    assert analysis.preparation.mask.shape == volume.voxels.shape
    assert len(analysis.slices) == 32
    assert list(dict.fromkeys(stage for stage, _ in told))[1:] == [
        "brain", "register", "slices", "predict"
    ]  # fmt: skip
    assert shares == sorted(shares)
    assert 0.1 <= shares[0] <= shares[-1] <= 0.96


def test_what_is_no_head_is_refused_and_costs_no_process(heads: Heads) -> None:
    volume = draw_average_head().volume
    empty = replace(volume, voxels=np.zeros_like(volume.voxels))
    processes = []
    for _ in range(2):
        with pytest.raises(NotBrainLike):
            heads.analyse(empty, lambda *_: None)
        processes.append(heads.helper.pid)

    assert processes[0] is not None
    assert processes[0] == processes[1]
