"""What is planted in drawn people is learnt, and the evidence lies where it is.

From a table to a bundle, as a research group would train: nothing but the width
of the ventricles tells impaired people from others.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from alzer.evaluation.metrics import auc
from alzer.model.bundle import load_bundle
from alzer.model.engine import Model, load_model
from alzer.model.geometry import Geometry
from alzer.model.preparation import prepare
from alzer.scans.formats import read_slice
from alzer.scans.orientation import to_standard_view
from alzer.scans.plausibility import examine
from alzer.training.history import Epoch, read_log
from alzer.training.output import read_fold
from alzer.training.recipe import Recipe
from alzer.training.study import Study, run_study
from cohorts import SPEC, write_table
from phantoms import Phantom, as_png, draw_phantom

SHAPE = (104, 88)
NO, MILD = 0, 2
KINDS = {NO: "No Impairment", MILD: "Mild Impairment"}

# Width of the ventricles, as a share of the brain's half width.
WIDTH = {NO: 0.08, MILD: 0.17}
SPREAD = 0.012

# The few steps of a small study need a high rate and a short average.
RECIPE = Recipe(
    epochs=3,
    slices_per_subject=3,
    batch_size=12,
    learning_rate=1e-3,
    average=0.9,
    seed=1,
    spec=SPEC,
)


class Silence:
    """Nobody watches."""

    def note(self, text: str) -> None:
        """Ignore."""

    def reading(self, done: int, total: int) -> None:
        """Ignore."""

    def preparing(self, text: str) -> None:
        """Ignore."""

    def begin(self, title: str) -> None:
        """Ignore."""

    def step(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Ignore."""

    def epoch(self, epoch: Epoch) -> None:
        """Ignore."""


def draw_table(folder: Path) -> Path:
    """Draw 40 people, three slices of each; the last twelve are the test side."""
    generator = np.random.default_rng(7)
    rows = []
    for person in range(40):
        label = (NO, MILD)[person % 2]
        width = generator.normal(WIDTH[label], SPREAD)
        for slice_number in range(3):
            file = f"{person:02}-{slice_number}.png"
            phantom = draw_phantom(SHAPE, width, 1000 * person + slice_number)
            (folder / file).write_bytes(as_png(phantom.pixels))
            rows.append(
                {
                    "file": file,
                    "class": KINDS[label],
                    "subject": f"p{person:02}",
                    "split": "train" if person < 28 else "test",
                }
            )
    write_table(folder / "scans.csv", rows)
    return folder / "scans.csv"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    table = draw_table(tmp_path_factory.mktemp("people"))
    output = tmp_path_factory.mktemp("learnt")
    run_study(Study(table, output, RECIPE), Silence())
    return output


def test_people_never_seen_are_told_apart(study: Path) -> None:
    slices = read_fold(study, 1).slices
    history = read_log(study / "fold-1" / "log.csv")

    assert len(set(slices.subjects)) == 12
    assert auc(slices.labels > NO, 1.0 - slices.probabilities[:, NO]) >= 0.95
    # The fitted last layer tells them apart even on random features; that the other
    # layers learn as well shows in what the network says with its own last layer.
    assert history[-1].validation_auc >= 0.95
    assert history[-1].loss < 0.8 * history[0].loss


@pytest.mark.parametrize("label", [NO, MILD])
def test_the_evidence_lies_on_the_ventricles(study: Path, label: int) -> None:
    model = load_model(load_bundle(study / "bundle"), "openvino")
    looks = {kind: [look(model, each) for each in draw_heads(kind)] for kind in WIDTH}
    # What the maps of all heads share tells no head from another.
    common = np.mean([each.maps for kind in WIDTH for each in looks[kind]], axis=0)
    seen = looks[label]

    assert [int(each.logits.argmax()) for each in seen] == [label] * len(seen)
    densities = [density_on_ventricles(each, label, common) for each in seen]
    assert np.median(densities) > 1.4, densities


def draw_heads(label: int) -> list[Phantom]:
    """Draw heads that no network was trained on."""
    widths = WIDTH[label] + SPREAD * np.linspace(-1.0, 1.0, 6)
    return [
        draw_phantom(SHAPE, float(width), 100_000 + 10 * index + label)
        for index, width in enumerate(widths)
    ]


@dataclass(frozen=True)
class Look:
    """What the model makes of one head."""

    phantom: Phantom
    geometry: Geometry
    logits: NDArray[np.float32]
    maps: NDArray[np.float32]


def look(model: Model, phantom: Phantom) -> Look:
    view = to_standard_view(read_slice(as_png(phantom.pixels)))
    prepared = prepare(view, examine(view).box, model.spec)
    found = model.run(prepared.pixels[None])
    return Look(phantom, prepared.geometry, found.logits[0], found.maps[0])


def density_on_ventricles(seen: Look, label: int, common: NDArray[np.float32]) -> float:
    """Return how dense the evidence for a class is there, relative to the brain."""
    evidence = seen.geometry.paint(np.maximum(seen.maps[label] - common[label], 0.0))
    brain = seen.phantom.brain
    near = widened(seen.phantom.ventricles) & brain
    share = evidence[near].sum() / evidence[brain].sum()
    return float(share / (near.sum() / brain.sum()))


def widened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Add three pixels all around."""
    picture = Image.fromarray(mask.astype(np.uint8))
    return np.asarray(picture.filter(ImageFilter.MaxFilter(7))) > 0


def test_nothing_around_the_head_is_evidence(study: Path) -> None:
    model = load_model(load_bundle(study / "bundle"), "openvino", "fp32")
    maps = np.abs([look(model, each).maps[NO] for each in draw_heads(MILD)])

    corners = maps[:, :: maps.shape[1] - 1, :: maps.shape[2] - 1]
    assert corners.mean() < 0.1 * maps.mean()
