"""Whether a head was prepared well enough for a prediction: a verdict with numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes import measurements
from alzer.volumes.registration import Registration
from alzer.volumes.template import Template, load_template

Verdict = Literal["good", "check", "failed"]

_LEAST, _MOST = float("-inf"), float("inf")


@dataclass(frozen=True)
class Quality:
    """A verdict on the preparation of one head, and what it rests on.

    Attributes:
        verdict: `good`; `check`: a person should look at it before they trust the
            answer; `failed`: no prediction.
        reasons: Why it is not `good`, as sentences; the gravest first.
        similarity: Correlation of the brain with the template, -1 to 1.
        brain_ml: Volume of the brain with its fluid, on the scan's own grid.
        scale: Mean size against the template, along one axis.
        stretch: Most over least size against the template, of three directions.
        rotation_degrees: By how much the head is turned against its header.
        edge_share: How much of the brain's section is cut by the end of the scan,
            0 to 1.
        contrast: By how much grey matter is darker than white, as a share of white.
        overlap: How well the brain's outline fits the template's: Dice, 0 to 1.
        noise: How much white matter varies from place to place, as a share of white.
        air: Brightness of the air around the head, as a share of white matter's.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    similarity: float
    brain_ml: float
    scale: float
    stretch: float
    rotation_degrees: float
    edge_share: float
    contrast: float
    overlap: float
    noise: float
    air: float


@dataclass(frozen=True)
class Limits:
    """What one number may be.

    Attributes:
        name: Of the number in `Quality`.
        good: Least and most for `good`.
        usable: Least and most for a prediction at all.
        low: Says what a number below means; the number is filled in.
        high: The same of a number above.
    """

    name: str
    good: tuple[float, float]
    usable: tuple[float, float]
    low: str = ""
    high: str = ""


# Between the numbers of healthy heads and those of spoiled ones, which
# docs/decisions/0016-brain-extraction.md has; those that may be of a healthy head that
# was scanned in another way are doubts.
LIMITS: Final = (
    Limits(
        "similarity",
        good=(0.88, _MOST),
        usable=(0.78, _MOST),
        low="The brain is unlike the average brain (similarity {:.2f}, usually 0.9): "
        "the scan may show something else, be damaged or be no T1-weighted one.",
    ),
    Limits(
        "contrast",
        good=(0.23, 0.6),
        usable=(0.18, 0.8),
        low="Grey matter is darker than white matter by {:.0%} (usually 30 %): the "
        "scan may be FLAIR, T2 or CT, moved or noisy; send a T1-weighted one.",
        high="Grey matter is darker than white matter by {:.0%} (usually 30 %): the "
        "scan may be no T1-weighted one, or its greys may have been changed.",
    ),
    Limits(
        "edge_share",
        good=(_LEAST, 0.1),
        usable=(_LEAST, 0.5),
        high="The scan ends inside the brain (it cuts {:.0%} of the brain's section): "
        "send one that shows the whole brain.",
    ),
    Limits(
        "brain_ml",
        good=(1050.0, 2250.0),
        usable=(800.0, 2600.0),
        low="The brain measures {:.0f} ml, less than that of nearly every adult: part "
        "of it may be missing, or the file may give wrong distances of voxels.",
        high="The brain measures {:.0f} ml, more than that of nearly every adult: more "
        "than the brain was found, or the file may give wrong distances of voxels.",
    ),
    Limits(
        "scale",
        good=(0.82, 1.1),
        usable=(0.72, 1.2),
        low="The brain is {:.2f} times as long as the average brain: part of it may be "
        "missing, or the file may give wrong distances of voxels.",
        high="The brain is {:.2f} times as long as the average brain: more than it may "
        "have been found, or the file may give wrong distances of voxels.",
    ),
    Limits(
        "stretch",
        good=(_LEAST, 1.22),
        usable=(_LEAST, 1.5),
        high="Against the average brain, this is {:.2f} times as long in one direction "
        "as in another: planes or a part of the brain may be missing, or the file may "
        "give wrong distances of voxels.",
    ),
    Limits(
        "overlap",
        good=(0.935, _MOST),
        usable=(0.88, _MOST),
        low="The brain's outline does not fit the average brain (overlap {:.2f}, "
        "usually 0.95): look whether the brain was found rightly.",
    ),
    Limits(
        "air",
        good=(_LEAST, 0.1),
        usable=(_LEAST, 0.5),
        high="The air around the head is not dark ({:.0%} of white matter): the person "
        "may have moved, or the scan may be noisy; scan again if you can.",
    ),
    Limits(
        "noise",
        good=(_LEAST, 0.055),
        usable=(_LEAST, 0.2),
        high="White matter varies by {:.0%} from place to place (usually 2 %): the "
        "scan may be noisy, or the person may have moved; scan again if you can.",
    ),
    Limits(
        "rotation_degrees",
        good=(_LEAST, 45.0),
        usable=(_LEAST, 180.0),
        high="The head lies turned by {:.0f} degrees against what the file says: look "
        "whether front, back, top and bottom are where they belong.",
    ),
)


