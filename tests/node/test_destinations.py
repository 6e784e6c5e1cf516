"""Where results go: Debian's Orthanc, by both ways, and those who refuse."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pydicom
import pytest
from pynetdicom import AE, evt

from alzer.dicom_out.objects import as_file, refusal_object
from alzer.errors import IncompleteSeries
from alzer.node.destinations import NotDelivered, open_destination
from alzer.node.instance import read_header
from alzer.node.settings import NodeSettings
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


@pytest.fixture
def full() -> Iterator[str]:
    """Return the address of somebody who has no room."""
    port = free_port()
    entity = AE(ae_title="FULL")
    file = pydicom.dcmread(BytesIO(objects(23)[0]))
    entity.add_supported_context(file.SOPClassUID)
    handlers: list[Any] = [(evt.EVT_C_STORE, lambda _: 0xA700)]
    server = entity.start_server(
        ("127.0.0.1", port), block=False, evt_handlers=handlers
    )
    assert server
    yield f"dicom://FULL@127.0.0.1:{port}"
    entity.shutdown()


def test_who_has_no_room_is_told_of_by_status(full: str) -> None:
    with pytest.raises(NotDelivered, match="0xA700"):
        open_destination(full, SETTINGS).send(objects(23))


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
