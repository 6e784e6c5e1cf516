"""How often one address may send tokens that are refused."""

from collections import OrderedDict, deque
from functools import partial
from ipaddress import IPv6Address, ip_address
from time import monotonic
from typing import Final

from anyio import to_thread
from starlette.requests import HTTPConnection

from alzer.store.audit import Action
from alzer.store.refusals import Refusals

# A person who mistypes a token does not come near it.
MOST_REFUSALS: Final = 10

TERM_S: Final = 60.0

# Addresses that are remembered; the one that was quiet the longest is forgotten.
MOST_ADDRESSES: Final = 1_000

# Source: RFC 6177: a site gets at least these bits, and chooses the others freely.
_SITE_BITS: Final = 64


class Throttle:
    """Counts refused tokens by address, in bounded memory, and has them audited.

    Tokens can't be guessed, so this guards no secret: it tells who tries that it was
    noticed, and takes the work out of trying on. Sign-ins and bearer tokens count
    together. A valid token is taken at any time: others may share the address.

    Used from the event loop's thread alone, so that counting needs no lock.

    Args:
        refusals: Writes them into the audit log.
    """

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals
        self._refused: OrderedDict[str, deque[float]] = OrderedDict()

    async def refuse(self, action: Action, connection: HTTPConnection) -> float:
        """Count a token that is not valid, unless its address has to wait.

        Args:
            action: What was tried with it, for the audit log.
            connection: By which it came.

        Returns:
            Seconds that the address has to wait; 0 if it need not.
        """
        address = connection.client.host if connection.client else ""
        wait_s = self.wait_s(address)
        if wait_s <= 0.0:
            self.count(address)
        # Also what has to wait: the log tells how many there were.
        request: str = connection.state.request_id
        await to_thread.run_sync(partial(self._refusals.add, action, request))
        return wait_s

    def wait_s(self, address: str) -> float:
        """Compute how long an address has to wait until it may be refused again.

        Args:
            address: Of a client.

        Returns:
            Seconds; 0 if it need not wait.
        """
        moments = self._refused.get(site_of(address))
        if moments is None or len(moments) < MOST_REFUSALS:
            return 0.0
        return max(0.0, moments[0] + TERM_S - monotonic())

    def count(self, address: str) -> None:
        """Count a refusal.

        Args:
            address: Of the client.
        """
        site = site_of(address)
        moments = self._refused.setdefault(site, deque(maxlen=MOST_REFUSALS))
        moments.append(monotonic())
        self._refused.move_to_end(site)
        if len(self._refused) > MOST_ADDRESSES:
            self._refused.popitem(last=False)


def site_of(address: str) -> str:
    """Return what all addresses of one IPv6 site have in common; others as they are."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:  # no address: a socket of this machine
        return ""
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{int(parsed) >> 128 - _SITE_BITS:x}"
