"""Which records of analyses are asked for."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, cast, func, or_

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
        answer: Of those that can be relied on, the ones whose headline names this
            class: it is predicted, or can't be ruled out.
        reference: Called by something in which this text is.
        identities: Only of these ids.
    """

    owner: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    prediction: str | None = None
    warning: bool | None = None
    reliable: bool | None = None
    answer: str | None = None
    reference: str | None = None
    identities: Collection[str] | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Return what a record has to fulfil."""
        if self.owner is not None:
            yield ANALYSES.c.owner == self.owner
        if self.identities is not None:
            yield ANALYSES.c.id.in_(self.identities)
        if self.reference is not None:
            column = ANALYSES.c.reference
            yield column.icontains(self.reference, autoescape=True)
        yield from self._on_time()
        yield from self._on_answer()

    def _on_time(self) -> Iterator[ColumnElement[bool]]:
        if self.since is not None:
            yield ANALYSES.c.created_at >= self.since
        if self.until is not None:
            yield ANALYSES.c.created_at < self.until

    def _on_answer(self) -> Iterator[ColumnElement[bool]]:
        if self.prediction is not None:
            yield ANALYSES.c.prediction == self.prediction
        if self.warning is not None:
            yield ANALYSES.c.has_warnings == self.warning
        if self.reliable is True:  # nothing is known against those without a value
            yield ANALYSES.c.reliable.is_not(False)
        elif self.reliable is False:
            yield ANALYSES.c.reliable.is_(False)
        if self.answer is not None:
            yield _names(self.answer)


def _names(name: str) -> ColumnElement[bool]:
    """Return whether a headline names a class; `alzer.headline` has the rule."""
    kept = cast(ANALYSES.c.answer["possible_classes"], String)
    possible = func.coalesce(kept, "null")
    is_named = or_(ANALYSES.c.prediction == name, possible.contains(f'"{name}"'))
    fits = possible != "[]"  # else no class fits, the predicted one included
    return and_(ANALYSES.c.reliable.is_not(False), fits, is_named)
