"""What other systems send by C-STORE, with pynetdicom's and dcmtk's senders."""

import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pynetdicom import AE
from pynetdicom.association import Association

from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.node.instance import Instance
from alzer.node.receiving import Receiver
from alzer.node.settings import NodeSettings
from alzer.node.spool import Spool
from certificates import Authority
from logged import logged
from nodes import NAME, PATIENT, ROOT, Person, head_files, send
from phantoms import save_dicom
from processes import memory_mb
from servers import free_port
from waiting import wait_until

MEGABYTE = 2**20
VERIFICATION = "1.2.840.10008.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"

Start = Callable[..., int]


@pytest.fixture
def start(spool: Spool) -> Iterator[Start]:
    """Return what starts a receiver, and tells its port."""
    with ExitStack() as ends:

        def receive(
            keep: Callable[[Instance], object] = spool.keep,
            max_bytes: int = MEGABYTE,
            **settings: object,
        ) -> int:
            port = free_port()
            chosen = NodeSettings.model_validate({"dicom_port": port, **settings})
            receiver = Receiver(chosen, max_bytes, keep)
            receiver.start()
            ends.callback(receiver.stop)
            return port

        yield receive


def count(spool: Spool) -> int:
    return sum(len(one.sizes) for one in spool.all())


def test_success_is_said_of_what_is_on_the_disk(spool: Spool, start: Start) -> None:
    files = head_files()[:5]
    statuses = send(start(), files)
    (series,) = spool.all()

    assert statuses == [0] * 5
    bodies = {one[-2000:] for one in spool.read(series).values()}
    assert bodies == {one[-2000:] for one in files}


def test_the_node_answers_an_echo(start: Start) -> None:
    entity = AE(ae_title="SCANNER")
    entity.add_requested_context(VERIFICATION)
    association = entity.associate("127.0.0.1", start(), ae_title="ALZER")
    status = association.send_c_echo().Status
    association.release()

    assert status == 0


@pytest.mark.parametrize(
    ("calling", "called"), [("STRANGER", "ALZER"), ("SCANNER", "OTHER")]
)
def test_who_uses_another_title_is_rejected(
    spool: Spool, start: Start, calling: str, called: str
) -> None:
    port = start(allowed_aes="SCANNER,PACS")
    refused = send(port, head_files()[:1], calling=calling, called=called)
    allowed = send(port, head_files()[:1], calling="PACS")

    assert refused == []
    assert allowed == [0]
    assert count(spool) == 1


def test_an_object_that_is_broken_or_another_than_was_said_is_not_kept(
    spool: Spool, start: Start
) -> None:
    (whole, *_) = head_files()
    without_pixels = whole[: whole.index(b"\xe0\x7f\x10\x00")]
    without_series = whole.replace(b"\x20\x00\x0e\x00UI", b"\x20\x00\x0f\x00UI", 1)
    with logged("info") as log:
        statuses = send(start(), [without_pixels, without_series, whole])

    assert statuses == [0xC000, 0xC000, 0]
    assert count(spool) == 1
    assert log.getvalue().count("damaged_file") == 2
    for secret in (NAME, PATIENT, ROOT):
        assert secret not in log.getvalue()


def test_other_classes_are_not_agreed_on(spool: Spool, start: Start) -> None:
    entity = AE(ae_title="SCANNER")
    entity.add_requested_context(CT)
    association = entity.associate("127.0.0.1", start(), ae_title="ALZER")

    assert association.rejected_contexts
    association.abort()
    assert count(spool) == 0


def test_a_full_disk_is_said_to_be_out_of_resources(start: Start) -> None:
    def full(_: Instance) -> None:
        message = "full"
        raise StorageUnavailable(message)

    assert send(start(full), head_files()[:1]) == [0xA700]


