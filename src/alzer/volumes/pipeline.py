"""From a volume to the slices that the model knows, one stage after another."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.axes import nearest_order
from alzer.volumes.brain_extraction import BrainNetworks, extract_brain
from alzer.volumes.quality import Quality, judge
from alzer.volumes.registration import Registration, register
from alzer.volumes.slab import Slab, resample_slab

# Of the slices that come out. It grows with every change that gives any head other
# slices or another verdict: what training keeps of earlier versions is then not used.
PREPARATION_VERSION: Final = 2

# The stages in their order, and each one's share of the time.
STAGES: Final = MappingProxyType({"brain": 0.6, "register": 0.35, "slices": 0.05})


@dataclass(frozen=True)
class PreparedVolume:
    """A whole head, ready for the model.

    Attributes:
        volume: The scan.
        mask: True inside its brain, shape (i, j, k).
        slab: The standard slices.
        registration: Where standard space lies on the scan.
        quality: Whether all that is good enough for a prediction.
        seconds: How long each stage took, by name.
    """

    volume: Volume
    mask: NDArray[np.bool_]
    slab: Slab
    registration: Registration
    quality: Quality
    seconds: Mapping[str, float]


def prepare_volume(
    volume: Volume,
    networks: BrainNetworks,
    on_stage: Callable[[str, float], None] = lambda _stage, _share: None,
) -> PreparedVolume:
    """Bring a whole head to the slices that the model knows.

    Args:
        volume: A T1-weighted scan of a head.
        networks: What finds the brain.
        on_stage: Told the stage that is under way and the share of all work that is
            done, 0 to 1; whatever it raises ends the work, such as that nobody waits
            any longer.

    Returns:
        The slices, what they rest on, and whether they may be used: after a verdict
        of `failed` no prediction should be made.

    Raises:
        NotBrainLike: If there is no brain in the volume.
    """
    stages = _Stages(on_stage)
    mask = extract_brain(volume, networks, stages.begin("brain"))
    tell = stages.begin("register")
    registration = register(volume, mask, tell)
    if _lies_otherwise(volume, registration):
        mask = extract_brain(
            _upright(volume, registration), networks, lambda _: tell(0.8)
        )
        registration = register(volume, mask, lambda _: tell(0.9))
    stages.begin("slices")
    slab = resample_slab(volume, mask, registration)
    quality = judge(volume, mask, registration)
    return PreparedVolume(volume, mask, slab, registration, quality, stages.end())


def _lies_otherwise(volume: Volume, registration: Registration) -> bool:
    """Return whether the head's axes are not those that the file declares.

    The networks that find the brain know upright heads only: of one that a file
    declares wrongly they find the rough place, from which registration can tell.
    """
    upright = _upright(volume, registration)
    return nearest_order(upright.affine) != nearest_order(volume.affine)


def _upright(volume: Volume, registration: Registration) -> Volume:
    """Return the volume where it lies in standard space, on the same grid."""
    affine = np.linalg.inv(registration.to_scan) @ volume.affine
    return replace(volume, affine=affine)


class _Stages:
    """Which stage is under way, and how long the others took."""

    def __init__(self, on_stage: Callable[[str, float], None]) -> None:
        self._on_stage = on_stage
        self._begun: dict[str, float] = {}

    def begin(self, stage: str) -> Callable[[float], None]:
        """Note that a stage begins.

        Returns:
            What to tell the share of this stage that is done, 0 to 1.
        """
        before = sum(STAGES[earlier] for earlier in self._begun)
        self._begun[stage] = time.perf_counter()

        def tell(share: float) -> None:
            self._on_stage(stage, before + STAGES[stage] * share)

        tell(0.0)
        return tell

    def end(self) -> dict[str, float]:
        """Return the seconds of each stage."""
        times = [*self._begun.values(), time.perf_counter()]
        return {
            stage: end - start
            for stage, start, end in zip(self._begun, times, times[1:], strict=False)
        }
