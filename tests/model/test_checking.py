"""A quicker arithmetic says what fp32 says."""

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from alzer.errors import EngineUnavailable
from alzer.model.checking import CheckedEngine
from alzer.model.decision import Decision, Tolerance
from alzer.model.evidence import Evidence
from alzer.model.mirroring import MirroredEngine

TOLERANCE = Tolerance(logits=0.1, ood_share=0.1, map_share=0.1)


class Reader:
    """A network that reads its logits off an image's first pixels."""

    def __init__(self, error: float = 0.0) -> None:
        self.runs = 0
        self._error = np.float32(error)

    def run(self, pair: np.ndarray) -> Evidence:
        self.runs += 1
        logits = pair[:, 0, 0, :4] + pair[:, 0, 0, -4:][:, ::-1]
        maps = np.repeat(logits[:, :, None, None], 2, axis=3) + np.float32(9.0)
        score = np.ones(len(pair), np.float32)
        return Evidence(logits + self._error * np.arange(4), maps, score)


def images(rows: Sequence[Sequence[float]]) -> np.ndarray:
    """Return inputs whose logits these are."""
    batch = np.zeros((len(rows), 1, 2, 8), np.float32)
    batch[:, 0, 0, :4] = rows
    return batch


def test_only_what_is_close_is_asked_again() -> None:
    exact = Reader()
    engine = CheckedEngine(
        MirroredEngine(Reader(0.01), "bf16"),
        lambda: MirroredEngine(exact, "fp32"),
        Decision(),
        TOLERANCE,
    )
    batch = images([[4.0, 0.0, 0.0, 0.0], [1.0, 1.05, 0.0, 0.0]])

    evidence = engine.run(batch)

    right = MirroredEngine(Reader(), "fp32").run(batch)
    assert engine.precision == "bf16-checked"
    assert exact.runs == 1
    assert (evidence.logits[1] == right.logits[1]).all()
    assert (evidence.maps[1] == right.maps[1]).all()
    assert (evidence.logits[0] != right.logits[0]).any()


def test_the_exact_engine_is_made_in_the_background() -> None:
    may_go_on = threading.Event()

    def start() -> MirroredEngine:
        may_go_on.wait(60.0)
        return MirroredEngine(Reader(), "fp32")

    engine = CheckedEngine(
        MirroredEngine(Reader(), "bf16"), start, Decision(), TOLERANCE
    )

    # Answered although there is no exact engine yet.
    evidence = engine.run(images([[4.0, 0.0, 0.0, 0.0]]))
    may_go_on.set()

    assert evidence.logits.argmax() == 0
    assert engine.run(images([[0.0, 0.0, 0.0, 0.0]])).logits.shape == (1, 4)


def test_what_the_exact_engine_fails_with_is_raised() -> None:
    def fail() -> MirroredEngine:
        message = "no memory"
        raise EngineUnavailable(message)

    engine = CheckedEngine(
        MirroredEngine(Reader(), "bf16"), fail, Decision(), TOLERANCE
    )

    with pytest.raises(EngineUnavailable, match="no memory"):
        engine.run(images([[0.0, 0.0, 0.0, 0.0]]))


def test_what_is_asked_for_exactly_is_exact_however_clear() -> None:
    exact = Reader()
    engine = CheckedEngine(
        MirroredEngine(Reader(0.01), "bf16"),
        lambda: MirroredEngine(exact, "fp32"),
        Decision(),
        TOLERANCE,
    )
    batch = images([[4.0, 0.0, 0.0, 0.0]])

    evidence = engine.run_exactly(batch)

    assert (evidence.logits == MirroredEngine(Reader(), "fp32").run(batch).logits).all()
