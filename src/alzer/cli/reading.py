"""Reading files ahead of their analysis, in processes that can do nothing else."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Final, Self

from alzer.analysis import BATCH_SIZE
from alzer.cli.inputs import STANDARD_INPUT, Failure, Input, failure_of, read_input
from alzer.decoding.pool import DecodingPool
from alzer.errors import Overloaded, UnusableScan
from alzer.model.runtimes import usable_cores
from alzer.scans.slice import Slice
from alzer.settings import DecodingLimits, Limits

# More would outrun the inference on any processor.
_MOST_THREADS: Final = 8

# Files that are read, or wait for their analysis, while a batch is analysed. A slice
# takes 8 MiB at the most (`alzer.scans.reduction`).
_AHEAD: Final = 2 * BATCH_SIZE

# How often a decoder is waited for. Each time takes as long as the slowest file may,
# so that only processes that can't be started are given up.
_ATTEMPTS: Final = 4


@dataclass(frozen=True)
class Read:
    """What came of reading one input.

    Attributes:
        input: Which one.
        outcome: Its slice, or why there is none.
    """

    input: Input
    outcome: Slice | Failure


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

    def _go_on(
        self, begun: "deque[_Begun]", waiting: Iterator[Input]
    ) -> Iterator[Read]:
        while begun:
            first = begun.popleft()
            outcome = first.outcome.result()
            begun.extend(self._begin(file) for file in islice(waiting, 1))
            yield Read(first.input, outcome)

    def _begin(self, file: Input) -> "_Begun":
        content = None
        if file.name == STANDARD_INPUT:  # a thread that waits for it can't be stopped
            content = read_input(file, self._limits.max_file_bytes)
        return _Begun(file, self._threads.submit(self._read, file, content))

    def _read(self, file: Input, content: bytes | Failure | None) -> Slice | Failure:
        if content is None:
            content = read_input(file, self._limits.max_file_bytes)
        if isinstance(content, Failure):
            return content
        try:
            return self._decode(content)
        except UnusableScan as refusal:
            return failure_of(refusal)

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
    outcome: "Future[Slice | Failure]"
