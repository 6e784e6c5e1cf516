"""The address by which answers refer back to this service."""

import re
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers

from alzer.errors import InvalidHost
from alzer.settings import Settings, is_loopback

ANALYSES_PATH: Final = "/analyses"
HISTORY_PATH: Final = "/assessment/history"
HEATMAPS_PATH: Final = "/uploads/heatmaps"
INFERENCE_PATH: Final = "/v2"  # of the Open Inference Protocol
LIVE_PATH: Final = f"{INFERENCE_PATH}/health/live"
PREDICT_PATH: Final = "/predict"
PREVIEW_PATH: Final = "/preview"
READY_PATH: Final = f"{INFERENCE_PATH}/health/ready"

# The name itself is never repeated.
STRANGE_HOST: Final = (
    "This service does not go by the host name of the request. Its operator "
    "can admit it with ALZER_ALLOWED_HOSTS or set ALZER_PUBLIC_URL."
)

# Source: RFC 9110, section 7.2: a name or an address (IPv6 in brackets), a port.
_HOST: Final = re.compile(
    r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:[0-9]{1,5})?"
)


def base_url(request: Request, settings: Settings) -> str:
    """Return the base of absolute addresses, without a trailing slash.

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
    if not goes_by(request.headers, settings):
        raise InvalidHost(STRANGE_HOST)
    root = str(request.scope.get("root_path", "")).rstrip("/")
    return f"{request.url.scheme}://{host}{root}"


def goes_by(headers: Headers, settings: Settings) -> bool:
    """Return whether a request was made under a name of this service.

    Args:
        headers: Of the request.
        settings: The names, and the public address.

    Returns:
        Whether it was.
    """
    match = _HOST.fullmatch(headers.get("host", "").lower())
    names = settings.allowed_hosts
    if is_loopback(settings.host):  # 127.0.0.2, say
        own = f"[{settings.host}]" if ":" in settings.host else settings.host
        names = (*names, own)
    if settings.public_url is not None:
        names = (*names, urlsplit(settings.public_url).hostname or "")
    return match is not None and _is_trusted(match["name"], names)


def _is_trusted(name: str, trusted: tuple[str, ...]) -> bool:
    return "*" in trusted or name in {each.lower() for each in trusted}
