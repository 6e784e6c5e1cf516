"""The service as people run it: a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from servers import free_port


def memory_mb(name: str, process: int | str = "self") -> float:
    """Read what a process holds (VmRSS), or has held at the most (VmHWM), in MB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.partition(f"{name}:")[2].split()[0]) / 1000.0


def forget_peak(process: int | str = "self") -> None:
    """Let VmHWM begin anew."""
    # Source: proc_pid_clear_refs(5).
    Path(f"/proc/{process}/clear_refs").write_text("5", "ascii")


class Running:
    """A running service.

    Attributes:
        process: Its process.
        port: On loopback.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> httpx.Client:
        """Return a client that waits as long as a busy machine needs."""
        return httpx.Client(base_url=self.address, timeout=60)

    def kill(self) -> None:
        """End it as a power failure would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)


def start(
    bundle: Path, folder: Path, said: Path | None = None, **settings: object
) -> Running:
    """Start a service, and wait until it answers.

    Args:
        bundle: Of its model.
        folder: Its data folder.
        said: A file for all that it prints and logs; None: what it prints is lost.
        settings: By name.

    Returns:
        The service.
    """
    port = free_port()
    values = {"port": port, "data_dir": folder, "model": bundle, "log_level": "error"}
    # Else each start would measure what is fastest.
    values |= {"engine": "openvino", "precision": "bf16-checked"}
    changes = {
        f"ALZER_{name.upper()}": str(value)
        for name, value in {**values, **settings}.items()
    }
    with Path(said or os.devnull).open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "alzer.cli", "serve"],
            env={**os.environ, **changes},
            stdout=output,
            stderr=output if said else None,
        )
    running = Running(process, port)
    for _ in range(2400):
        assert process.poll() is None, "the service ended"
        try:
            httpx.get(f"{running.address}/healthz", timeout=5)
        except httpx.TransportError:
            time.sleep(0.025)
        else:
            return running
    running.kill()
    pytest.fail("the service does not answer")


@contextmanager
def service(
    bundle: Path, folder: Path, said: Path | None = None, **settings: object
) -> Iterator[Running]:
    """Run a service for as long as the context lasts."""
    running = start(bundle, folder, said, **settings)
    try:
        yield running
    finally:
        running.process.terminate()
        running.process.wait(30)