def judge(
    volume: Volume,
    mask: NDArray[np.bool_],
    registration: Registration,
    template: Template | None = None,
) -> Quality:
    """Judge how well a head was prepared.

    Args:
        volume: The scan.
        mask: True inside its brain, shape (i, j, k) as the volume's.
        registration: Of the template to the scan.
        template: What it was registered to; None for the one that ships.

    Returns:
        The verdict; numbers that can't be computed are those of a failure.
    """
    return reach_verdict(
        _measure(volume, mask, registration, template or load_template())
    )


def reach_verdict(numbers: Mapping[str, float]) -> Quality:
    """Compare the numbers of a preparation with their limits.

    Args:
        numbers: All numbers of `Quality`, by name; NaN is beyond every limit.

    Returns:
        The verdict with the numbers.

    Examples:
        >>> healthy = {"similarity": 0.93, "contrast": 0.3, "edge_share": 0.0,
        ...     "brain_ml": 1500.0, "scale": 0.95, "stretch": 1.03, "overlap": 0.96,
        ...     "air": 0.01, "noise": 0.03, "rotation_degrees": 2.0}
        >>> reach_verdict(healthy).verdict
        'good'
        >>> reach_verdict({**healthy, "contrast": 0.02}).verdict
        'failed'
    """
    failures, doubts = _reasons(numbers)
    verdict: Verdict = "failed" if failures else "check" if doubts else "good"
    return Quality(verdict, (*failures, *doubts), **numbers)


def _measure(
    volume: Volume,
    mask: NDArray[np.bool_],
    registration: Registration,
    template: Template,
) -> dict[str, float]:
    samples = measurements.sample_at_template(volume, mask, registration, template)
    brain_ml = measurements.brain_ml(volume, mask)
    sizes = np.linalg.svd(registration.to_scan[:3, :3], compute_uv=False)
    return {
        "similarity": registration.similarity,
        "brain_ml": brain_ml,
        "scale": registration.scale,
        "stretch": float(sizes.max() / sizes.min()),
        "rotation_degrees": registration.rotation_degrees,
        "edge_share": measurements.edge_share(volume, mask),
        "contrast": measurements.contrast(samples),
        "overlap": measurements.overlap(samples, brain_ml / float(sizes.prod())),
        "noise": measurements.noise(samples),
        "air": measurements.air(
            volume, registration, measurements.white_level(samples)
        ),
    }


def _reasons(numbers: Mapping[str, float]) -> tuple[list[str], list[str]]:
    """Return the sentences of what forbids a prediction, and of what is doubtful."""
    failures: list[str] = []
    doubts: list[str] = []
    for limits in LIMITS:
        number = numbers[limits.name]
        if limits.good[0] <= number <= limits.good[1]:
            continue
        below = number < limits.good[0]
        sentence = (limits.low if below else limits.high) or limits.low  # NaN
        usable = limits.usable[0] <= number <= limits.usable[1]
        (doubts if usable else failures).append(sentence.format(number))
    return failures, doubts
