"""C-STORE and C-ECHO: what other systems send by DICOM's own protocol."""

import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

from pynetdicom import AE, _config, evt

from alzer.errors import InvalidRequest, StorageUnavailable, UnusableScan
from alzer.node.instance import (
    STORAGE_CLASSES,
    TRANSFER_SYNTAXES,
    Instance,
    read_instance,
)
from alzer.node.settings import NodeSettings
from alzer.node.tls import server_context
from alzer.settings import is_loopback

logger = logging.getLogger(__name__)

# Source: PS3.4 section B.2.3, and PS3.7 annex C.
_SUCCESS: Final = 0x0000
_OUT_OF_RESOURCES: Final = 0xA700
_OF_ANOTHER_CLASS: Final = 0xA900
_NOT_UNDERSTOOD: Final = 0xC000
_PROCESSING_FAILURE: Final = 0x0110

_VERIFICATION: Final = "1.2.840.10008.1.1"

# What we offer to take in one protocol data unit of an object; and the most that any
# unit has, such as the request for an association.
_PDU_BYTES: Final = 2**16
_MOST_PDU_BYTES: Final = 2**20

# To take note of a connection's end.
_END_S: Final = 5.0

_TOO_MUCH: Final = "more was sent than is taken"
_TOO_SLOW: Final = "it was sent too slowly"

# A time of zero would be one without waiting.
_LEAST_WAIT_S: Final = 0.001

_OPEN_TO_ALL: Final = (
    "The node listens on an address that is not this machine's alone. Set "
    "ALZER_NODE_ALLOWED_AES to the AE titles that may send to it."
)
_PORT: Final = (
    "Port {port} of {host} can't be used ({reason}). Choose another with "
    "ALZER_NODE_DICOM_PORT."
)


@dataclass
class _Arriving:
    """What has come of a message, or of what goes before an association.

    Attributes:
        since: When it began, by the monotonic clock.
        size: Bytes.
    """

    since: float = field(default_factory=time.monotonic)
    size: int = 0


class Receiver:
    """Takes objects in, and answers once they are kept.

    Args:
        settings: Address, AE titles, TLS.
        max_bytes: How large an object may be.
        keep: Keeps an object; called in several threads.

    Raises:
        InvalidRequest: The settings would let anybody in.
    """

    def __init__(
        self,
        settings: NodeSettings,
        max_bytes: int,
        keep: Callable[[Instance], object],
    ) -> None:
        if not settings.allowed_aes and not is_loopback(settings.host):
            raise InvalidRequest(_OPEN_TO_ALL)
        self._settings = settings
        self._max_bytes = max_bytes
        self._keep = keep
        self._tls = server_context(settings)
        self._arriving: WeakKeyDictionary[Any, _Arriving] = WeakKeyDictionary()
        self._entity = _entity(settings)
        self._servers: list[Any] = []

    def start(self) -> None:
        """Begin to listen.

        Raises:
            InvalidRequest: The port can't be used.
        """
        # Else every message is put into words for a log that nobody reads.
        _config.LOG_HANDLER_LEVEL = "none"
        host, port = self._settings.host, self._settings.dicom_port
        handlers: list[Any] = [
            (evt.EVT_C_ECHO, lambda _: _SUCCESS),
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_CONN_OPEN, self._bound),
            (evt.EVT_ESTABLISHED, self._begin_anew),
            (evt.EVT_DIMSE_RECV, self._begin_anew),
            (evt.EVT_CONN_CLOSE, _close),
            (evt.EVT_REJECTED, lambda _: logger.warning("an association was rejected")),
        ]
        try:
            server = self._entity.start_server(
                (host, port), block=False, evt_handlers=handlers, ssl_context=self._tls
            )
        except OSError as error:
            message = _PORT.format(port=port, host=host, reason=error.strerror)
            raise InvalidRequest(message) from error
        self._servers.append(server)

    def stop(self) -> None:
        """End all associations; what was not answered was not promised."""
        while self._servers:
            self._servers.pop().shutdown()  # first: nobody comes in from here on
        for one in self._entity.active_associations:
            _hang_up(one)

    def _bound(self, event: Any) -> None:  # noqa: ANN401 - pynetdicom's
        """Let a connection hold no more than one object may have, nor wait for ever.

        pynetdicom puts messages together in memory before anybody is asked, and
        believes the length that stands before each unit; what it has begun to read it
        waits for without an end, as long as a byte comes now and then.
        """
        association = event.assoc
        connection = association.dul.socket
        silence_s = self._settings.network_seconds
        connection.socket.settimeout(silence_s)

        def receive_bounded(size: int) -> bytes:
            arriving = self._arriving.setdefault(association, _Arriving())
            arriving.size += size
            most = self._max_bytes + _MOST_PDU_BYTES
            if size > _MOST_PDU_BYTES or arriving.size > most:
                logger.warning("a connection was closed: it sent too much")
                raise OSError(_TOO_MUCH)
            units = arriving.size / _PDU_BYTES if association.is_established else 0.0
            end = arriving.since + silence_s * (1 + units)
            return _receive(connection.socket, size, end, silence_s)

        connection.recv = receive_bounded

    def _store(self, event: Any) -> int:  # noqa: ANN401 - pynetdicom's
        try:
            return self._take(event)
        except UnusableScan as refusal:
            logger.warning("an object was refused", extra={"code": refusal.code})
            return _NOT_UNDERSTOOD
        except StorageUnavailable as failure:
            logger.error("an object could not be kept", extra={"code": failure.code})  # noqa: TRY400 - foreseen
            return _OUT_OF_RESOURCES
        except Exception:
            logger.exception("unforeseen failure while an object came in")
            return _PROCESSING_FAILURE

    def _begin_anew(self, event: Any) -> None:  # noqa: ANN401 - pynetdicom's
        """Count bytes and time of the next message from its beginning on."""
        self._arriving.pop(event.assoc, None)

    def _take(self, event: Any) -> int:  # noqa: ANN401 - pynetdicom's
        instance = read_instance(event.encoded_dataset())
        request = event.request
        named = (request.AffectedSOPClassUID, request.AffectedSOPInstanceUID)
        if named != (instance.storage, instance.uid):
            logger.warning("an object was refused: it is not the one that was named")
            return _OF_ANOTHER_CLASS
        self._keep(instance)
        return _SUCCESS


