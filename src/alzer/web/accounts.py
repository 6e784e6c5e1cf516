"""On whose account a request goes, so that nobody's requests keep others waiting."""

from hashlib import blake2b
from typing import Final

from fastapi import Request

from alzer.settings import Settings
from alzer.web.callers import caller_of
from alzer.web.throttle import site_of

# What a proxy tells, or what lets a client in.
_TELLING: Final = frozenset({b"authorization", b"cookie", b"x-forwarded-for"})

RawHeaders = list[tuple[bytes, bytes]]


def account_of(request: Request) -> str:
    """Return on whose account a request goes that was let in.

    Args:
        request: The request.

    Returns:
        The id of its token; where none is needed, the address it comes from, or what
        all addresses of one IPv6 site have in common.
    """
    owner = caller_of(request).owner
    if owner is not None:
        return owner
    return site_of(request.client.host if request.client else "")


def fingerprint(headers: RawHeaders, address: str, settings: Settings) -> bytes:
    """Compute what the requests of one client have in common, before it is let in.

    Args:
        headers: Of a request, names in lower case.
        address: Where the connection comes from; a proxy's is that of many.
        settings: Whether there is a proxy.

    Returns:
        16 bytes, from which nothing of the headers can be learned.
    """
    told = [part for pair in headers if pair[0] in _TELLING for part in pair]
    if not settings.trusted_proxies:
        told.append(address.encode())
    return blake2b(b"\n".join(told), digest_size=16).digest()
