"""The address by which answers refer back to this service."""

import re
from typing import Final

from fastapi import Request

from alzer.errors import InvalidHost
from alzer.settings import Settings

# Source: RFC 9110, section 7.2: a name or an address (IPv6 in brackets), a port.
_HOST: Final = re.compile(
    r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:[0-9]{1,5})?"
)


def base_url(request: Request, settings: Settings) -> str:
    """Give the base of absolute addresses, without a trailing slash.

    Args:
        request: Where it came from decides, unless the settings do.
        settings: The public address, or the host names that are trusted.

    Returns:
        Such as `http://127.0.0.1:8000`.

    Raises:
        InvalidHost: The request names a host that this service does not go by;
            an answer must not lead people there.
    """
    if settings.public_url is not None:
        return settings.public_url
    host = request.headers.get("host", "").lower()
    match = _HOST.fullmatch(host)
    if match is None or not _is_trusted(match["name"], settings.allowed_hosts):
        message = (
            "This service does not go by the host name of the request. Its operator "
            "can admit it with ALZER_ALLOWED_HOSTS or set ALZER_PUBLIC_URL."
        )
        raise InvalidHost(message)
    root = str(request.scope.get("root_path", "")).rstrip("/")
    return f"{request.url.scheme}://{host}{root}"


def _is_trusted(name: str, trusted: tuple[str, ...]) -> bool:
    return "*" in trusted or name in {each.lower() for each in trusted}
