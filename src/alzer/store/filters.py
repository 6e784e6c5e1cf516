"""Which records of analyses are asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement

from alzer.store.tables import ANALYSES


@dataclass(frozen=True)
class Filter:
    """Which records are asked for; what is None does not matter.

    Attributes:
        owner: Those of one token.
        since: Not before this moment.
        until: Before this moment.
        prediction: Of this class.
        warning: With or without warnings.
        reliable: Those that can't be relied on (False), or all others (True).
    """

    owner: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    prediction: str | None = None
    warning: bool | None = None
    reliable: bool | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Return what a record has to fulfil."""
        if self.owner is not None:
            yield ANALYSES.c.owner == self.owner
        if self.since is not None:
            yield ANALYSES.c.created_at >= self.since
        if self.until is not None:
            yield ANALYSES.c.created_at < self.until
        if self.prediction is not None:
            yield ANALYSES.c.prediction == self.prediction
        if self.warning is not None:
            yield ANALYSES.c.has_warnings == self.warning
        if self.reliable is True:  # nothing is known against those without a value
            yield ANALYSES.c.reliable.is_not(False)
        elif self.reliable is False:
            yield ANALYSES.c.reliable.is_(False)
