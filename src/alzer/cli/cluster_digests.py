"""Digests of the content of inputs, by which records are found again."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from alzer.cli.cluster_order import Order, enter
from alzer.cli.cluster_tasks import Task
from alzer.cli.inputs import Input
from alzer.cli.remote_scans import fetched
from alzer.settings import Settings


class DigestWorker:
    """Tells the digests of the content of inputs, and nothing else.

    Args:
        order: What is the same for all inputs.

    Raises:
        ClusterUnavailable: The folder of the call is not there.
    """

    def __init__(self, order: Order) -> None:
        enter(order.folder)
        settings = Settings.model_validate(dict(order.settings))
        self._most = settings.limits.max_scan_bytes

    def answer(self, items: Sequence[str]) -> Sequence[str]:
        """Return name and digest of each; as `Worker` has it."""
        return list(map(self._digest, items))

    def give_up(self, item: str, reason: str) -> str:
        """Return that there is no digest; as `Worker` has it."""
        del reason
        return json.dumps([Task.from_text(item).scan.name, None])

    def _digest(self, item: str) -> str:
        task = Task.from_text(item)
        with fetched(task.scan, self._most) as (local, _):
            return json.dumps([task.scan.name, content_digest(local, task)])


def content_digest(scan: Input, task: Task) -> str | None:
    """Return what tells the content of an input from any other.

    Args:
        scan: By names on this machine.
        task: What it is part of.

    Returns:
        SHA-256 of the digests of its files, in an order of their own, and of series
        and subject where the task names them, hexadecimal; None if a file can't be
        read.
    """
    halves = () if scan.other_half is None else (scan.other_half,)
    digests = []
    try:
        for name in scan.files or (scan.name, *halves):
            if not Path(name).is_file():  # a pipe would be waited for
                return None
            with Path(name).open("rb") as file:
                digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    except (OSError, ValueError):
        return None
    named = (task.series, task.subject)
    told = "".join(sorted(digests)) + (json.dumps(named) if any(named) else "")
    return hashlib.sha256(told.encode()).hexdigest()
