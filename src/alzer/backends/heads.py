"""Whole heads: the long work in a helper process, the network's part here."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from alzer.answer import Analysis
from alzer.backends.helper import Helper
from alzer.model.engine import Model
from alzer.person_analysis import analyse_volume, prepare_head
from alzer.person_structures import add_structures, find_structure_network
from alzer.scans.volume import Volume
from alzer.volumes.addon import STRUCTURES
from alzer.volumes.pipeline import PreparedVolume

OnStage = Callable[[str, float], None]

_NO_VOXELS: Final = np.zeros((0, 0, 0), np.float32)


@dataclass(frozen=True)
class Prepare:
    """A head to be brought to the standard slices.

    Attributes:
        volume: The head.
    """

    volume: Volume

    def run(self, on_stage: OnStage) -> PreparedVolume:
        """Return the slices, without the voxels: whoever asked has them."""
        prepared = prepare_head(self.volume, on_stage)
        return replace(prepared, volume=replace(self.volume, voxels=_NO_VOXELS))


@dataclass(frozen=True)
class Measure:
    """A head whose structures are to be measured.

    Attributes:
        analysis: Of the head.
        data_dir: Where the add-on for structures is.
    """

    analysis: Analysis
    data_dir: Path

    def run(self, _: OnStage) -> Analysis:
        """Return what is new in the analysis, without the scan."""
        network = find_structure_network(self.data_dir)
        found = self.analysis
        if network is not None:
            found = add_structures(found, network)
        return replace(found, slices=found.slices[:1], leading=0, preparation=None)


def work(task: Prepare | Measure, on_stage: OnStage) -> PreparedVolume | Analysis:
    """Do a task in the helper process."""
    return task.run(on_stage)


@dataclass(frozen=True)
class Heads:
    """Analyses whole heads.

    Attributes:
        model: What answers.
        data_dir: Where the add-on for structures is.
        helper: Does what takes long.
    """

    model: Model
    data_dir: Path
    helper: Helper = field(default_factory=partial(Helper, f"{__name__}:work"))

    def analyse(self, volume: Volume, on_stage: OnStage) -> Analysis:
        """Analyse a whole head; reading it was the first tenth of the work.

        Args:
            volume: The head.
            on_stage: Told what is being done and how much is done, several times a
                second; what it raises ends the work.

        Returns:
            The answer.

        Raises:
            UnusableScan: The head can't be analysed.
        """

        def preparing(stage: str, share: float) -> None:
            on_stage(stage, 0.1 + 0.7 * share)

        def predicting(stage: str, share: float) -> None:
            on_stage(stage, 0.8 + 0.15 * share)

        prepared: PreparedVolume = self.helper.run(Prepare(volume), preparing)
        prepared = replace(prepared, volume=volume)
        analysis = analyse_volume(prepared, self.model, predicting)
        if not STRUCTURES.is_installed(self.data_dir):
            return analysis
        return self._measure(analysis, on_stage)

    def _measure(self, analysis: Analysis, on_stage: OnStage) -> Analysis:
        def measuring(_: str, __: float) -> None:
            on_stage("structures", 0.95)

        task = Measure(analysis, self.data_dir)
        measured: Analysis = self.helper.run(task, measuring)
        return replace(
            analysis, structures=measured.structures, warnings=measured.warnings
        )
