"""Connections to the DICOMweb services of others."""

import ssl
from typing import Any, Final

import requests
from dicomweb_client.api import DICOMwebClient
from requests.adapters import HTTPAdapter

from alzer.node.settings import NodeSettings
from alzer.node.tls import client_context

# To connect, and between two packets of an answer.
_CONNECT_S: Final = 10.0


class _OwnTrust(HTTPAdapter):
    """Believes whom the settings say.

    Args:
        context: With which connections are made.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - requests' own
        """Make the pool of connections; called by requests."""
        super().init_poolmanager(*args, **options, ssl_context=self._context)


def open_client(address: str, settings: NodeSettings) -> DICOMwebClient:
    """Make a client of a service; nothing is connected yet.

    Args:
        address: Its base.
        settings: Whom to believe, and what to show.

    Returns:
        The client. One thread at a time may use it.

    Raises:
        InvalidRequest: A file of certificates can't be used.
    """
    session = requests.Session()
    session.trust_env = False  # neither proxies nor passwords of the environment
    session.mount("https://", _OwnTrust(client_context(settings)))
    headers = {}
    if settings.token is not None:
        headers["Authorization"] = f"Bearer {settings.token.get_secret_value()}"
    elif settings.user is not None:
        password = settings.password.get_secret_value() if settings.password else ""
        session.auth = (settings.user, password)
    client = DICOMwebClient(
        address,
        session=session,
        headers=headers,
        timeout=(_CONNECT_S, settings.network_seconds),
    )
    client.set_http_retry_params(retry=False)  # the node has a patience of its own
    return client
