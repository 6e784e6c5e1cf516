"""One series on the disk: its folder, its files, and how far it is."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from alzer.errors import StorageUnavailable
from alzer.node.durable import PARTIAL, write_durably
from alzer.node.states import SeriesState, Stage

STATE: Final = "state.json"
_INSTANCES: Final = "instances"
_RESULTS: Final = "results"

# How names of files that hold a DICOM object end.
MARK: Final = ".dcm"


@dataclass
class Series:
    """A series in the spool; changed under the spool's lock alone.

    Attributes:
        name: Its pseudonym.
        folder: Where it is.
        state: How far it is, as it is on the disk.
        sizes: Bytes of each file that is held, by its pseudonym.
        changed_at: When the last one came, by the monotonic clock.
    """

    name: str
    folder: Path
    state: SeriesState = field(default_factory=SeriesState)
    sizes: dict[str, int] = field(default_factory=dict)
    changed_at: float = field(default_factory=time.monotonic)

    @property
    def instances(self) -> Path:
        """The folder of what came in."""
        return self.folder / _INSTANCES

    @property
    def results(self) -> Path:
        """The folder of what is to be sent."""
        return self.folder / _RESULTS

    def set(self, state: SeriesState) -> None:
        """Change its state, first on the disk."""
        if state != self.state:
            write_durably(self.folder / STATE, state.as_json())
            self.state = state


@contextmanager
def saving() -> Iterator[None]:
    """Turn failures of the disk into the one that is foreseen.

    Yields:
        Nothing.

    Raises:
        StorageUnavailable: The failure; paths are not told.
    """
    try:
        yield
    except OSError as error:
        message = f"The spool can't be used ({error.strerror}). Try again later."
        raise StorageUnavailable(message) from error


def read_state(folder: Path) -> SeriesState:
    """Return the state of a series; a new one if none has been kept.

    Args:
        folder: Of the series.
    """
    with suppress(FileNotFoundError):
        return SeriesState.of_json((folder / STATE).read_bytes())
    return SeriesState()


def load_all(folder: Path) -> Iterator[Series]:
    """Find what another process has left, wherever it ended.

    Args:
        folder: That holds a folder for each series.

    Yields:
        The series, each fit to go on.
    """
    for one in sorted(folder.iterdir()):
        for left in one.glob(f".*{PARTIAL}"):
            left.unlink()
        series = Series(one.name, one, read_state(one))
        if series.state.is_emptied:
            remove_files(one)
        files = series.instances.glob(f"*{MARK}")
        series.sizes = {file.stem: file.stat().st_size for file in files}
        if series.state.stage is Stage.analysing:  # it begins once more
            series.set(replace(series.state, stage=Stage.waiting))
        yield series


def remove_files(folder: Path) -> None:
    """Delete the objects of a series, and what was made of them.

    Args:
        folder: Of the series.
    """
    for name in (_INSTANCES, _RESULTS):
        shutil.rmtree(folder / name, ignore_errors=True)
