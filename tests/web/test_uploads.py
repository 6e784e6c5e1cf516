"""A form is taken as it is meant, or refused."""

import pytest
from fastapi.testclient import TestClient

from phantoms import as_png, draw_brain

PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n'


@pytest.mark.parametrize("charset", ["undefined", "punycode", "nowhere", "idna", "hex"])
@pytest.mark.parametrize("name", [b"scan", b"a-\xff", b"xn--", b"aaa-zzz-\xe9"])
def test_no_character_set_breaks_the_service(
    client: TestClient, charset: str, name: bytes
) -> None:
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    body = PART % name + as_png(draw_brain()) + b"\r\n--x--\r\n"
    answer = client.post("/predict", content=body, headers={"Content-Type": kind})

    assert answer.status_code in {200, 400}
    assert answer.status_code == 200 or answer.json()["code"] == "invalid_request"


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "multipart/form-data", "multipart/form-data; boundary=",
     "multipart/mixed; boundary=x", "multipart/form-data; boundary=" + "x" * 300],
)  # fmt: skip
def test_what_is_no_form_is_refused(client: TestClient, kind: str) -> None:
    body = PART % b"scan" + as_png(draw_brain()) + b"\r\n--x--\r\n"
    answer = client.post("/predict", content=body, headers={"Content-Type": kind})

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_request"
