"""Whether a head was prepared well enough for a prediction: a verdict with numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes import measurements
from alzer.volumes.blurring import blur_mm
from alzer.volumes.ghosting import ghosting
from alzer.volumes.plane_steps import plane_steps
from alzer.volumes.quality_limits import LIMITS
from alzer.volumes.registration import Registration
from alzer.volumes.template import Template, load_template

Verdict = Literal["good", "check", "failed"]


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
        empty_share: How much of the brain holds no value, 0 to 1.
        voxel_mm: Longest edge of a voxel.
        blur_mm: How wide a point is shown, full width at half maximum; 0 where it
            can't be told.
        ghosting: Strength of a second head that is moved aside, about 0 to 1.
        alternation: How far each second plane is unlike its neighbours; 0.9 of noise.
        jump: Largest change between neighbouring planes, over what is usual there.
        relative_width: Width over what length and height make expect, against the
            template.
        relative_length: Likewise of the length.
        relative_height: Likewise of the height.
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
    empty_share: float
    voxel_mm: float
    blur_mm: float
    ghosting: float
    alternation: float
    jump: float
    relative_width: float
    relative_length: float
    relative_height: float


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
        ...     "air": 0.01, "noise": 0.03, "rotation_degrees": 2.0, "voxel_mm": 1.0,
        ...     "empty_share": 0.0,
        ...     "blur_mm": 2.3, "ghosting": 0.05, "alternation": 0.2, "jump": 1.2,
        ...     "relative_width": 1.0, "relative_length": 1.0, "relative_height": 1.0}
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
    white = measurements.white_level(samples)
    return {
        "similarity": registration.similarity,
        "brain_ml": brain_ml,
        "scale": registration.scale,
        "stretch": float(sizes.max() / sizes.min()),
        "rotation_degrees": registration.rotation_degrees,
        "edge_share": measurements.edge_share(volume, mask),
        "contrast": measurements.contrast(samples),
        "empty_share": measurements.empty_share(volume, samples),
        "overlap": measurements.overlap(samples, brain_ml / float(sizes.prod())),
        "noise": measurements.noise(samples),
        "air": measurements.air(volume, registration, white),
        **measurements.proportions(registration),
        **_measure_fidelity(volume, mask),
    }


def _measure_fidelity(volume: Volume, mask: NDArray[np.bool_]) -> dict[str, float]:
    """Return the numbers that tell how truly the scan shows whatever it shows."""
    steps = plane_steps(volume, mask)
    return {
        "voxel_mm": max(volume.spacing_mm),
        "blur_mm": blur_mm(volume, mask),
        "ghosting": ghosting(volume),
        "alternation": steps.alternation,
        "jump": steps.jump,
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
