"""A bundle that was trained on other data than the model that ships."""

import re
from pathlib import Path
from typing import Any, Final

from alzer.classes import CLASS_NAMES
from bundles import write_bundle

SOURCE: Final = "Harbour cohort"
COVERAGE: Final = 0.8
PERSON_COVERAGE: Final = 0.75

# What is true of the model that ships, and of no other.
FACTS_OF_OASIS: Final = re.compile(
    r"oasis|marcus|talairach|mni z|nine (?:of|in) ten|\b9 of 10|two (?:such )?people"
    r"|\b2 people|200 people|\b90 ?%|under 62|\b1\.5 ?T\b|one study",
    re.IGNORECASE,
)


def write_other_bundle(
    folder: Path,
    *,
    moderate: int = 40,
    biases: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
) -> Path:
    """Write a bundle of a group's own data.

    Args:
        folder: Where to.
        moderate: People of the class 'Moderate Impairment'; few could not be checked.
        biases: Of the classes' logits.

    Returns:
        The folder.
    """
    bound = 0.1 if moderate > 10 else None
    limits: dict[str, Any] = {"thresholds": [0.1, 0.1, 0.1, bound]}
    person = {
        "pooling": {"averaged": "probabilities", "only_in_distribution": False},
        "temperature": 1.0,
        "ood_share": 0.5,
        "coverage": PERSON_COVERAGE,
    }
    counts = (60, 50, 45, moderate)
    return write_bundle(
        folder,
        weights=(0.0,) * 4,
        biases=biases,
        data={
            "source": SOURCE,
            "people": sum(counts),
            "slices": 1234,
            "people_per_class": dict(zip(CLASS_NAMES, counts, strict=True)),
            "acknowledgement": "Thanks to the harbour.",
        },
        calibration={**limits, "coverage": COVERAGE},
        person={**limits, **person},
        limitations=["Research and education software; not a medical device."],
    )
