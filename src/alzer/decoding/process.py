"""One process that decodes, and how the service speaks with it."""

import os
import select
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any, Final, cast

from alzer.decoding.messages import (
    HEAD,
    MAX_TEXT_BYTES,
    STRANGE,
    TOO_MUCH,
    MalformedAnswer,
    most_content,
    most_volume_content,
    unpack_answer,
    unpack_scan,
)
from alzer.decoding.requests import pack_request, pack_scan_request
from alzer.errors import DamagedFile, TooDemanding, UnusableScan
from alzer.scans.reading import File
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.settings import DecodingLimits, Limits

# Imports on a busy machine.
START_LIMIT_S: Final = 60.0

# A process may be in kernel calls when its time is up.
_WAITED_BESIDES_S: Final = 1.0

# How long who waits is not asked whether it shall go on.
ASKED_EACH_S: Final = 0.2

# As much as a pipe takes at once, many times over.
_WRITTEN_AT_ONCE: Final = 1 << 20


# One thread for linear algebra. Memory from a mebibyte on goes back to the system as
# soon as it is freed: glibc would raise that bound with the first large picture, and
# keep what the next ones free (mallopt(3), M_MMAP_THRESHOLD).
_ENVIRONMENT: Final = {
    "LANG": "C.UTF-8",
    "MALLOC_MMAP_THRESHOLD_": str(2**20),
    "OPENBLAS_NUM_THREADS": "1",
}


def go_on() -> None:
    """Let the process read on, however long it takes."""


class NotStarted(Exception):
    """The process ended, or hung, before files could come."""


class _Ended(Exception):
    """The process has ended, or was ended by a limit."""


