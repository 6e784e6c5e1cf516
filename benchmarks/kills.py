"""Kill the service at random moments, and look for what it had acknowledged."""

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

from loopback import ALZER, Connection, form, post
from subjects import drawn_slice

from alzer.settings import Settings
from alzer.store.files import Kind
from alzer.store.keeping import open_store


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    dice = random.Random(arguments.seed)  # noqa: S311 - moments, not secrets
    acknowledged: list[tuple[str, str]] = []
    with TemporaryDirectory() as folder:
        for count in range(arguments.kills):
            with _service(folder) as port:
                _ask_until_killed(port, acknowledged, dice.uniform(0.0, 0.4))
            if count % 20 == 19:
                print(
                    f"{count + 1} kills, {len(acknowledged)} acknowledged", flush=True
                )
        with _service(folder):
            time.sleep(2.0)  # the sweep at the start
            _look(Path(folder), acknowledged)


def _look(folder: Path, acknowledged: list[tuple[str, str]]) -> None:
    """Look for what was acknowledged, and for what was not.

    Raises:
        SystemExit: Something is lost, half written or left behind.
    """
    store = open_store(Settings(data_dir=folder))
    lost = [each for each, _ in acknowledged if store.records.find(each) is None]
    half = 0
    for _, name in acknowledged:
        content = store.files.read(Kind.HEATMAP, name) or b""
        half += not content.endswith(b"IEND\xaeB`\x82")
    names = [each.name for each in store.files.listed()]
    orphans = set(names) - store.records.known_files(names)
    store.database.close()
    print(
        f"{len(acknowledged)} acknowledged, {len(lost)} lost, {half} without a whole "
        f"heatmap, {len(orphans)} orphans"
    )
    if lost or half or orphans:
        raise SystemExit(1)


def _ask_until_killed(
    port: int, acknowledged: list[tuple[str, str]], after_s: float
) -> None:
    threads = [
        threading.Thread(target=_ask_on, args=(port, acknowledged)) for _ in range(4)
    ]
    for each in threads:
        each.start()
    time.sleep(after_s)
    _kill(port)
    for each in threads:
        each.join()


def _ask_on(port: int, acknowledged: list[tuple[str, str]]) -> None:
    connection, request = Connection(port), form(drawn_slice())
    try:
        while True:
            answer = json.loads(post(connection, request))
            name = answer["heatmap_url"].rpartition("/")[2]
            acknowledged.append((answer["analysis_id"], name))
    except (OSError, RuntimeError, IndexError, ValueError):
        connection.close()


_PROCESSES: dict[int, subprocess.Popen[bytes]] = {}


def _kill(port: int) -> None:
    _PROCESSES[port].send_signal(signal.SIGKILL)
    _PROCESSES[port].wait()


@contextmanager
def _service(folder: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(  # noqa: S603 - our own program
        [*ALZER, "--port", str(port)],
        env={**os.environ, "ALZER_DATA_DIR": folder, "ALZER_LOG_LEVEL": "error"},
        stdout=subprocess.DEVNULL,
    )
    _PROCESSES[port] = process
    try:
        while not _answers(port):
            time.sleep(0.02)
        yield port
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    main()
