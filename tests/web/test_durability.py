"""What was acknowledged is there after the worst of ends."""

import random
import threading
import time
from pathlib import Path
from typing import Any

import httpx2 as httpx

from alzer.settings import Settings
from alzer.store.store import open_store
from phantoms import as_png, draw_brain
from processes import Running, start

BRAIN = as_png(draw_brain())


def test_nothing_acknowledged_is_lost_when_the_service_is_killed(
    bundle_path: Path, tmp_path: Path
) -> None:
    dice = random.Random(4)  # noqa: S311 - moments, not secrets
    acknowledged: list[dict[str, Any]] = []
    for enough in (6, 12, 18, 24):
        running = start(bundle_path, tmp_path)
        threads = [
            threading.Thread(target=_ask_on, args=(running, acknowledged))
            for _ in range(4)
        ]
        for each in threads:
            each.start()
        while len(acknowledged) < enough:
            time.sleep(0.001)
        time.sleep(dice.uniform(0.0, 0.1))
        running.kill()
        for each in threads:
            each.join()
    running = start(bundle_path, tmp_path)
    _wait_for_the_sweep(tmp_path)
    with running.client() as client:
        found = [
            client.get(f"/analyses/{each['analysis_id']}").json()
            for each in acknowledged
        ]
        pictures = {
            client.get(each["heatmap_url"]).content.endswith(b"IEND\xaeB`\x82")
            for each in found
        }
    running.kill()
    store = open_store(Settings(data_dir=tmp_path))
    files = [each.name for each in store.files.listed()]
    known = store.records.known_files(files)
    store.database.close()

    assert len(acknowledged) >= 24
    assert [each["confidence"] for each in found] == [
        each["confidence"] for each in acknowledged
    ]
    assert pictures == {True}
    assert set(files) == known


def _ask_on(running: Running, acknowledged: list[dict[str, Any]]) -> None:
    with running.client() as client:
        while True:
            try:
                answer = client.post("/predict", files={"file": BRAIN})
            except httpx.TransportError:
                return
            if answer.status_code == 200:
                told = answer.json()
                name = told["heatmap_url"].rpartition("/")[2]
                acknowledged.append({**told, "name": name})


def _wait_for_the_sweep(folder: Path) -> None:
    for _ in range(1200):
        store = open_store(Settings(data_dir=folder))
        files = [each.name for each in store.files.listed()]
        known = store.records.known_files(files)
        store.database.close()
        if set(files) == known:
            return
        time.sleep(0.05)