class DecodingProcess:
    """One process that decodes one file at a time.

    Args:
        allowed: What decoding may take.
    """

    def __init__(self, allowed: DecodingLimits) -> None:
        self._allowed = allowed
        arguments = [str(allowed.memory_bytes), str(allowed.seconds)]
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", "-m", "alzer.decoding.child", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it can quote what a file says of a person
            bufsize=0,
            cwd="/",
            env=_ENVIRONMENT,
            start_new_session=True,  # Ctrl-C is for the service; it ends its processes
        )
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        for pipe in (self._requests, self._answers):
            os.set_blocking(pipe.fileno(), False)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Wait until files can come.

        Raises:
            NotStarted: They never can.
        """
        try:
            self._converse((b"", b""), 0, time.monotonic() + START_LIMIT_S)
        except (_Ended, MalformedAnswer, OSError) as error:
            raise NotStarted from error

    def read(
        self, data: bytes, limits: Limits, on_wait: Callable[[], None] = go_on
    ) -> Slice:
        """Let the process read a file.

        Args:
            data: The file.
            limits: How large it may be.
            on_wait: Called several times a second; what it raises ends the process
                and is raised.

        Returns:
            The slice.

        Raises:
            UnusableScan: The file can't be used.
            TooDemanding: It takes more memory or time than is allowed; the process
                is of no more use.
            DamagedFile: It has broken the process, or the process answers strangely.
                The file may have taken it over then, so the process is ended.
        """
        request, most = pack_request(data, limits), most_content(limits)
        until = time.monotonic() + self._allowed.seconds + _WAITED_BESIDES_S
        with self._failures_named():
            return unpack_answer(*self._converse(request, most, until, on_wait), limits)

    def read_scan(
        self,
        files: Sequence[File],
        limits: Limits,
        series: str | None = None,
        on_wait: Callable[[], None] = go_on,
    ) -> Slice | Volume:
        """Let the process read one scan of any number of files.

        Args:
            files: All of them.
            limits: How large they may be.
            series: Which of several series is meant; None to choose.
            on_wait: As for `read`.

        Returns:
            The scan.

        Raises:
            UnusableScan: As for `read`, as are the others.
        """
        seconds, most = self._allowed.volume_seconds, most_volume_content(limits)
        request = pack_scan_request(files, limits, series, seconds)
        until = time.monotonic() + seconds + _WAITED_BESIDES_S
        with self._failures_named():
            return unpack_scan(*self._converse(request, most, until, on_wait), limits)

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        """Say what a file has done to the process, and end it if it is of no use.

        Raises:
            UnusableScan: The file can't be used; the process can go on.
            TooDemanding: It takes more memory or time than is allowed.
            DamagedFile: It has broken the process.
        """
        try:
            yield
        except UnusableScan:
            raise
        except MalformedAnswer as error:
            self.end()
            raise DamagedFile(STRANGE) from error
        except TimeoutError as error:
            self.end()
            raise TooDemanding(TOO_MUCH) from error
        except (_Ended, OSError) as error:
            self.end()
            by_limit = self._process.returncode in {-signal.SIGXCPU, -signal.SIGKILL}
            if by_limit:
                raise TooDemanding(TOO_MUCH) from error
            raise DamagedFile(STRANGE) from error
        except BaseException:  # who waits does not go on
            self.end()
            raise

    @property
    def is_ready(self) -> bool:
        """Whether the process can take another file: alive, and silent unless asked."""
        if self._process.poll() is not None:
            return False
        listening = select.poll()  # takes descriptors of any number
        listening.register(self._answers, select.POLLIN)
        return not listening.poll(0)

    def kill(self) -> None:
        """End the process at once; who reads from it has to notice."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """End the process at once, and whatever leads to it."""
        self.kill()
        for pipe in (self._requests, self._answers):
            with suppress(OSError):
                pipe.close()

    def _converse(
        self,
        parts: Sequence[Any],
        most: int,
        until: float,
        on_wait: Callable[[], None] = go_on,
    ) -> tuple[bytes, bytearray]:
        """Send a request while listening: either side may be the slower one.

        Raises:
            MalformedAnswer: It answers before it has been asked.
            TimeoutError: The time is up.
        """
        waiting = [memoryview(each) for each in parts if len(each)]
        arriving = _arrive(self._answers.fileno(), most)
        next(arriving)
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            if waiting:
                selector.register(self._requests, selectors.EVENT_WRITE)
            while (left_s := until - time.monotonic()) > 0.0:
                on_wait()
                for key, _ in selector.select(min(left_s, ASKED_EACH_S)):
                    if key.fileobj is self._requests:
                        if not _write_some(key.fd, waiting):
                            selector.unregister(self._requests)
                        continue
                    try:
                        next(arriving)
                    except StopIteration as whole:
                        if waiting:  # an answer to what was not asked yet
                            raise MalformedAnswer from None
                        text, content = whole.value
                        return text, content
        raise TimeoutError


def _write_some(descriptor: int, waiting: list[memoryview]) -> bool:
    written = os.write(descriptor, waiting[0][:_WRITTEN_AT_ONCE])
    waiting[0] = waiting[0][written:]
    if not len(waiting[0]):
        waiting.pop(0)
    return bool(waiting)


def _arrive(
    descriptor: int, most: int
) -> Generator[None, None, tuple[bytes, bytearray]]:
    """Receive an answer, going on whenever there is something to read.

    Raises:
        MalformedAnswer: It declares more than there can be.
    """
    head = yield from _fill(descriptor, HEAD.size)
    text_length, length = HEAD.unpack(head)
    if text_length > MAX_TEXT_BYTES or length > most:
        raise MalformedAnswer
    text = yield from _fill(descriptor, text_length)
    content = yield from _fill(descriptor, length)
    return bytes(text), content


def _fill(descriptor: int, length: int) -> Generator[None, None, bytearray]:
    buffer = bytearray(length)  # zeros take memory only once they are written over
    left = memoryview(buffer)
    while left:
        yield
        count = os.readv(descriptor, [left])
        if not count:
            raise _Ended
        left = left[count:]
    return buffer
