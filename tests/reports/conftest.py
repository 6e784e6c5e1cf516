"""Analyses to be reported on; drawn, and by a quick model."""

import pytest

from alzer.analysis import Analysis, analyse
from alzer.model.engine import Model
from alzer.person_analysis import analyse_volume
from phantoms import as_dicom, draw_brain
from reports.made import REASON
from served import doubt
from slabs import straight_head


@pytest.fixture(scope="session")
def analysed(model: Model) -> Analysis:
    """Return the analysis of a slice whose file tells its spacing."""
    return analyse(as_dicom(draw_brain(), PixelSpacing=[0.9, 0.9]), model)


@pytest.fixture(scope="session")
def doubtful(analysed: Analysis) -> Analysis:
    """Return that of a slice whose answer can't be relied on."""
    return doubt(analysed, REASON)


@pytest.fixture(scope="session")
def head(model: Model) -> Analysis:
    """Return that of a whole head."""
    return analyse_volume(straight_head(), model)
