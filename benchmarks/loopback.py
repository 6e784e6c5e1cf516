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

    def connect(self) -> HTTPConnection:
        """Open a connection that is kept."""
        return HTTPConnection("127.0.0.1", self.port, timeout=60)

    def resident_mb(self) -> float:
        """Give the resident memory of the process in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        kilobytes = next(
            line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")
        )
        return int(kilobytes) / 1000.0


@contextmanager
def running(command: Sequence[str]) -> Iterator[Service]:
    """Run a service until the context ends.

    Args:
        command: Takes `--port`.

    Yields:
        The service, ready.

    Raises:
        SystemExit: If it ends or stays silent.
    """
    port = _free_port()
    with TemporaryDirectory() as folder:
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own programs
            [*command, "--port", str(port)],
            env={**os.environ, "ALZER_DATA_DIR": folder},
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait_for(process, port)
            yield Service(port, process.pid, started)
        finally:
            process.terminate()
            process.wait(timeout=30)


def form(content: bytes) -> tuple[bytes, dict[str, str]]:
    """Put a file into a multipart form.

    Args:
        content: The file's bytes.

    Returns:
        The request's body and headers.
    """
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; '
        'filename="slice.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    )
    body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def post(connection: HTTPConnection, body: bytes, headers: dict[str, str]) -> bytes:
    """Ask for one prediction.

    Args:
        connection: Open.
        body: Of `form`.
        headers: Of `form`.

    Returns:
        The answer.

    Raises:
        RuntimeError: If it is an error.
    """
    connection.request("POST", "/predict", body, headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
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
