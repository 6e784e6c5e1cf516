"""Where results go: by C-STORE or by STOW-RS, all of a series at once."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

import pydicom
from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.association import Association

from alzer.node.dicomweb import open_client
from alzer.node.settings import DICOM_SCHEMES, NodeSettings
from alzer.node.tls import client_context
from alzer.scans.quiet import quiet_libraries

# Source: PS3.4 section B.2.3: success, and warnings after which it is kept all the
# same.
_KEPT: Final = frozenset({0x0000, 0xB000, 0xB006, 0xB007})

_NOT_TAKEN: Final = "an object was not taken, status {}"

# Of one object, whenever it is sent: no such class, of another class, not understood.
# Source: PS3.4 table B.2-1 and PS3.7 annex C.
_NO_SUCH_CLASS: Final = 0x0122
_OF_THE_OBJECT: Final = (range(0xA900, 0xAA00), range(0xC000, 0xD000))


class NotDelivered(Exception):
    """A destination has not taken everything; it may do so later.

    Attributes:
        reason: Why, in words of our own: those of the other side may name a person.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(NotDelivered):
    """A destination refuses some objects as such, and has taken all others."""


class Destination(Protocol):
    """Somebody who takes results."""

    def send(self, files: Sequence[bytes]) -> None:
        """Send results, and wait until they are taken; again and again if need be.

        Args:
            files: DICOM files, all of one series' results.

        Raises:
            NotDelivered: Not all of them were.
            Refused: All were, but those that it does not take as such.
        """


def open_destination(address: str, settings: NodeSettings) -> Destination:
    """Return a destination; nothing is connected yet.

    Args:
        address: As the settings have it.
        settings: Who we are, and whom we believe.

    Returns:
        The destination. One thread at a time may use it.

    Raises:
        InvalidRequest: A file of certificates can't be used.
    """
    is_dicom = urlsplit(address).scheme in DICOM_SCHEMES
    return _Storage(address, settings) if is_dicom else _Web(address, settings)


class _Storage:
    """Takes results by C-STORE."""

    def __init__(self, address: str, settings: NodeSettings) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 104
        self._title = unquote(parts.username or "")
        context = client_context(settings)  # now, so that a mistake is seen at once
        self._tls = (context, self._host) if parts.scheme == "dicom-tls" else None
        self._settings = settings

    def send(self, files: Sequence[bytes]) -> None:
        datasets = [_read(one) for one in files]
        entity = self._entity(datasets)
        association = entity.associate(
            self._host, self._port, ae_title=self._title, tls_args=self._tls
        )
        if not association.is_established:
            reason = "the association was rejected or could not be made"
            raise NotDelivered(reason)
        try:
            refusals = [_store(association, one) for one in datasets]
        except (ValueError, RuntimeError) as error:
            reason = "the destination has gone"
            raise NotDelivered(reason) from error
        finally:
            association.release()
        _check([one for one in refusals if one is not None], len(datasets))

    def _entity(self, datasets: Sequence[Dataset]) -> AE:
        entity = AE(ae_title=self._settings.ae_title)
        for name in ("acse_timeout", "dimse_timeout", "network_timeout"):
            setattr(entity, name, self._settings.network_seconds)
        entity.connection_timeout = self._settings.network_seconds
        kinds = {(one.SOPClassUID, one.file_meta.TransferSyntaxUID) for one in datasets}
        for storage, syntax in sorted(kinds):
            entity.add_requested_context(storage, syntax)
        return entity


class _Web:
    """Takes results by STOW-RS."""

    def __init__(self, address: str, settings: NodeSettings) -> None:
        self._client = open_client(address, settings)

    def send(self, files: Sequence[bytes]) -> None:
        datasets = [_read(one) for one in files]
        try:
            with quiet_libraries():
                answer = self._client.store_instances(datasets)
        except Exception as error:  # requests' and the client's: many kinds
            status = getattr(getattr(error, "response", None), "status_code", None)
            reason = f"the request failed: {type(error).__name__}"
            told = "" if status is None else f", status {status}"
            raise NotDelivered(reason + told) from error
        failed = [
            one.get("FailureReason") for one in answer.get("FailedSOPSequence", ())
        ]
        for status in failed:
            if not _is_of_the_object(status):
                raise NotDelivered(_NOT_TAKEN.format(_told(status)))
        _check([_NOT_TAKEN.format(_told(status)) for status in failed], len(datasets))


def _store(association: Association, dataset: Dataset) -> str | None:
    """Send one object.

    Returns:
        Why it is refused as such; None if it was taken.

    Raises:
        NotDelivered: It was not taken for another reason.
    """
    kind = dataset.SOPClassUID
    if kind not in {one.abstract_syntax for one in association.accepted_contexts}:
        return f"such objects are not taken: {kind.name}"
    status = association.send_c_store(dataset).get("Status")
    if status in _KEPT:
        return None
    reason = _NOT_TAKEN.format(_told(status))
    if _is_of_the_object(status):
        return reason
    raise NotDelivered(reason)


def _check(refusals: Sequence[str], count: int) -> None:
    """Check that nothing was refused.

    Raises:
        NotDelivered: All was: that may be a mistake in the settings of either side.
        Refused: Some was.
    """
    if refusals:
        kind = NotDelivered if len(refusals) >= count else Refused
        raise kind(refusals[0])


def _is_of_the_object(status: int | None) -> bool:
    return status == _NO_SUCH_CLASS or any(status in one for one in _OF_THE_OBJECT)


def _told(status: int | None) -> str:
    return "none" if status is None else f"0x{status:04X}"


def _read(content: bytes) -> Dataset:
    with quiet_libraries():
        return pydicom.dcmread(BytesIO(content))
