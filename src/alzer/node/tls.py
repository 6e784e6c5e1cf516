"""What TLS connections of the node show, and whom they believe."""

import socket
import ssl
from typing import Any, Final

from alzer.errors import InvalidRequest
from alzer.node.settings import NodeSettings

_UNUSABLE: Final = (
    "The certificate, its key or the authorities can't be used. Check "
    "ALZER_NODE_TLS_CERTIFICATE, ALZER_NODE_TLS_KEY and ALZER_NODE_TLS_CA: PEM files "
    "that this account can read, the key without a passphrase."
)


# Connections are accepted one after the other: who is silent keeps others waiting.
_HANDSHAKE_S: Final = 5.0


class _ServerContext(ssl.SSLContext):
    """Waits for no client for ever."""

    def wrap_socket(self, sock: socket.socket, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - as `ssl` has it
        """Greet a client; whoever does not answer in time is left.

        Raises:
            OSError: It does not; the connection is closed.
        """
        sock.settimeout(_HANDSHAKE_S)
        try:
            greeted = super().wrap_socket(sock, *args, **options)
        except OSError:
            sock.close()
            raise
        greeted.settimeout(None)  # who takes it says how long it waits from here on
        return greeted


def server_context(settings: NodeSettings) -> ssl.SSLContext | None:
    """Return how senders are met.

    Args:
        settings: Certificate, key, and who is trusted.

    Returns:
        The context; None without a certificate.

    Raises:
        InvalidRequest: A file can't be used.
    """
    if settings.tls_certificate is None:
        return None
    context = _ServerContext(ssl.PROTOCOL_TLS_SERVER)
    if settings.tls_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    return _filled(context, settings)


def client_context(settings: NodeSettings) -> ssl.SSLContext:
    """Return how destinations are met: their names are checked.

    Args:
        settings: Who is trusted, and what is shown to them.

    Returns:
        The context.

    Raises:
        InvalidRequest: A file can't be used.
    """
    context = ssl.create_default_context()
    if settings.tls_ca is not None:  # these alone
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return _filled(context, settings)


def _filled(context: ssl.SSLContext, settings: NodeSettings) -> ssl.SSLContext:
    """Load what the settings name.

    Raises:
        InvalidRequest: A file can't be used.
    """
    # Source: PS3.15 annex B.9 and B.12 (BCP 195): nothing older.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if settings.tls_ca is not None:
            context.load_verify_locations(settings.tls_ca)
        if settings.tls_certificate is not None:
            context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise InvalidRequest(_UNUSABLE) from error
    return context
