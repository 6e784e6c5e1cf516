"""Processes that decode, kept ready and replaced when a file has broken one."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple
from typing import Final

from alzer.decoding.process import ASKED_EACH_S, DecodingProcess, NotStarted, go_on
from alzer.decoding.safe_inline import is_safe_inline
from alzer.errors import NotOneSlice, Overloaded, TooManyPixels
from alzer.scans.archive import is_archive
from alzer.scans.formats import read_slice
from alzer.scans.reading import File
from alzer.scans.reduction import MOST_PIXELS
from alzer.scans.sizes import check_together
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.settings import DecodingLimits, Limits

# A process that does not start (no memory, no room for one more process) may do so
# in a moment; trying without a pause would take what is left of the machine.
_PAUSE_S: Final = 1.0

# All busy processes are free again once their files' time is up, and one that has
# to be replaced first starts in less than this, on a busy machine too.
_START_S: Final = 5.0

# What several files may take at the same time: as many pixels as are analysed, and
# of the rest what such a picture takes in any format. A file that takes more is read
# while no other such file is: all together are bounded, whoever sends them.
_SMALL: Final = Limits(
    max_file_bytes=16 * 2**20,
    max_pixels=MOST_PIXELS,
    max_voxels=2 * MOST_PIXELS,
    max_decoded_bytes=64 * 2**20,
)


class LargeFile(Exception):
    """The file takes more than several may take at the same time."""


class DecodingPool:
    """Reads files as `read_slice` does, all but plain ones in isolated processes.

    Small files are read at the same time, by as many processes as there are; large
    ones one after the other.

    Args:
        allowed: What decoding one file may take.
        processes: How many are kept; one more than read at once, so that somebody
            is ready while a broken one is replaced.
    """

    def __init__(self, allowed: DecodingLimits, processes: int) -> None:
        self._allowed = allowed
        self._processes = processes
        self._idle: deque[DecodingProcess] = deque()
        self._all: set[DecodingProcess] = set()
        self._changed = threading.Condition()
        self._is_open = False
        self._reading_large = threading.Lock()
        self._reading_volume = threading.Lock()
        self._is_closed = False

    @property
    def process_ids(self) -> frozenset[int]:
        """The ids of the processes there are, ready or not."""
        with self._changed:
            return frozenset(each.pid for each in self._all)

    def open(self) -> None:
        """Start the processes, unless the pool was closed; does not wait for them."""
        with self._changed:
            if self._is_open or self._is_closed:
                return
            self._is_open = True
        threading.Thread(target=self._start_all, daemon=True).start()

    def close(self) -> None:
        """End the processes for good; who waits for one is turned away."""
        with self._changed:
            self._is_open = False
            self._is_closed = True
            self._changed.notify_all()
            for each in self._all:
                each.kill()  # who reads from it ends it
            for each in self._idle:
                each.end()
            self._all.clear()
            self._idle.clear()

    @staticmethod
    def needs_isolation(data: bytes) -> bool:
        """Return whether a process reads such a file, and not the service itself."""
        return len(data) > 0 and not is_safe_inline(data)

    def read(self, data: bytes, limits: Limits) -> Slice:
        """Read one slice from a file's bytes.

        Args:
            data: The file.
            limits: How large it may be.

        Returns:
            The slice.

        Raises:
            UnusableScan: If the file can't be used.
            Overloaded: No process became free.
        """
        try:
            return self.read_small(data, limits)
        except LargeFile:
            return self.read_large(data, limits)

    def read_small(
        self, data: bytes, limits: Limits, on_wait: Callable[[], None] = go_on
    ) -> Slice:
        """Read a file unless it is large, as its header tells.

        Args:
            data: The file.
            limits: As for `read`.
            on_wait: As for `read_scan`.

        Returns:
            The slice.

        Raises:
            LargeFile: It is; nothing was decoded.
            TooManyPixels: It is over the limits.
        """
        if not self.needs_isolation(data) or len(data) > limits.max_file_bytes:
            return read_slice(data, limits)
        if len(data) > _SMALL.max_file_bytes:
            raise LargeFile
        small = _lower(limits, _SMALL)
        try:
            return self._read_apart(data, small, on_wait)
        except TooManyPixels as refusal:
            if small == limits:
                raise
            raise LargeFile from refusal

    def read_large(
        self, data: bytes, limits: Limits, on_wait: Callable[[], None] = go_on
    ) -> Slice:
        """Read a file of any size once no other such file is being read.

        Args:
            data: The file.
            limits: As for `read`.
            on_wait: As for `read_scan`, once it is this file's turn.

        Returns:
            The slice.
        """
        with self._reading_large:
            return self._read_apart(data, limits, on_wait)

    def read_scan(
        self,
        files: Sequence[File],
        limits: Limits,
        series: str | None = None,
        on_wait: Callable[[], None] = go_on,
    ) -> Slice | Volume:
        """Read the one scan that files hold, a slice or a volume.

        One volume is read at a time, beside whatever else is.

        Args:
            files: All of them: one file, the files of a DICOM series, an archive.
            limits: How large they may be.
            series: Which of several series is meant; None to choose.
            on_wait: Called several times a second while the scan is read or waits for
                that; what it raises ends the reading within a second, and is raised.

        Returns:
            The scan.

        Raises:
            UnusableScan: If the files can't be used.
            Overloaded: No process became free.
        """
        check_together((len(file.content) for file in files), limits)
        if len(files) == 1 and _may_be_slice(files[0].content, limits):
            # A volume is told by its header.
            with suppress(LargeFile, NotOneSlice):
                return self.read_small(files[0].content, limits, on_wait)
        with self._turn_for_volume(on_wait):
            process = self._take(on_wait)
            try:
                return process.read_scan(files, limits, series, on_wait)
            finally:
                self._give_back(process)

    @contextmanager
    def _turn_for_volume(self, on_wait: Callable[[], None]) -> Iterator[None]:
        self.open()
        while not self._reading_volume.acquire(timeout=ASKED_EACH_S):
            on_wait()
        try:
            yield
        finally:
            self._reading_volume.release()

    def _read_apart(
        self, data: bytes, limits: Limits, on_wait: Callable[[], None] = go_on
    ) -> Slice:
        self.open()
        process = self._take(on_wait)
        try:
            return process.read(data, limits, on_wait)
        finally:
            self._give_back(process)

    def _take(self, on_wait: Callable[[], None] = go_on) -> DecodingProcess:
        until = time.monotonic() + self._allowed.seconds + _START_S
        with self._changed:
            while self._is_open and (left_s := until - time.monotonic()) > 0:
                on_wait()
                if not self._idle:
                    self._changed.wait(min(left_s, ASKED_EACH_S))
                    continue
                process = self._idle.popleft()
                if process.is_ready:
                    return process
                self._replace(process)
        message = "No decoder is free now. Try again in a moment."
        raise Overloaded(message)

    def _give_back(self, process: DecodingProcess) -> None:
        with self._changed:
            if self._is_open and process.is_ready:
                self._idle.append(process)
                self._changed.notify()
            else:
                self._replace(process)

    def _replace(self, process: DecodingProcess) -> None:
        self._all.discard(process)
        process.end()
        threading.Thread(target=self._start_one, daemon=True).start()

    def _start_all(self) -> None:
        for _ in range(self._processes):
            self._start_one()

    def _start_one(self) -> None:
        """Start one more process unless there are enough; try until one starts."""
        while (process := self._begin()) is not None:
            try:
                process.wait_until_ready()
            except NotStarted:
                with self._changed:
                    self._all.discard(process)
                process.end()
                self._pause()
            else:
                self._give_back(process)
                return

    def _begin(self) -> DecodingProcess | None:
        with self._changed:
            while self._is_open and len(self._all) < self._processes:
                try:
                    process = DecodingProcess(self._allowed)
                except OSError:
                    self._pause()
                    continue
                self._all.add(process)
                return process
        return None

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._is_open, _PAUSE_S)


def _may_be_slice(data: bytes, limits: Limits) -> bool:
    return len(data) <= limits.max_file_bytes and not is_archive(data)


def _lower(limits: Limits, others: Limits) -> Limits:
    return Limits(
        *(min(pair) for pair in zip(astuple(limits), astuple(others), strict=True))
    )
