"""What a run of `alzer bids` leaves for those who look after many: nobody's label."""

import json
import secrets
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from alzer import __version__
from alzer.cli.bids_app.derived import LOGS, DerivedDataSet
from alzer.cli.records import Record
from alzer.model.engine import ModelIdentity


@dataclass
class RunLog:
    """Counts of one run; a file of its own in the derived data set.

    Attributes:
        level: `participant` or `group`.
        counts: By what was counted.
        errors: How many images failed, by the code of the failure.
        model: What answered; None if nothing was asked.
        started_at: When the run began.
    """

    level: str
    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    model: ModelIdentity | None = None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def count(self, what: str, number: int) -> None:
        """Set a count.

        Args:
            what: Is counted.
            number: Of it.
        """
        self.counts[what] = number

    def add(self, record: Record) -> None:
        """Count one image.

        Args:
            record: What came of it.
        """
        self.counts["analysed"] += "error" not in record
        self.counts["failed"] += "error" in record
        self.counts["not_reliable"] += record.get("reliable") is False
        if "error" in record:
            self.errors[record["error"]["code"]] += 1

    def write(self, output: DerivedDataSet, ended: str) -> None:
        """Write the log.

        Args:
            output: Where to.
            ended: How the run ended, in a word.

        Raises:
            StorageUnavailable: If it can't be written.
        """
        now = datetime.now(UTC)
        facts: dict[str, Any] = {
            "level": self.level,
            "started": self.started_at.isoformat(timespec="seconds"),
            "ended": now.isoformat(timespec="seconds"),
            "outcome": ended,
            "alzer": __version__,
            "model": None if self.model is None else asdict(self.model),
            "counts": dict(self.counts),
            "errors": dict(self.errors),
        }
        # Of two jobs that begin in the same second, each has its own.
        name = f"{self.started_at:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}.json"
        text = json.dumps(facts, indent=2) + "\n"
        output.write(output.path / LOGS / name, text.encode())
