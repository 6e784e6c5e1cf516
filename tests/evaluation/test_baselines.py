"""Each simple predictor sees what it is named for, and nothing of those it judges."""

import numpy as np
import pytest

from alzer.evaluation.baselines import SliceMeasurements, Subject, run_baselines
from alzer.evaluation.scores import impaired_auc

FOLDS = 3


def draw_subjects(telling: str) -> list[Subject]:
    """Draw people of whom one thing tells the class: age, fluid, voxels, or nothing."""
    generator = np.random.default_rng(2)
    subjects = []
    for place in range(150):
        label = int(generator.integers(2))
        # The class, if this is what tells it; else something that means nothing.
        age, fluid, voxels = (
            label if telling == name else int(generator.integers(2))
            for name in ("age", "fluid", "voxels")
        )
        pattern = np.zeros((6, 5), np.float32)
        pattern[:, :2] = 4.0 * voxels
        seen = SliceMeasurements(
            fluid=float(0.1 + 0.05 * fluid + 0.01 * generator.standard_normal()),
            area=9000.0 + 10.0 * generator.standard_normal(),
            small=pattern + generator.random((6, 5), np.float32),
        )
        measures = {"age": 60.0 + 10.0 * age + generator.standard_normal()}
        subjects.append(
            Subject(f"p{place:03}", label, place % FOLDS, measures, [seen, seen])
        )
    return subjects


BASELINES = {
    "age": "age",
    "mean fluid share": "fluid",
    "fluid share per slice with area": "fluid",
    "linear SVM on smoothed voxels": "voxels",
}


@pytest.mark.parametrize("telling", ["age", "fluid", "voxels", "nothing"])
def test_only_what_tells_the_class_gives_it_away(telling: str) -> None:
    found = run_baselines(draw_subjects(telling))

    for name, sees in BASELINES.items():
        area = impaired_auc(found[name])
        if sees == telling:
            assert area > 0.95
        else:
            assert area == pytest.approx(0.5, abs=0.15)


def test_people_are_judged_without_their_own_class() -> None:
    # As many voxels as people: whoever is fitted to them knows them by heart.
    generator = np.random.default_rng(3)
    subjects = [
        Subject(
            f"p{place:03}",
            place % 2,
            place // 2 % FOLDS,
            {},
            [
                SliceMeasurements(
                    0.2, 9000.0, 10.0 * generator.random((13, 11), np.float32)
                )
            ],
        )
        for place in range(120)
    ]

    found = run_baselines(subjects)

    area = impaired_auc(found["linear SVM on smoothed voxels"])
    assert area == pytest.approx(0.5, abs=0.15)
