"""How many series wait, are done or have failed; read beside a running node."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alzer.node.series import read_state, saving
from alzer.node.settings import NodeSettings
from alzer.node.spool import SERIES
from alzer.node.states import Stage
from alzer.settings import Settings


@dataclass(frozen=True)
class Overview:
    """What is in a spool.

    Attributes:
        stages: Number of series by what they wait for.
        reasons: Number of series that failed or are not wanted, by why.
        undelivered: Number of deliveries that were tried in vain, by destination.
    """

    stages: Mapping[str, int]
    reasons: Mapping[str, int]
    undelivered: Mapping[str, int]


def spool_folder(settings: Settings, node: NodeSettings) -> Path:
    """Return where the spool is.

    Args:
        settings: With the data folder.
        node: With the spool's own folder, if it has one.
    """
    return node.spool or settings.data_dir / "node"


def overview(folder: Path) -> Overview:
    """Count the series of a spool; nothing is changed or locked.

    Args:
        folder: Of the spool.

    Returns:
        The counts; all are 0 where there is no spool.

    Raises:
        StorageUnavailable: It can't be read.
    """
    with saving():
        folders = (folder / SERIES).glob("*")
        states = [read_state(one) for one in folders]
    counts = Counter(one.stage for one in states)
    ended = [one for one in states if one.stage in {Stage.failed, Stage.unwanted}]
    tried = [each for one in states for each in one.deliveries if each.attempts]
    return Overview(
        {stage.value: counts[stage] for stage in Stage},
        dict(Counter(one.reason or "" for one in ended)),
        dict(Counter(one.destination for one in tried)),
    )