def test_what_nobody_foresaw_is_a_failure_and_not_a_success(start: Start) -> None:
    def break_down(_: Instance) -> None:
        raise RuntimeError(NAME)

    with logged("info") as log:
        statuses = send(start(break_down), head_files()[:1])

    assert statuses == [0x0110]
    assert NAME not in log.getvalue()


def test_an_object_that_is_too_large_ends_its_association(
    spool: Spool, start: Start
) -> None:
    (small, *_) = head_files()
    dataset = pydicom.dcmread(BytesIO(small))
    dataset.PixelData = bytes(4 * MEGABYTE)
    port = start()
    statuses = send(port, [save_dicom(dataset), small], patience_s=3.0)

    assert 0 not in statuses
    assert count(spool) == 0
    assert send(port, [small] * 3) == [0, 0, 0]


def test_a_unit_of_four_gigabytes_takes_no_memory(start: Start) -> None:
    before = memory_mb("VmRSS")
    with socket.create_connection(("127.0.0.1", start()), timeout=30) as sender:
        # Source: PS3.8 section 9.3.2: type, reserved, length of what follows.
        sender.sendall(struct.pack(">BBL", 1, 0, 2**32 - 1))
        with pytest.raises(ConnectionError):
            sender.sendall(bytes(64 * MEGABYTE))

    assert memory_mb("VmRSS") - before < 40


def test_no_more_associations_are_open_than_the_settings_allow(start: Start) -> None:
    port = start(max_associations=2)
    entity = AE(ae_title="SCANNER")
    entity.add_requested_context(VERIFICATION)
    to = ("127.0.0.1", port)
    opened = [entity.associate(*to, ae_title="ALZER") for _ in range(3)]
    established = [one.is_established for one in opened]
    for one in opened:
        one.abort()

    assert established == [True, True, False]
    assert wait_until(lambda: send(port, head_files()[:1])) == [0]


def associated(port: int) -> socket.socket:
    """Return the socket of an association that has been agreed on.

    One before it keeps its place for a moment after its end.
    """
    entity = AE(ae_title="SCANNER")
    entity.add_requested_context(VERIFICATION)

    def associate() -> Association | None:
        asked = entity.associate("127.0.0.1", port, ae_title="ALZER")
        return asked if asked.is_established else None

    association = wait_until(associate)
    assert association is not None
    stream = association.dul.socket
    assert stream is not None
    assert stream.socket is not None
    return stream.socket


def hung_up_on(slow: socket.socket, then: bytes) -> bool:
    """Send the same again and again, until the other side or twenty seconds end it."""
    try:
        for _ in range(400):
            slow.sendall(then)
            time.sleep(0.05)
    except OSError:
        return True
    return False


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port))


@pytest.mark.parametrize(
    ("meet", "half"),
    [
        (connect, b"\1\0\0"),
        (associated, struct.pack(">BBL", 4, 0, 1000) + bytes(10)),
    ],
    ids=["asking", "sending"],
)
def test_who_sends_half_a_unit_keeps_neither_others_nor_the_end_waiting(
    spool: Spool, meet: Callable[[int], socket.socket], half: bytes
) -> None:
    port = free_port()
    settings = NodeSettings(dicom_port=port, network_seconds=0.2, max_associations=1)
    receiver = Receiver(settings, MEGABYTE, spool.keep)
    receiver.start()
    silent = meet(port)
    silent.sendall(half)

    wait_until(lambda: send(port, head_files()[:1]) == [0])
    again = meet(port)
    again.sendall(half)
    end = threading.Thread(target=receiver.stop, daemon=True)
    end.start()
    end.join(30.0)

    assert not end.is_alive()
    for one in (silent, again):
        one.close()


