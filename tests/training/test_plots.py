"""Curves to be looked at."""

import io

import numpy as np
from PIL import Image

from alzer.training.history import Epoch
from alzer.training.plots import plot_curves

RUN = [Epoch(1, 1.3, 0.6, 1.0), Epoch(2, 1.1, 0.7, 1.0), Epoch(3, 1.0, 0.8, 1.0)]
NOBODY = [Epoch(each.number, each.loss, float("nan"), 1.0) for each in RUN]


def picture(logs: dict[str, list[Epoch]]) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(plot_curves(logs))).convert("RGB"))


def test_every_run_has_a_line() -> None:
    one, two = picture({"fold-0": RUN}), picture({"fold-0": RUN, "fold-1": RUN[:2]})

    assert one.shape == two.shape
    assert (one != two).any()


def test_a_run_that_held_nobody_out_has_a_loss_but_no_score() -> None:
    nobody, both = picture({"everyone": NOBODY}), picture({"everyone": RUN})

    middle = nobody.shape[1] // 2
    assert (nobody[:, middle + 80 :] != both[:, middle + 80 :]).any()
    assert (nobody[:, :middle].std(axis=2) > 20).any()
