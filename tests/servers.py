"""Real servers on loopback, for as long as the tests run."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import psycopg

# A fixed account of the test's own S3 server.
S3_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgresql_program(program: str) -> str:
    """Find one of PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    path = str(found[-1]) if found else shutil.which(program)
    assert path, "the tests need PostgreSQL: make test installs it"
    return path


@contextmanager
def postgresql(folder: Path, port: int | None = None) -> Iterator[str]:
    """Run a PostgreSQL of the tests' own; give its URL.

    In a folder that it has run in before, it goes on with what is there.

    Its server refuses to run as root; then it runs as the account that its
    package made.
    """
    port = port or free_port()
    account = "postgres" if os.geteuid() == 0 else None
    if account:
        entry = pwd.getpwnam(account)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        for each in (folder, *folder.parents):
            if each.stat().st_uid == 0 and each != Path("/"):
                each.chmod(each.stat().st_mode | 0o011)
    data = folder / "data"
    start = [
        postgresql_program("initdb"),
        "-D",
        str(data),
        "-U",
        "alzer",
        "-A",
        "trust",
    ]
    if not data.exists():
        subprocess.run(  # noqa: S603 - PostgreSQL itself
            [*start, "--no-sync"],
            check=True,
            capture_output=True,
            user=account,
            cwd="/",
        )
    serve = [postgresql_program("postgres"), "-D", str(data), "-p", str(port), "-k", ""]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - likewise
            [*serve, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
            stdout=log, stderr=log, user=account, cwd="/",
        )  # fmt: skip
        try:
            _wait_for(port, process)
            url = f"postgresql://alzer@127.0.0.1:{port}/postgres"
            _wait_until_started(url)
            yield url
        finally:
            process.send_signal(signal.SIGINT)  # does not wait for clients to leave
            process.wait(30)


@contextmanager
def s3_server() -> Iterator[str]:
    """Run an S3 server in a process of its own; give its address."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    process = subprocess.Popen(  # noqa: S603 - our own environment's
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, process)
        address = f"http://127.0.0.1:{port}"
        httpx.put(f"{address}/alzer-test").raise_for_status()
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_started(url: str) -> None:
    # It listens before it lets anybody in.
    for _ in range(1200):
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(url)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        assert process.poll() is None, "the server ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(port)
