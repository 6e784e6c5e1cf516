"""Sending results, again and again with growing pauses, until they are taken."""

import asyncio
import logging
import time
from dataclasses import dataclass, replace
from typing import Final

from alzer.node.destinations import Destination, NotDelivered, Refused
from alzer.node.series import Series
from alzer.node.spool import Spool
from alzer.node.states import Delivery, Stage

logger = logging.getLogger(__name__)

_FIRST_PAUSE_S: Final = 5.0
_LONGEST_PAUSE_S: Final = 3600.0
_MOST_DOUBLINGS: Final = 10

# Refusals after which a destination no longer gets what it refuses as such, though it
# takes all else: in more than two hours somebody may have changed its settings.
_MOST_REFUSALS: Final = 12


def pause_s(attempts: int) -> float:
    """Return how long to wait after so many attempts in vain.

    Args:
        attempts: At least 1.

    Returns:
        Seconds: 5, 10, 20, and an hour at the most.

    Examples:
        >>> [pause_s(n) for n in (1, 2, 3, 50)]
        [5.0, 10.0, 20.0, 3600.0]
    """
    doubled = _FIRST_PAUSE_S * 2.0 ** min(attempts - 1, _MOST_DOUBLINGS)
    return min(doubled, _LONGEST_PAUSE_S)


@dataclass(frozen=True)
class Sender:
    """Sends to one destination; one that does not answer keeps no other waiting.

    Attributes:
        address: Of the destination, as the settings have it.
        destination: That.
        spool: Where results lie.
    """

    address: str
    destination: Destination
    spool: Spool

    async def work(self) -> bool:
        """Send what is due.

        Returns:
            Whether there was anything.
        """
        due = self._due(time.time())
        for series in due[:1]:
            await asyncio.to_thread(self._send, series)
        return bool(due)

    def _due(self, now: float) -> list[Series]:
        return [
            series
            for series in self.spool.all()
            for delivery in series.state.deliveries
            if delivery.destination == self.address and delivery.next_at <= now
        ]

    def _send(self, series: Series) -> None:
        try:
            self.destination.send(self.spool.read_results(series))
        except NotDelivered as failure:
            is_refused = isinstance(failure, Refused)
            if is_refused and self._refusals(series) + 1 >= _MOST_REFUSALS:
                self._leave_out(series, failure.reason)
            else:
                self._postpone(series, failure.reason, is_refused=is_refused)
        except Exception:
            logger.exception("unforeseen failure while results were sent")
            self._postpone(series, "unforeseen")
        else:
            deliver(self.spool, series, self.address)
            logger.info("results were sent", extra={"series": series.name})

    def _refusals(self, series: Series) -> int:
        deliveries = series.state.deliveries
        return sum(
            one.refusals for one in deliveries if one.destination == self.address
        )

    def _leave_out(self, series: Series, reason: str) -> None:
        deliver(self.spool, series, self.address)
        logger.error(
            "a destination does not take some of the results: they are left out",
            extra={"series": series.name, "why": reason},
        )

    def _postpone(
        self, series: Series, reason: str, *, is_refused: bool = False
    ) -> None:
        def later(one: Delivery) -> Delivery:
            if one.destination != self.address:
                return one
            attempts, refusals = one.attempts + 1, one.refusals + is_refused
            next_at = time.time() + pause_s(attempts)
            return Delivery(one.destination, attempts, next_at, refusals)

        with self.spool.lock:
            deliveries = tuple(map(later, series.state.deliveries))
            self.spool.change(series, deliveries=deliveries)
        logger.warning(
            "results could not be sent", extra={"series": series.name, "why": reason}
        )


def deliver(spool: Spool, series: Series, address: str) -> None:
    """Note that a destination has everything, or is not asked any more.

    Args:
        spool: Where the series is.
        series: Whose results.
        address: Of the destination.
    """
    with spool.lock:
        left = tuple(
            one for one in series.state.deliveries if one.destination != address
        )
        state = replace(series.state, deliveries=left)
        if not left and state.stage is Stage.sending:
            state = state.ended(time.time())
            if not state.stage.is_end:
                told = {"series": series.name, "revision": state.revision}
                logger.info("images came late: the series starts anew", extra=told)
        spool.change(series, **vars(state))


def drop_others(spool: Spool, addresses: tuple[str, ...]) -> None:
    """Forget deliveries to destinations that the settings name no longer.

    Args:
        spool: Where they are.
        addresses: Those that the settings name.
    """
    for series in spool.all():
        for one in series.state.deliveries:
            if one.destination not in addresses:
                logger.warning(
                    "a destination is gone: results are not sent to it",
                    extra={"series": series.name},
                )
                deliver(spool, series, one.destination)
