"""Where results go: Debian's Orthanc, by both ways, and those who refuse."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from threading import Thread
from typing import Any

import pydicom
import pytest
from pydicom.uid import UID, ComprehensiveSRStorage, EnhancedSRStorage
from pynetdicom import AE, evt

from alzer.dicom_out.objects import as_file, refusal_object
from alzer.errors import IncompleteSeries
from alzer.node.destinations import NotDelivered, Refused, open_destination
from alzer.node.instance import read_header
from alzer.node.settings import NodeSettings
from dicom_parts import item_of
from nodes import Person, head_files
from pacs import Pacs
from servers import free_port

SETTINGS = NodeSettings(network_seconds=5.0)


def objects(number: int) -> list[bytes]:
    """Return two reports of a person's series."""
    headers = [read_header(one) for one in head_files(Person(number))[:2]]
    failure = IncompleteSeries("Slices are missing.")
    return [as_file(refusal_object(failure, headers)) for _ in range(2)]


@pytest.mark.parametrize("way", ["dicom", "web"])
def test_a_pacs_has_one_of_each_however_often_it_is_sent(
    archive: Pacs, way: str
) -> None:
    number = 21 if way == "dicom" else 22
    address = archive.dicomweb
    if way == "dicom":
        address = f"dicom://PACS@127.0.0.1:{archive.dicom_port}"
    files = objects(number)
    destination = open_destination(address, SETTINGS)
    for _ in range(2):
        destination.send(files)

    assert archive.modalities(Person(number).study) == {"SR": 2}


@contextmanager
def recipient(statuses: Sequence[int], classes: Sequence[UID]) -> Iterator[str]:
    """Give the address of somebody who answers so, and takes such objects."""
    port = free_port()
    entity = AE(ae_title="FULL")
    for one in classes:
        entity.add_supported_context(one)
    left = list(statuses)
    handlers: list[Any] = [(evt.EVT_C_STORE, lambda _: left.pop(0))]
    server = entity.start_server(
        ("127.0.0.1", port), block=False, evt_handlers=handlers
    )
    assert server
    try:
        yield f"dicom://FULL@127.0.0.1:{port}"
    finally:
        entity.shutdown()
    assert left == []


def test_who_has_no_room_is_told_of_by_status() -> None:
    with recipient([0xA700], [ComprehensiveSRStorage]) as address:
        with pytest.raises(NotDelivered, match="0xA700") as failure:
            open_destination(address, SETTINGS).send(objects(23))
        assert not isinstance(failure.value, Refused)


@pytest.mark.parametrize("status", [0x0122, 0xA900, 0xA9FF, 0xC000, 0xC123])
def test_one_that_is_refused_as_such_keeps_no_other_back(status: int) -> None:
    with (
        recipient([status, 0x0000], [ComprehensiveSRStorage]) as address,
        pytest.raises(Refused, match=f"0x{status:04X}"),
    ):
        open_destination(address, SETTINGS).send(objects(23))


def test_a_class_that_is_not_taken_keeps_no_other_back() -> None:
    report, other = (pydicom.dcmread(BytesIO(one)) for one in objects(23))
    other.SOPClassUID = other.file_meta.MediaStorageSOPClassUID = EnhancedSRStorage
    files = [as_file(other), as_file(report)]
    with (
        recipient([0x0000], [ComprehensiveSRStorage]) as address,
        pytest.raises(Refused, match="not taken: Enhanced SR"),
    ):
        open_destination(address, SETTINGS).send(files)


def test_who_takes_nothing_at_all_is_asked_again() -> None:
    with recipient([0xC000, 0xC000], [ComprehensiveSRStorage]) as address:
        with pytest.raises(NotDelivered, match="0xC000") as failure:
            open_destination(address, SETTINGS).send(objects(23))
        assert not isinstance(failure.value, Refused)


@pytest.fixture
def strict() -> Iterator[str]:
    """Return the address of a web service that takes one object and refuses another."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            failed = item_of(FailureReason=0xA900)
            answer = item_of(FailedSOPSequence=[failed]).to_json().encode()
            self.send_response(202)
            self.send_header("Content-Type", "application/dicom+json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Be silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/dicom-web"
        server.shutdown()
        thread.join()


def test_what_a_web_service_refuses_as_such_is_told(strict: str) -> None:
    with pytest.raises(Refused, match="0xA900"):
        open_destination(strict, SETTINGS).send(objects(23))
    with pytest.raises(NotDelivered, match="0xA900") as failure:
        open_destination(strict, SETTINGS).send(objects(23)[:1])
    assert not isinstance(failure.value, Refused)


@pytest.mark.parametrize(
    "address", ["dicom://NOBODY@127.0.0.1:{}", "http://127.0.0.1:{}/dicom-web"]
)
def test_nobody_takes_nothing(address: str) -> None:
    destination = open_destination(address.format(free_port()), SETTINGS)

    with pytest.raises(NotDelivered) as failure:
        destination.send(objects(23))
    assert Person(23).study not in failure.value.reason


def test_a_web_server_that_is_none_of_dicom_takes_nothing(archive: Pacs) -> None:
    address = archive.dicomweb.replace("/dicom-web", "/nothing")

    with pytest.raises(NotDelivered, match="status 40"):
        open_destination(address, SETTINGS).send(objects(23))
