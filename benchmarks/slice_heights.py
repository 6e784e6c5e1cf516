"""How much slices tell of a person, by their height in the head.

Reads the predictions of a study for people held out (`predictions.csv`, as
`alzer evaluate` writes it): AUC per person of each eighth of the slices, and of the
lowest ones together, without any calibration.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from reporting import report
from subjects import ROOT, data_folder

from alzer.evaluation.calibration import Slices
from alzer.evaluation.metrics import auc, by_subject
from alzer.evaluation.predictions import read_table
from alzer.training.tables import Reading, load_cohort

PARTS: Final = 8
LOWEST: Final = (0.25, 0.375, 0.5, 0.625, 0.75, 1.0)
OLD_YEARS: Final = 60


def from_below(slices: Slices) -> np.ndarray:
    """Return the place of each slice in its person, 0 lowest to below 1."""
    _, first, counts = np.unique(slices.subjects, return_index=True, return_counts=True)
    places = np.empty(len(slices.labels))
    for start, count in zip(first, counts, strict=True):
        places[start : start + count] = np.arange(count) / count
    return places


def person_auc(slices: Slices, rows: np.ndarray, ages: Mapping[str, float]) -> str:
    """Return AUC of the mean over some rows: everyone, and people of 60 and over."""
    people = by_subject(
        slices.subjects[rows], slices.labels[rows], slices.probabilities[rows]
    )
    names = np.unique(slices.subjects[rows])
    old = np.array([ages.get(str(name), np.nan) >= OLD_YEARS for name in names])
    everyone = auc(people.impaired, people.impairment_score)
    older = auc(people.impaired[old], people.impairment_score[old])
    return f"{everyone:.3f}, {older:.3f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--predictions",
        type=Path,
        default=ROOT / "docs" / "evaluation" / "predictions.csv",
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    slices = read_table(options.predictions).all_slices
    order = np.argsort(slices.subjects, kind="stable")
    slices = Slices(
        slices.subjects[order], slices.labels[order], slices.probabilities[order]
    )
    ages = load_cohort(data_folder() / "oasis1-axial", Reading()).ages
    places = from_below(slices)
    eighths = np.floor(places * PARTS)
    figures = {
        f"eighth_{part + 1}": person_auc(slices, eighths == part, ages)
        for part in range(PARTS)
    } | {
        f"lowest_{share:.1%}": person_auc(slices, places < share, ages)
        for share in LOWEST
    }
    title = "AUC per person by height of the slices (everyone, 60 and over)"
    report(title, figures, as_json=options.json)


if __name__ == "__main__":
    main()