@pytest.mark.parametrize(
    ("meet", "first", "then"),
    [
        (connect, struct.pack(">BBL", 1, 0, 1000), b"\0"),
        (connect, struct.pack(">BBL", 1, 0, MEGABYTE), b"\0"),
        (associated, struct.pack(">BBL", 4, 0, 1000), b"\0"),
        (associated, b"", struct.pack(">BBLLBBB", 4, 0, 7, 3, 1, 0, 0)),
    ],
    ids=["asking", "asking for much", "one unit", "units"],
)
def test_who_sends_a_little_now_and_then_is_hung_up_on(
    start: Start, meet: Callable[[int], socket.socket], first: bytes, then: bytes
) -> None:
    port = start(network_seconds=0.3, max_associations=1)
    with meet(port) as slow:
        slow.sendall(first)
        assert hung_up_on(slow, then)

    assert wait_until(lambda: send(port, head_files()[:1])) == [0]


def test_connections_that_come_in_while_it_stops_end_quietly(spool: Spool) -> None:
    caught: list[BaseException | None] = []
    with pytest.MonkeyPatch.context() as patch, ExitStack() as connections:
        patch.setattr(threading, "excepthook", lambda one: caught.append(one.exc_value))
        for _ in range(20):
            settings = NodeSettings(dicom_port=free_port())
            receiver = Receiver(settings, MEGABYTE, spool.keep)
            receiver.start()
            end = threading.Thread(target=receiver.stop)
            for number in range(10):
                to = ("127.0.0.1", settings.dicom_port or 0)
                with suppress(ConnectionError):  # it has stopped by now
                    connections.enter_context(socket.create_connection(to))
                if number == 5:
                    end.start()
            end.join(30.0)
            assert not end.is_alive()

    assert caught == []


def test_series_of_two_senders_stay_apart(spool: Spool, start: Start) -> None:
    port, files = start(), [head_files(Person(number))[:6] for number in (1, 2)]
    mixed = [image for pair in zip(*files, strict=True) for image in pair]

    assert send(port, mixed) == [0] * 12
    assert [len(one.sizes) for one in spool.all()] == [6, 6]


def test_the_sender_of_dcmtk_is_understood(
    spool: Spool, start: Start, tmp_path: Path
) -> None:
    program = shutil.which("storescu")
    assert program, "the tests need dcmtk: make test installs it"
    for number, content in enumerate(head_files()[:4]):
        (tmp_path / f"{number}.dcm").write_bytes(content)
    command = [program, "-aec", "ALZER", "+sd", "127.0.0.1", str(start())]
    subprocess.run([*command, str(tmp_path)], check=False, capture_output=True)  # noqa: S603 - Debian's

    assert count(spool) == 4


def test_by_tls_come_only_those_whom_the_authority_knows(
    spool: Spool, start: Start, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    own, scanner = authority.issue("node"), authority.issue("scanner")
    port = start(tls_certificate=own[0], tls_key=own[1], tls_ca=authority.path)
    trusting = ssl.create_default_context(cafile=str(authority.path))
    showing = ssl.create_default_context(cafile=str(authority.path))
    showing.load_cert_chain(*scanner)

    def echo(context: ssl.SSLContext | None) -> bool:
        entity = AE(ae_title="SCANNER")
        entity.acse_timeout = entity.network_timeout = 3
        entity.add_requested_context(VERIFICATION)
        tls = None if context is None else (context, "127.0.0.1")
        association = entity.associate(
            "127.0.0.1", port, ae_title="ALZER", tls_args=tls
        )
        is_met = association.is_established
        association.abort()
        return is_met

    assert echo(showing)
    assert not echo(trusting)
    assert not echo(None)
    assert count(spool) == 0


def test_off_loopback_somebody_has_to_be_named(spool: Spool) -> None:
    settings = NodeSettings(host="0.0.0.0")  # noqa: S104 - what is tested

    with pytest.raises(InvalidRequest, match="ALLOWED_AES"):
        Receiver(settings, MEGABYTE, spool.keep)


def test_a_port_that_is_taken_is_said_to_be(start: Start) -> None:
    taken = start()

    with pytest.raises(InvalidRequest, match=str(taken)):
        start(dicom_port=taken)
