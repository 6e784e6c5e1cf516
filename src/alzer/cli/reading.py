"""Reading files ahead of their analysis, in processes that can do nothing else."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Self

from alzer.analysis import BATCH_SIZE
from alzer.cli.inputs import STANDARD_INPUT, Failure, Input, failure_of, read_input
from alzer.decoding.pool import DecodingPool
from alzer.errors import NotOneSlice, Overloaded, UnusableScan
from alzer.model.runtimes import usable_cores
from alzer.scans.archive import is_archive
from alzer.scans.packing import unpacked_head
from alzer.scans.reading import File
from alzer.scans.signatures import has_dicom_prefix, volume_kind
from alzer.scans.sizes import check_together
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.settings import DecodingLimits, Limits

# More would outrun the inference on any processor.
_MOST_THREADS: Final = 8

# Files that are read, or wait for their analysis, while a batch is analysed. A slice
# takes 8 MiB at the most (`alzer.scans.reduction`).
_AHEAD: Final = 2 * BATCH_SIZE

# How often a decoder is waited for. Each time takes as long as the slowest file may,
# so that only processes that can't be started are given up.
_ATTEMPTS: Final = 4


# So much of a file tells that it may be a volume.
_HEAD_BYTES: Final = 2**16


@dataclass(frozen=True)
class Whole:
    """Something that is more than one slice and read when its turn comes.

    Volumes are large: no more of them are in memory than are worked on.

    Attributes:
        content: What can't be read again: that of standard input.
    """

    content: bytes | None = None


@dataclass(frozen=True)
class Read:
    """What came of reading one input.

    Attributes:
        input: Which one.
        outcome: Its slice, that it is more than one slice, or why there is neither.
    """

    input: Input
    outcome: Slice | Whole | Failure


class Reader:
    """Reads files in parallel with what is done with them; to be used as a context.

    Small plain PNG and JPEG files are read here, all others by processes that start
    when the first of these files comes.

    Args:
        limits: How large a file may be.
        allowed: What decoding one file may take.
    """

    def __init__(self, limits: Limits, allowed: DecodingLimits) -> None:
        threads = min(usable_cores(), _MOST_THREADS)
        self._limits = limits
        self._pool = DecodingPool(allowed, threads + 1)
        self._threads = ThreadPoolExecutor(threads, "reading")
        self._is_closed = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closed.set()
        self._pool.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def read(self, inputs: Iterable[Input]) -> Iterator[Read]:
        """Read files; the first ones at once, without being asked for them.

        Args:
            inputs: Which ones, found as they are needed.

        Returns:
            What came of each, in their order.
        """
        waiting = iter(inputs)
        begun = deque(self._begin(file) for file in islice(waiting, _AHEAD))
        return self._go_on(begun, waiting)

    def read_whole(
        self, read: Read, series: str | None, on_wait: Callable[[], None]
    ) -> Slice | Volume:
        """Read what is more than one slice.

        Args:
            read: What is known of it, with a `Whole`.
            series: Which of several DICOM series is meant; None to choose.
            on_wait: Called several times a second; what it raises ends the reading.

        Returns:
            The scan.

        Raises:
            Unreadable: A file can't be read.
            UnusableScan: The files can't be used.
            Overloaded: No process became free.
        """
        files = self._files_of(read)
        message = ""
        for _ in range(_ATTEMPTS):
            try:
                return self._pool.read_scan(files, self._limits, series, on_wait)
            except Overloaded as error:
                on_wait()
                message = error.message
        raise Overloaded(message)

    def read_slice(self, name: str) -> Slice | Failure:
        """Read a file as one slice.

        Args:
            name: Its path.

        Returns:
            The slice, or why there is none.
        """
        outcome = self._read(Input(name), None)
        if isinstance(outcome, Whole):
            return failure_of(NotOneSlice(_NOT_ONE_SLICE))
        return outcome

    def _files_of(self, read: Read) -> list[File]:
        """Return the files of what is more than one slice.

        Raises:
            Unreadable: One can't be read.
        """
        names, most = read.input.files, self._limits.max_scan_bytes
        check_together(_sizes(names), self._limits)
        whole = read.outcome
        if isinstance(whole, Whole) and whole.content is not None:
            return [File(whole.content)]
        inputs = [Input(name) for name in names] or [read.input]
        return [File(_content(one, most), one.name) for one in inputs]

    def _go_on(
        self, begun: "deque[_Begun]", waiting: Iterator[Input]
    ) -> Iterator[Read]:
        while begun:
            first = begun.popleft()
            outcome = first.outcome.result()
            begun.extend(self._begin(file) for file in islice(waiting, 1))
            yield Read(first.input, outcome)

    def _begin(self, file: Input) -> "_Begun":
        content: bytes | Failure | None = None
        if file.name == STANDARD_INPUT:  # a thread that waits for it can't be stopped
            content = read_input(file, self._limits.max_file_bytes)
        return _Begun(file, self._threads.submit(self._read, file, content))

    def _read(
        self, file: Input, content: bytes | Failure | None
    ) -> Slice | Whole | Failure:
        if file.files or (content is None and self._is_large_volume(file)):
            return Whole()
        kept = content if isinstance(content, bytes) else None
        if content is None:
            content = read_input(file, self._limits.max_file_bytes)
        if isinstance(content, Failure):
            return content
        if is_archive(content):
            return Whole(kept)
        try:
            return self._decode(content)
        except NotOneSlice:
            return Whole(kept)
        except UnusableScan as refusal:
            return failure_of(refusal)

    def _is_large_volume(self, file: Input) -> bool:
        """Check whether a file is larger than slices may be, and no picture."""
        most = self._limits.max_file_bytes
        if file.failure or sum(_sizes([file.name, file.other_half or ""])) <= most:
            return False
        try:
            with Path(file.name).open("rb") as opened:
                return _may_be_volume(opened.read(_HEAD_BYTES))
        except OSError:
            return False  # told when it is read

    def _decode(self, data: bytes) -> Slice:
        for _ in range(_ATTEMPTS):
            if self._is_closed.is_set():
                break
            try:
                return self._pool.read(data, self._limits)
            except Overloaded:
                continue
        message = (
            "No process that decodes files can be started. Make sure that there is "
            "enough memory, and go on with --resume."
        )
        raise Overloaded(message)


@dataclass(frozen=True)
class _Begun:
    """An input that is being read."""

    input: Input
    outcome: "Future[Slice | Whole | Failure]"


_NOT_ONE_SLICE: Final = "The file holds more than one slice, in a series of slices."


class Unreadable(Exception):
    """A file of a scan can't be read.

    Attributes:
        failure: Why.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def _content(file: Input, most: int) -> bytes:
    content = read_input(file, most)
    if isinstance(content, Failure):
        raise Unreadable(content)
    return content


def _sizes(names: Sequence[str]) -> Iterator[int]:
    for name in names:
        try:
            path = Path(name)
            yield path.stat().st_size if path.is_file() else 0
        except (OSError, ValueError):
            yield 0  # told when it is read


def _may_be_volume(head: bytes) -> bool:
    if is_archive(head) or has_dicom_prefix(head):
        return True
    return volume_kind(unpacked_head(head)) is not None
