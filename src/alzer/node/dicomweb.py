"""Connections to the DICOMweb services of others."""

from typing import Final

import requests
from dicomweb_client.api import DICOMwebClient

from alzer.node.settings import NodeSettings
from alzer.node.tls import client_context

# To connect, and between two packets of an answer.
_CONNECT_S: Final = 10.0


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
    client_context(settings)  # so that a mistake is seen at once
    if settings.tls_ca is not None:
        session.verify = str(settings.tls_ca)
    if settings.tls_certificate is not None:
        key = settings.tls_key or settings.tls_certificate
        session.cert = (str(settings.tls_certificate), str(key))
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
