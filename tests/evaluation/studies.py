"""A study of drawn numbers: what networks might have said of people."""

from collections.abc import Sequence

import numpy as np

from alzer.evaluation.baselines import SliceMeasurements, Subject
from alzer.evaluation.calibration import Slices
from alzer.evaluation.predictions import HeldOut

PEOPLE, PER_PERSON, FOLDS = 120, 3, 3

# Far fewer pixels than a real slice's: nothing depends on their number but the time
# that baselines of voxels take.
SMALL_SHAPE = (13, 11)


def draw_subjects(seed: int = 0, times: int = 1) -> list[Subject]:
    """Draw people of four classes whose fluid share grows with impairment."""
    generator = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 2, 3], np.multiply([60, 36, 22, 2], times))
    subjects = []
    for place, label in enumerate(labels):
        slices = [
            SliceMeasurements(
                fluid=float(0.1 + 0.03 * label + 0.03 * generator.standard_normal()),
                area=float(9000 + 100 * generator.standard_normal()),
                small=generator.random(SMALL_SHAPE).astype(np.float32),
            )
            for _ in range(PER_PERSON)
        ]
        measures = {"age": 50.0 + place % 40, "sex": float(place % 2)}
        if place == 5:
            measures = {}
        subjects.append(
            Subject(f"p{place:03}", int(label), place % FOLDS, measures, slices)
        )
    return subjects


def draw_study(
    subjects: Sequence[Subject],
    skill: float = 1.5,
    seed: int = 1,
    *,
    spread: float = 0.0,
) -> HeldOut:
    """Draw predictions that know a person's class more or less.

    Args:
        subjects: Whom they are of.
        skill: How much they know.
        seed: Of the drawing.
        spread: Of a person's slices around what they have in common.
    """
    generator = np.random.default_rng(seed)
    parts = []
    for fold in range(FOLDS):
        own = [each for each in subjects if each.fold == fold]
        names = np.repeat([each.name for each in own], PER_PERSON)
        labels = np.repeat([each.label for each in own], PER_PERSON)
        logits = np.repeat(
            skill * np.eye(4)[[each.label for each in own]]
            + generator.standard_normal((len(own), 4)),
            PER_PERSON,
            axis=0,
        )
        if spread:
            logits += spread * generator.standard_normal(logits.shape)
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        parts.append(Slices(names, labels.astype(np.int64), shares))
    positions = tuple(
        np.tile(np.arange(PER_PERSON), len(each.labels) // PER_PERSON) for each in parts
    )
    ood_score = tuple(np.full(len(each.labels), np.nan) for each in parts)
    return HeldOut(tuple(range(FOLDS)), tuple(parts), positions, ood_score)
