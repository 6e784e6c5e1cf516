"""Kill the service at random moments, and look for what it had acknowledged."""

import argparse
import json
import os
import random
import signal
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from loopback import ALZER, Connection, Service, form, post, running
from subjects import drawn_slice

from alzer.settings import Settings
from alzer.store.kinds import Kind
from alzer.store.store import open_store


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    dice = random.Random(arguments.seed)  # noqa: S311 - moments, not secrets
    acknowledged: list[tuple[str, str]] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        for count in range(arguments.kills):
            with running(ALZER, folder) as service:
                _ask_until_killed(service, acknowledged, dice.uniform(0.0, 0.4))
            if count % 20 == 19:
                print(
                    f"{count + 1} kills, {len(acknowledged)} acknowledged", flush=True
                )
        with running(ALZER, folder):
            time.sleep(2.0)  # the sweep at the start
            _look(folder, acknowledged)


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
    service: Service, acknowledged: list[tuple[str, str]], after_s: float
) -> None:
    threads = [
        threading.Thread(target=_ask_on, args=(service.connect(), acknowledged))
        for _ in range(4)
    ]
    for each in threads:
        each.start()
    time.sleep(after_s)
    os.kill(service.pid, signal.SIGKILL)
    for each in threads:
        each.join()


def _ask_on(connection: Connection, acknowledged: list[tuple[str, str]]) -> None:
    request = form(drawn_slice())
    try:
        while True:
            answer = json.loads(post(connection, request))
            name = answer["heatmap_url"].rpartition("/")[2]
            acknowledged.append((answer["analysis_id"], name))
    except (OSError, RuntimeError, IndexError, ValueError):
        connection.close()


if __name__ == "__main__":
    main()
