"""How often one address may be refused: each refusal is a line that stays for ever."""

from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address
from time import monotonic
from typing import Final

# A person who mistypes a token does not come near it.
MOST_REFUSALS: Final = 10

TERM_S: Final = 60.0

# Addresses that are remembered; the one that was quiet the longest is forgotten.
MOST_ADDRESSES: Final = 1_000

# Source: RFC 6177: a site gets at least these bits, and chooses the others freely.
_SITE_BITS: Final = 64


class Throttle:
    """Counts refusals by address, in bounded memory.

    Tokens can't be guessed, so this guards no secret: it bounds what strangers can
    add to the audit log, from which nothing is ever removed.

    Used from the event loop's thread alone, so that counting needs no lock.
    """

    def __init__(self) -> None:
        self._refused: OrderedDict[str, deque[float]] = OrderedDict()

    def waits_s(self, address: str) -> float:
        """Tell how long an address has to wait until it may be refused again.

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
    """Give what all addresses of one IPv6 site have in common; others as they are."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:  # no address: a socket of this machine
        return ""
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{int(parsed) >> 128 - _SITE_BITS:x}"
