"""Analyses that become resources; drawn, and by the model that ships or a quick one."""

from dataclasses import replace

import pytest

from alzer.analysis import Analysis, analyse
from alzer.model.engine import Model
from alzer.person_analysis import analyse_volume
from alzer.volumes.structure_evidence import HeadStructures
from alzer.volumes.structures import STRUCTURE_NAMES, StructureVolume
from phantoms import as_dicom, draw_brain
from slabs import straight_head


@pytest.fixture(scope="session")
def analysed(shipped_model: Model) -> Analysis:
    """Return a reliable answer: to a model without a limit drawn heads are real."""
    tolerant = replace(
        shipped_model, decision=replace(shipped_model.decision, ood_limit=None)
    )
    return analyse(as_dicom(draw_brain(), PixelSpacing=[0.9, 0.9]), tolerant)


@pytest.fixture(scope="session")
def head(model: Model) -> Analysis:
    """Return that of a whole head whose structures were measured."""
    volumes = {
        name: StructureVolume(10.0 + label, 0.01 * label)
        for label, name in enumerate(STRUCTURE_NAMES)
        if label
    }
    analysis = analyse_volume(straight_head(), model)
    return replace(analysis, structures=HeadStructures(volumes, {}))
