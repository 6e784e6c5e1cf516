"""A service in a process of its own, and a client that adds little time."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

BOUNDARY = "alzer-benchmark"
ALZER = (sys.executable, "-m", "alzer.cli", "serve")
USUAL = (sys.executable, str(Path(__file__).with_name("usual_way.py")))
START_LIMIT_S = 120.0


@dataclass(frozen=True)
class Service:
    """A running service.

    Attributes:
        port: On 127.0.0.1.
        pid: Of its process.
        started: When its process was started, on the clock `time.perf_counter`.
    """

    port: int
    pid: int
    started: float

    def connect(self) -> "Connection":
        """Open a connection that is kept."""
        return Connection(self.port)

    def resident_mb(self) -> float:
        """Give the resident memory of the process in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        kilobytes = next(
            line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")
        )
        return int(kilobytes) / 1000.0

    def open_files(self) -> int:
        """Count the files and sockets that the process holds open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))


class Connection:
    """A kept HTTP/1.1 connection that adds less time than the standard library's.

    Opened by the first request, and again by the next one after `close`.

    Args:
        port: On 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a whole request and wait for its answer.

        Args:
            request: Head and body.

        Returns:
            Status and body.
        """
        if self._socket is None:
            address = ("127.0.0.1", self._port)
            self._socket = socket.create_connection(address, timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, body = received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0])
        while len(body) < length:
            body += self._receive()
        return int(head.split(maxsplit=2)[1]), body

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _receive(self) -> bytes:
        part = self._socket.recv(65536) if self._socket else b""
        if not part:
            message = "The service closed the connection."
            raise ConnectionResetError(message)
        return part


@contextmanager
def running(command: Sequence[str], folder: Path | None = None) -> Iterator[Service]:
    """Run a service until the context ends, unless it has ended before.

    Args:
        command: Takes `--port`.
        folder: Where it keeps its data; None: in a new one, removed at the end.

    Yields:
        The service, ready.

    Raises:
        SystemExit: If it ends or stays silent.
    """
    port = _free_port()
    with TemporaryDirectory() as temporary:
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own programs
            [*command, "--port", str(port)],
            env={
                **os.environ,
                "ALZER_DATA_DIR": str(folder or temporary),
                "ALZER_LOG_LEVEL": "error",
            },
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait_for(process, port)
            yield Service(port, process.pid, started)
        finally:
            process.terminate()
            process.wait(timeout=30)


def form(*contents: bytes) -> bytes:
    """Put files into a request for a prediction, a part each.

    Args:
        contents: The files' bytes.

    Returns:
        The request, head and body.
    """
    part = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; '
        'filename="slice.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    ).encode()
    parts = b"".join(part + content + b"\r\n" for content in contents)
    body = parts + f"--{BOUNDARY}--\r\n".encode()
    head = (
        f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
    return head.encode() + body


def post(connection: Connection, request: bytes) -> bytes:
    """Ask for one prediction.

    Args:
        connection: To a running service.
        request: Of `form`.

    Returns:
        The answer.

    Raises:
        RuntimeError: If it is an error.
    """
    status, content = connection.ask(request)
    if status != 200:
        raise RuntimeError(content.decode(errors="replace"))
    return content


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.perf_counter() + START_LIMIT_S
    while time.perf_counter() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.005)
        finally:
            connection.close()
    message = f"The service did not start: {process.args!r}"
    raise SystemExit(message)
