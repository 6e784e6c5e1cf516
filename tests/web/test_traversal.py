"""No path of a request leads out of what is served."""

from http.client import HTTPConnection
from itertools import product
from pathlib import Path

import pytest

_UP = (
    "../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "....//", "..;/",
    "%252e%252e%252f", "..%c0%af", "..%00/", "./../",
)  # fmt: skip
_TARGETS = ("secret.png", "alzer.db", "etc/passwd", "secret.key", "%2fetc%2fpasswd")
PAYLOADS = [
    *(up + name for up, name in product(_UP, _TARGETS)),
    *(up * 8 + "etc/passwd" for up in _UP),
]


def test_there_are_enough_payloads() -> None:
    assert len(set(PAYLOADS)) >= 60


@pytest.mark.parametrize("folder", ["/uploads/heatmaps/", "/static/", "/analyses/"])
def test_every_payload_finds_nothing(address: str, tmp_path: Path, folder: str) -> None:
    for name in ("secret.png", "secret.key", "uploads/secret.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"secret")
    connection = HTTPConnection("127.0.0.1", int(address.rpartition(":")[2]))
    for payload in PAYLOADS:
        connection.putrequest("GET", folder + payload, skip_host=False)
        connection.endheaders()
        response = connection.getresponse()
        content = response.read()

        assert response.status == 404, payload
        assert b"secret" not in content
        assert b"root:" not in content
    connection.close()
