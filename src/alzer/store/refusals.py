"""Refused tokens in the audit log, in a number of lines that nobody can drive up."""

import logging
import math
import threading
from collections import Counter
from time import monotonic
from typing import Final

from alzer.errors import StorageUnavailable
from alzer.store.audit import UNKNOWN, Action, AuditEntry, append
from alzer.store.database import Database

logger = logging.getLogger(__name__)

# So long further refusals of the same kind share one line.
TERM_S: Final = 60.0


class Refusals:
    """Writes down that tokens were refused: at most two lines a minute of each kind.

    The first one is written at once, with its request. Those that follow within a
    minute are counted, and share a line that is written with the next one after it,
    or by `flush`. Nothing is ever removed from the log, so a line for each would let
    strangers fill the disk. A sudden end of the process loses the last minute's count.

    Args:
        database: Where the log is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._written: dict[Action, float] = {}
        self._counted: Counter[Action] = Counter()

    def add(self, action: Action, request: str) -> None:
        """Count a refusal, and write what is due.

        Args:
            action: What was refused.
            request: The id of the request by which it was tried.
        """
        with self._lock:
            now = monotonic()
            if now - self._written.get(action, -math.inf) < TERM_S:
                self._counted[action] += 1
                return
            self._written[action] = now
            entries = [*self._take(action), AuditEntry(UNKNOWN, action, None, request)]
        self._write(entries)

    def flush(self) -> None:
        """Write what has been counted and not written yet."""
        with self._lock:
            entries = [
                entry for action in tuple(self._counted) for entry in self._take(action)
            ]
        self._write(entries)

    def _take(self, action: Action) -> list[AuditEntry]:
        count = self._counted.pop(action, 0)
        return [AuditEntry(UNKNOWN, action, count=count)] if count else []

    def _write(self, entries: list[AuditEntry]) -> None:
        """Write lines; if that can't be done they are counted again."""
        if not entries:
            return
        try:
            with self._database.transaction() as connection:
                for entry in entries:
                    append(connection, entry)
        except StorageUnavailable:
            logger.warning("refused tokens are not in the audit log yet")
            with self._lock:
                for entry in entries:
                    self._counted[entry.action] += entry.count
