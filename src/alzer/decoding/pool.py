"""Processes that decode, kept ready and replaced when a file has broken one."""

import os
import queue
import selectors
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any, Final

from alzer.decoding.messages import (
    HEAD,
    STRANGE,
    TOO_MUCH,
    pack_request,
    unpack_answer,
)
from alzer.decoding.simple import is_simple
from alzer.errors import DamagedFile, Overloaded, TooDemanding
from alzer.scans.formats import read_scan
from alzer.scans.scan import Scan
from alzer.settings import DecodingLimits, Limits

# Imports on a busy machine.
START_LIMIT_S: Final = 60.0

# A process may be in kernel calls when its time is up.
_WAITED_BESIDES_S: Final = 1.0


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
            env={"OPENBLAS_NUM_THREADS": "1", "LANG": "C.UTF-8"},
            start_new_session=True,  # Ctrl-C is for the service; it ends its processes
        )
        for pipe in (self._process.stdin, self._process.stdout):
            os.set_blocking(pipe.fileno(), False)  # type: ignore[union-attr]  # both are pipes

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Wait until files can come.

        Raises:
            DamagedFile: The process does not start.
        """
        try:
            self._converse((b"", b""), time.monotonic() + START_LIMIT_S)
        except (_Ended, TimeoutError, OSError) as error:
            raise DamagedFile(STRANGE) from error

    def read(self, data: bytes, limits: Limits) -> Scan:
        """Let the process read a file.

        Args:
            data: The file.
            limits: How large it may be.

        Returns:
            The slice.

        Raises:
            UnusableScan: The file can't be used.
            TooDemanding: It takes more memory or time than is allowed; the process
                is of no more use.
            DamagedFile: It has broken the process.
        """
        waits_until = time.monotonic() + self._allowed.seconds + _WAITED_BESIDES_S
        try:
            text, content = self._converse(pack_request(data, limits), waits_until)
        except TimeoutError as error:
            self.end()
            raise TooDemanding(TOO_MUCH) from error
        except (_Ended, OSError) as error:
            self.end()
            by_limit = self._process.returncode in {-signal.SIGXCPU, -signal.SIGKILL}
            if by_limit:
                raise TooDemanding(TOO_MUCH) from error
            raise DamagedFile(STRANGE) from error
        return unpack_answer(text, content, limits)

    @property
    def is_alive(self) -> bool:
        """Whether the process can take another file."""
        return self._process.poll() is None

    def end(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]  # both are pipes

    def _converse(self, parts: tuple[bytes, Any], until: float) -> tuple[bytes, bytes]:
        """Send a request while listening: either side may be the slower one.

        Raises:
            TimeoutError: The time is up.
        """
        answer = bytearray()
        waiting = [memoryview(each) for each in parts if len(each)]
        process = self._process
        assert process.stdin is not None  # noqa: S101 - for the type checker
        assert process.stdout is not None  # noqa: S101 - likewise
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if waiting:
                selector.register(process.stdin, selectors.EVENT_WRITE)
            while True:
                ready = selector.select(max(0.0, until - time.monotonic()))
                if not ready:
                    raise TimeoutError
                for key, _ in ready:
                    if key.fileobj is process.stdin:
                        if not _write_some(key.fd, waiting):
                            selector.unregister(process.stdin)
                    elif (whole := _read_some(key.fd, answer)) is not None:
                        return whole


def _write_some(descriptor: int, waiting: list[memoryview]) -> bool:
    written = os.write(descriptor, waiting[0][: 1 << 20])
    waiting[0] = waiting[0][written:]
    if not len(waiting[0]):
        waiting.pop(0)
    return bool(waiting)


def _read_some(descriptor: int, answer: bytearray) -> tuple[bytes, bytes] | None:
    part = os.read(descriptor, 1 << 20)
    if not part:
        raise _Ended
    answer += part
    if len(answer) < HEAD.size:
        return None
    text_length, length = HEAD.unpack_from(answer)
    if len(answer) < HEAD.size + text_length + length:
        return None
    text_end = HEAD.size + text_length
    return bytes(answer[HEAD.size : text_end]), bytes(answer[text_end:])


class DecodingPool:
    """Reads files as `read_scan` does, those of involved formats elsewhere.

    Args:
        allowed: What decoding one file may take.
        processes: How many are kept; one more than read at once, so that somebody
            is ready while a broken one is replaced.
    """

    def __init__(self, allowed: DecodingLimits, processes: int) -> None:
        self._allowed = allowed
        self._processes = processes
        self._idle: queue.SimpleQueue[DecodingProcess] = queue.SimpleQueue()
        self._all: set[DecodingProcess] = set()
        self._changing = threading.Lock()
        self._is_open = False

    def open(self) -> None:
        """Start the processes; does not wait for them."""
        with self._changing:
            if self._is_open:
                return
            self._is_open = True
        threading.Thread(target=self._start_all, daemon=True).start()

    def close(self) -> None:
        """End the processes."""
        with self._changing:
            self._is_open = False
            for each in self._all:
                each.end()
            self._all.clear()
            self._idle = queue.SimpleQueue()

    @staticmethod
    def reads_elsewhere(data: bytes) -> bool:
        """Say whether a process reads such a file, and not the service itself."""
        return len(data) > 0 and not is_simple(data)

    def read(self, data: bytes, limits: Limits) -> Scan:
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
        if not self.reads_elsewhere(data) or len(data) > limits.max_file_bytes:
            return read_scan(data, limits)
        self.open()
        process = self._take()
        try:
            return process.read(data, limits)
        finally:
            self._give_back(process)

    def _take(self) -> DecodingProcess:
        try:
            while True:
                process = self._idle.get(timeout=START_LIMIT_S)
                if process.is_alive:
                    return process
                self._give_back(process)
        except queue.Empty as error:
            message = "No decoder is free now. Try again in a moment."
            raise Overloaded(message) from error

    def _give_back(self, process: DecodingProcess) -> None:
        if process.is_alive:
            self._idle.put(process)
            return
        with self._changing:
            self._all.discard(process)
        process.end()
        threading.Thread(target=self._start_one, daemon=True).start()

    def _start_all(self) -> None:
        for _ in range(self._processes):
            self._start_one()

    def _start_one(self) -> None:
        with self._changing:
            if not self._is_open:
                return
            process = DecodingProcess(self._allowed)
            self._all.add(process)
        try:
            process.wait_until_ready()
        except DamagedFile:
            with self._changing:
                self._all.discard(process)
            process.end()
            return
        self._idle.put(process)
