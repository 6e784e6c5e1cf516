"""Whole heads on their way to an answer, in threads of their own."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Self

from alzer.answer import Analysis
from alzer.cli.inputs import Failure, Input, failure_of
from alzer.cli.reading import Read, Reader, Unreadable
from alzer.cli.scan_files import Files, draw_failed, draw_files
from alzer.errors import FailedPreparation, SeveralScans, UnusableScan
from alzer.model.engine import Model
from alzer.person_analysis import analyse_volume, prepare_head
from alzer.person_structures import add_structures, find_structure_network
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.volumes.pipeline import PreparedVolume

# How long a stop waits for threads: what is asked of a stop is less than a second.
_STOPPED_S: Final = 0.3

# How long any other early end waits; a stage of the preparation takes less.
_ENDED_S: Final = 20.0

# Of the time, preparation takes this share, and prediction the next.
_PREPARED: Final = 0.7
_PREDICTED: Final = 0.15


class GivenUp(Exception):
    """Nobody waits for the answer any longer."""


@dataclass(frozen=True)
class Head:
    """What came of a whole head, or of files that should be one.

    Attributes:
        answer: Its analysis, or why there is none.
        prepared: How it was prepared, if it came so far without an answer.
        files: What is to be kept of it, by plain name.
        is_volume: Whether a volume was read.
    """

    answer: Analysis | Failure
    prepared: PreparedVolume | None = None
    files: Files = field(default_factory=dict)
    is_volume: bool = True


# Slices where the files turned out not to be of a volume; read as they are needed.
Outcome = Head | Iterator[Read]

# Told the input's name, the stage and the share of all work that is done, 0 to 1;
# None once it is through.
Tell = Callable[[str, str, float | None], None]


@dataclass(frozen=True)
class Work:
    """What is done with each whole head.

    Attributes:
        series: Which of several DICOM series is meant; None to choose.
        keeps_files: Whether files are made for a folder of results.
        at_once: How many are worked on at the same time.
        data_dir: Where add-ons are installed.
    """

    series: str | None = None
    keeps_files: bool = False
    at_once: int = 1
    data_dir: Path = Path()


class Heads:
    """Analyses whole heads; to be used as a context.

    Args:
        reader: What reads their files.
        model: What answers.
        work: What is done with each.
        tell: Told how far each has come; called by several threads.
    """

    def __init__(self, reader: Reader, model: Model, work: Work, tell: Tell) -> None:
        self.work = work
        self._reader = reader
        self._model = model
        self._tell = tell
        self._is_closed = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._is_closed.set()
        is_stop = kind is not None and not issubclass(kind, Exception)
        until = time.monotonic() + (_STOPPED_S if is_stop else _ENDED_S)
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def begin(self, read: Read) -> "Future[Outcome]":
        """Begin with a whole head.

        Args:
            read: What is known of its files, with a `Whole`.

        Returns:
            What comes of it.
        """
        future: Future[Outcome] = Future()
        # Not of a pool: the end of the program does not wait for these.
        thread = threading.Thread(target=self._run, args=(read, future), daemon=True)
        self._threads = [one for one in self._threads if one.is_alive()]
        self._threads.append(thread)
        thread.start()
        return future

    def _run(self, read: Read, future: "Future[Outcome]") -> None:
        name = read.input.name
        try:
            future.set_result(self._analyse(read))
        except BaseException as error:  # noqa: BLE001 - who waits raises it
            future.set_exception(error)
        finally:
            self._tell(name, "", None)

    def _analyse(self, read: Read) -> Outcome:
        stage = partial(self._stage, read.input.name)
        stage("read", 0.0)
        try:
            scan = self._reader.read_whole(read, self.work.series, self._check)
        except Unreadable as error:
            return Head(error.failure, is_volume=False)
        except SeveralScans as refusal:
            if read.input.files:  # slices that are of no volume, in one folder
                return self._apart(read.input.files)
            return Head(failure_of(refusal), is_volume=False)
        except UnusableScan as refusal:
            return Head(failure_of(refusal), is_volume=bool(read.input.files))
        if isinstance(scan, Slice):
            return iter([Read(read.input, scan)])
        return self._answer(scan, stage)

    def _apart(self, names: tuple[str, ...]) -> Iterator[Read]:
        return (Read(Input(name), self._reader.read_slice(name)) for name in names)

    def _answer(self, scan: Volume, stage: Callable[[str, float], None]) -> Head:
        prepared = None
        try:
            prepared = prepare_head(
                scan, lambda name, share: stage(name, _PREPARED * share)
            )
            analysis = analyse_volume(
                prepared,
                self._model,
                lambda name, share: stage(name, _PREPARED + _PREDICTED * share),
            )
            analysis = self._measure(analysis, stage)
        except FailedPreparation as refusal:
            files = draw_failed(prepared) if prepared and self.work.keeps_files else {}
            return Head(failure_of(refusal), prepared, files)
        except UnusableScan as refusal:
            return Head(failure_of(refusal))
        stage("draw", 0.95)
        files = draw_files(analysis, self._check) if self.work.keeps_files else {}
        return Head(analysis, files=files)

    def _measure(
        self, analysis: Analysis, stage: Callable[[str, float], None]
    ) -> Analysis:
        """Measure the structures, where the add-on for them is installed."""
        network = find_structure_network(self.work.data_dir)
        if network is None:
            return analysis
        stage("structures", _PREPARED + _PREDICTED)
        return add_structures(analysis, network)

    def _stage(self, name: str, stage: str, share: float) -> None:
        self._check()
        self._tell(name, stage, share)

    def _check(self) -> None:
        """End the work if nobody waits for it.

        Raises:
            GivenUp: Nobody does.
        """
        if self._is_closed.is_set():
            raise GivenUp
