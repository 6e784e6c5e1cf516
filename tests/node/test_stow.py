"""What other systems send by HTTP, with dicomweb-client as the sender."""

from collections.abc import AsyncIterator
from io import BytesIO

import httpx2 as httpx
import pydicom
import pytest
from anyio import run
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from alzer.errors import StorageUnavailable
from alzer.node.instance import Instance
from alzer.node.spool import Spool
from alzer.node.stow import Door, create_app
from nodes import Person, head_files

TYPE = 'multipart/related; type="application/dicom"; boundary=edge'
MOST = 2**20

# Tags of the answer.
FAILED, STORED, REASON = "00081198", "00081199", "00081197"


def body_of(*files: bytes) -> bytes:
    """Put files into one message. Source: RFC 2046 section 5.1, RFC 2387."""
    parts = [
        b"--edge\r\nContent-Type: application/dicom\r\n\r\n" + one + b"\r\n"
        for one in files
    ]
    return b"".join(parts) + b"--edge--\r\n"


def post(
    door: Door, content: bytes, path: str = "/studies", **headers: str
) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(door))
        client = httpx.AsyncClient(transport=transport, base_url="http://node")
        named = {"Content-Type": TYPE, **headers}
        async with client:
            return await client.post(path, content=content, headers=named)

    return run(ask)


@pytest.fixture
def door(spool: Spool) -> Door:
    return Door(spool.keep, None, MOST)


def test_objects_are_kept_before_the_answer(spool: Spool, door: Door) -> None:
    files = head_files()[:3]
    answer = post(door, body_of(*files))
    (series,) = spool.all()

    assert answer.status_code == 200
    assert len(answer.json()[STORED]["Value"]) == 3
    assert sorted(spool.read(series).values()) == sorted(files)


def test_the_client_of_others_is_understood(spool: Spool, door: Door) -> None:
    """What `dicomweb_client` makes of three objects, as it puts them on the wire."""
    from dicomweb_client.api import DICOMwebClient  # noqa: PLC0415 - only here

    client = DICOMwebClient("http://node")
    kind = 'multipart/related; type="application/dicom"; boundary="0f3c"'
    message = client._encode_multipart_message(list(head_files()[:3]), kind)  # noqa: SLF001 - no server needed
    answer = post(door, bytes(message), **{"Content-Type": kind})

    assert answer.status_code == 200
    assert isinstance(Dataset.from_json(answer.json()), Dataset)
    assert len(spool.all()[0].sizes) == 3


def test_each_object_that_is_not_taken_is_named_with_a_reason(
    spool: Spool, door: Door
) -> None:
    good, broken = head_files()[0], head_files()[1][:600]
    answer = post(door, body_of(good, broken))
    none = post(door, body_of(broken))

    assert answer.status_code == 202
    (failed,) = answer.json()[FAILED]["Value"]
    assert failed[REASON]["Value"] == [0xC000]
    assert none.status_code == 409
    assert len(spool.all()[0].sizes) == 1


def test_a_deflated_object_is_not_taken(spool: Spool, door: Door) -> None:
    dataset = pydicom.dcmread(BytesIO(head_files()[0]))
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.PixelData = bytes(64 * MOST)  # a few kB on the wire
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    answer = post(door, body_of(file.getvalue()))
    (failed,) = answer.json()[FAILED]["Value"]

    assert answer.status_code == 409
    assert failed[REASON]["Value"] == [0x0122]
    assert spool.all() == []


def test_an_object_of_another_study_than_was_said_is_not_taken(
    spool: Spool, door: Door
) -> None:
    own = post(door, body_of(head_files()[0]), f"/studies/{Person().study}")
    other = post(door, body_of(head_files(Person(2))[0]), f"/studies/{Person().study}")

    assert own.status_code == 200
    assert other.status_code == 409
    assert len(spool.all()) == 1


def test_without_a_token_nothing_is_taken(spool: Spool) -> None:
    door = Door(spool.keep, lambda token: token == "right", MOST)  # noqa: S105 - not one
    body = body_of(head_files()[0])
    refused = [
        post(door, body),
        post(door, body, Authorization="Bearer wrong"),
        post(door, body, Authorization="Basic right"),
    ]
    allowed = post(door, body, Authorization="Bearer right")

    assert [one.status_code for one in refused] == [401] * 3
    assert allowed.status_code == 200


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", TYPE, 400),
        (b"no message", TYPE, 400),
        (body_of(), TYPE, 400),
        (body_of(b"x"), "multipart/form-data; boundary=edge", 415),
        (body_of(b"x"), TYPE.replace("application/dicom", "application/json"), 415),
        (body_of(b"x"), 'multipart/related; type="application/dicom"', 400),
        (body_of(bytes(MOST + 1)), TYPE, 413),
    ],
)
def test_what_is_no_such_message_is_refused(
    spool: Spool, door: Door, content: bytes, kind: str, status: int
) -> None:
    assert post(door, content, **{"Content-Type": kind}).status_code == status
    assert spool.all() == []


def test_a_full_disk_is_told_for_each_object() -> None:
    def full(_: Instance) -> None:
        message = "full"
        raise StorageUnavailable(message)

    answer = post(Door(full, None, MOST), body_of(head_files()[0]))
    (failed,) = answer.json()[FAILED]["Value"]

    assert answer.status_code == 409
    assert failed[REASON]["Value"] == [0xA700]


def test_objects_that_came_before_a_message_broke_off_are_kept(
    spool: Spool, door: Door
) -> None:
    whole = body_of(*head_files()[:2])
    answer = post(door, whole[: -len(head_files()[1])])

    assert answer.status_code == 400
    assert len(spool.all()[0].sizes) == 1


def test_many_small_chunks_are_one_message(spool: Spool, door: Door) -> None:
    (content, *_) = head_files()
    body = body_of(content)

    async def ask() -> int:
        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(body), 37):
                yield body[start : start + 37]

        transport = httpx.ASGITransport(create_app(door))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://node"
        ) as client:
            answer = await client.post(
                "/studies",
                content=chunks(),
                headers={"Content-Type": TYPE},
            )
            return answer.status_code

    assert run(ask) == 200
    assert pydicom.dcmread(BytesIO(spool.read(spool.all()[0]).popitem()[1])).PatientID


def test_more_senders_than_there_are_places_are_to_come_again(spool: Spool) -> None:
    door = Door(spool.keep, None, MOST, max_requests=1)
    content = body_of(head_files()[0])
    statuses = []

    async def ask() -> None:
        transport = httpx.ASGITransport(create_app(door))
        client = httpx.AsyncClient(transport=transport, base_url="http://node")

        async def parts() -> AsyncIterator[bytes]:
            yield content[:100]
            second = await client.post(
                "/studies", content=content, headers={"Content-Type": TYPE}
            )
            statuses.append((second.status_code, second.headers["Retry-After"]))
            yield content[100:]

        async with client:
            for body in (parts(), content):
                answer = await client.post(
                    "/studies", content=body, headers={"Content-Type": TYPE}
                )
                statuses.append((answer.status_code, ""))

    run(ask)

    assert statuses == [(503, "10"), (200, ""), (200, "")]