def _entity(settings: NodeSettings) -> AE:
    entity = AE(ae_title=settings.ae_title)
    entity.require_called_aet = True
    entity.require_calling_aet = list(settings.allowed_aes)
    entity.maximum_associations = settings.max_associations
    entity.maximum_pdu_size = _PDU_BYTES
    for name in ("acse_timeout", "dimse_timeout", "network_timeout"):
        setattr(entity, name, settings.network_seconds)
    entity.add_supported_context(_VERIFICATION)
    for storage in STORAGE_CLASSES.values():
        entity.add_supported_context(storage, list(TRANSFER_SYNTAXES))
    return entity


def _receive(stream: socket.socket, size: int, end: float, silence_s: float) -> bytes:
    """Read so many bytes, or fewer at the end of a connection.

    Args:
        stream: Where from.
        size: How many.
        end: When they have to be there, by the monotonic clock.
        silence_s: How long the other side may send nothing.

    Raises:
        TimeoutError: They come too slowly.
    """
    received = bytearray()
    try:
        while len(received) < size:
            left = end - time.monotonic()
            stream.settimeout(max(min(left, silence_s), _LEAST_WAIT_S))
            part = stream.recv(min(size - len(received), _PDU_BYTES))
            if not part:
                break
            received += part
            if time.monotonic() > end:
                raise TimeoutError(_TOO_SLOW)
    finally:
        with suppress(OSError):  # it has been closed meanwhile
            stream.settimeout(silence_s)
    return bytes(received)


def _hang_up(association: Any) -> None:  # noqa: ANN401 - pynetdicom's
    """End a connection, also one in the midst of a unit, or before its association.

    An abort would wait for the rest of the unit, and is not foreseen before the other
    side has asked for anything.
    """
    with suppress(OSError, AttributeError):  # it has ended by itself
        association.dul.socket.socket.shutdown(socket.SHUT_RDWR)
    with suppress(RuntimeError):  # its thread begins only now, and finds it closed
        association.dul.join(_END_S)


def _close(event: Any) -> None:  # noqa: ANN401 - pynetdicom's
    """Close a connection that the other side has left; pynetdicom leaves it open."""
    left = getattr(event.assoc.dul.socket, "socket", None)
    if left is not None:
        left.close()
