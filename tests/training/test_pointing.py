"""Where the ventricles decide the class, the maps point at the ventricles.

They lie elsewhere in each head, so that a map that always points at the middle, or at
bright tissue, misses them.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from alzer.explain.contrastive import contrastive_map
from alzer.model.bundle import load_bundle
from alzer.model.engine import Model, load_model
from alzer.model.preparation import InputSpec, prepare
from alzer.scans.formats import read_slice
from alzer.scans.orientation import to_standard_view
from alzer.scans.plausibility import examine
from alzer.training.randomised import randomised_model
from alzer.training.recipe import Recipe
from alzer.training.study import Study, run_study
from cohorts import write_table
from phantoms import Phantom, as_png, draw_phantom
from trained import Silence

SHAPE = (104, 88)
NO, MILD = 0, 2
KINDS = {NO: "No Impairment", MILD: "Mild Impairment"}
WIDTH = {NO: 0.06, MILD: 0.18}
HEADS = 60

RECIPE = Recipe(
    epochs=4,
    slices_per_subject=3,
    batch_size=12,
    learning_rate=1e-3,
    average=0.9,
    seed=1,
    spec=InputSpec(height=97, width=81, cell_stride=16),
)


def draw_head(label: int, seed: int) -> Phantom:
    """Draw a head whose ventricles lie anywhere well inside the brain."""
    generator = np.random.default_rng(seed)
    moved = generator.uniform(-0.35, 0.35), generator.uniform(-0.3, 0.3)
    width = WIDTH[label] * generator.uniform(0.9, 1.1)
    return draw_phantom(SHAPE, width, seed, moved=moved)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model that has learnt from 48 drawn people."""
    folder, rows = tmp_path_factory.mktemp("heads"), []
    for person in range(48):
        label = (NO, MILD)[person % 2]
        for slice_number in range(3):
            file = f"{person:02}-{slice_number}.png"
            head = draw_head(label, 1000 * person + slice_number)
            (folder / file).write_bytes(as_png(head.pixels))
            subject = f"p{person:02}"
            # Drawn heads are alike; few on the other side can be taken for others.
            split = "test" if person in {0, 2} else "train"
            row = {"file": file, "class": KINDS[label], "subject": subject}
            rows.append(row | {"split": split})
    write_table(folder / "scans.csv", rows)
    study = Study(folder / "scans.csv", folder / "study", RECIPE)
    return run_study(study, Silence())


@dataclass(frozen=True)
class Pointing:
    """How often a model's maps point at the ventricles, and how often one would.

    Attributes:
        right: Share of heads whose class is the predicted one.
        hits: Share of heads where the highest place of the map lies on them.
        by_chance: Mean share of the brain that counts as on them.
    """

    right: float
    hits: float
    by_chance: float


def point(model: Model) -> Pointing:
    """Ask for what speaks for impairment in heads that nobody was trained on."""
    right, hits, shares = [], [], []
    for index in range(HEADS):
        head = draw_head(MILD, 10_000_000 + index)
        view = to_standard_view(read_slice(as_png(head.pixels)))
        prepared = prepare(view, examine(view).box, model.spec)
        found = model.run(prepared.pixels[None])
        heat = prepared.geometry.paint(contrastive_map(found.maps[0], MILD))
        place = np.unravel_index(np.where(head.brain, heat, -np.inf).argmax(), SHAPE)
        near = widened(head.ventricles)
        right.append(int(found.logits[0].argmax()) == MILD)
        hits.append(bool(near[place]))
        shares.append(near[head.brain].mean())
    return Pointing(*(float(np.mean(each)) for each in (right, hits, shares)))


def widened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Add three pixels, a fifth of a cell of the maps, all around."""
    picture = Image.fromarray(mask.astype(np.uint8))
    return np.asarray(picture.filter(ImageFilter.MaxFilter(7))) > 0


def test_maps_point_at_what_decides_the_class(bundle: Path) -> None:
    found = point(load_model(load_bundle(bundle), "openvino", "fp32"))

    assert found.by_chance < 0.4
    assert found.right >= 0.95
    assert found.hits >= 0.95


def test_maps_of_a_network_that_learnt_nothing_do_not(bundle: Path) -> None:
    found = [point(randomised_model(load_bundle(bundle), seed)) for seed in range(3)]

    assert np.mean([each.hits for each in found]) < 0.6, found
