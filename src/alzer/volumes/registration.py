"""Find where standard space lies on a scan: an affine map with 12 degrees of freedom.

A coarse search over all turns of the head at 8 mm, then Gauss-Newton steps at 4 and
2 mm. Nothing is drawn by chance, and a mirrored scan gets the mirrored map.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.alignment import Alignment, Effort, Image, Target
from alzer.volumes.search import find_rotation, measure_degrees, search_turns
from alzer.volumes.shrinking import cut_brain, shrink
from alzer.volumes.template import Template, load_template

# Resolutions, coarse to fine.
_SPACINGS_MM: Final = (8.0, 4.0, 2.0)

# What of the template's surround counts, so that the brain's rim is seen.
_RIM_MM: Final = 4.0

_MIDDLE_EFFORT: Final = Effort(steps=25, tolerance_mm=0.1)
_FINE_EFFORT: Final = Effort(steps=30, tolerance_mm=0.02)
_LAST_EFFORT: Final = Effort(steps=20, tolerance_mm=0.1)


@dataclass(frozen=True)
class Registration:
    """Where standard space lies on a scan.

    Attributes:
        to_scan: shape (4, 4), from standard space to the scan's, both in
            millimetres, RAS+.
        similarity: Correlation of the brain with the template, -1 to 1.
        rotation_degrees: By how much the head is turned against its header.
        scale: Mean size against the template, along one axis; 1 is equal.
    """

    to_scan: NDArray[np.float64]
    similarity: float
    rotation_degrees: float
    scale: float


def register(
    volume: Volume,
    mask: NDArray[np.bool_],
    on_progress: Callable[[float], None] = lambda _share: None,
) -> Registration:
    """Find the affine map from standard space to a scan.

    The header's directions are where the search begins; they may be wrong, except
    that left and right can't be told apart.

    Args:
        volume: A whole head.
        mask: True inside its brain, shape (i, j, k); not empty.
        on_progress: Told the share of the work that is done, 0 to 1; what it raises
            ends the work.

    Returns:
        The map, and how well the two agree.
    """
    return register_brain(cut_brain(volume, mask), load_targets(), on_progress)


def register_brain(
    brain: Image,
    targets: tuple[Target, ...],
    on_progress: Callable[[float], None] = lambda _share: None,
) -> Registration:
    """Find the affine map from a template's space to a brain.

    Args:
        brain: The brain alone.
        targets: The template, from `make_targets`.
        on_progress: As for `register`.

    Returns:
        The map, and how well the two agree.
    """
    coarse, middle, fine = shrink_thrice(brain)
    on_progress(0.25)
    ends = search_turns(targets[0], coarse)
    on_progress(0.4)
    better = [
        targets[1].align(middle, end.to_scan, _MIDDLE_EFFORT, affine=True)
        for end in ends
    ]
    on_progress(0.6)
    best = max(better, key=lambda end: end.similarity)
    near = targets[2].align(fine, best.to_scan, _FINE_EFFORT, affine=True)
    return _describe(targets[2].polish(fine, near, _LAST_EFFORT))


def shrink_thrice(brain: Image) -> tuple[Image, Image, Image]:
    """Return a brain at 8, 4 and 2 mm."""
    fine = shrink(brain, _SPACINGS_MM[2])
    middle = shrink(fine, _SPACINGS_MM[1])
    return shrink(middle, _SPACINGS_MM[0]), middle, fine


@cache
def load_targets() -> tuple[Target, ...]:
    """Return the shipped template at 8, 4 and 2 mm; made once."""
    return make_targets(load_template())


def make_targets(template: Template) -> tuple[Target, ...]:
    """Return a template at 8, 4 and 2 mm, with its derivatives."""
    image = Image(template.values, template.affine)
    return tuple(Target(shrink(image, mm), max(_RIM_MM, mm)) for mm in _SPACINGS_MM)


def _describe(found: Alignment) -> Registration:
    return Registration(
        to_scan=found.to_scan,
        similarity=found.similarity,
        rotation_degrees=measure_degrees(find_rotation(found.to_scan)),
        scale=float(np.cbrt(np.linalg.det(found.to_scan[:3, :3]))),
    )
