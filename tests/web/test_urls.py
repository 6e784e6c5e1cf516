"""Over a real server, only what a trusted proxy says changes an address."""

from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from alzer.model.engine import Model
from phantoms import as_png, draw_brain
from served import serving
from web.test_access import make_token

BRAIN = as_png(draw_brain())


@pytest.fixture(scope="module")
def address(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a service that trusts no proxy and has no public URL."""
    with serving(model, tmp_path_factory.mktemp("direct")) as address:
        yield address


@pytest.fixture(scope="module")
def proxied(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a service that trusts a proxy on this machine."""
    folder = tmp_path_factory.mktemp("proxied")
    with serving(model, folder, trusted_proxies=("127.0.0.1",)) as address:
        yield address


def predict(address: str, *headers: tuple[str, str]) -> httpx.Response:
    return httpx.post(
        f"{address}/predict", files={"file": BRAIN}, headers=list(headers), timeout=60
    )


def heatmaps_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200
    url: str = answer.json()["heatmap_url"]
    return url.rpartition("/heatmap_")[0]


NAMED = ("evil.example", "evil.example:443", "127.0.0.1, evil.example")
FORWARDED = [
    *((name, value) for name in ("X-Forwarded-Host", "X-Host") for value in NAMED),
    *(("X-Forwarded-Proto", value) for value in ("https", "HTTPS", "javascript")),
    *(("X-Forwarded-For", value) for value in ("203.0.113.9", "::1, ::2", "me")),
    ("X-Forwarded-Port", "443"), ("X-Forwarded-Prefix", "/evil"),
    ("X-Forwarded-Server", "evil.example"), ("X-Forwarded-Ssl", "on"),
    ("X-Forwarded-Scheme", "https"), ("Front-End-Https", "on"),
    ("Forwarded", "for=203.0.113.9;proto=https;host=evil.example"),
    ("X-Original-URL", "https://evil.example/"), ("X-Real-IP", "203.0.113.9"),
    ("X-HTTP-Host-Override", "evil.example"), ("X-Script-Name", "/evil"),
]  # fmt: skip

# What an untrusted and a trusted peer may say without any effect.
NEVER_BELIEVED = [each for each in FORWARDED if each[0] != "X-Forwarded-Proto"]


@pytest.mark.parametrize(("name", "value"), FORWARDED)
def test_a_peer_that_is_not_trusted_changes_nothing(
    address: str, name: str, value: str
) -> None:
    assert heatmaps_of(predict(address, (name, value))) == f"{address}/uploads/heatmaps"


def test_a_peer_that_is_not_trusted_changes_nothing_by_all_at_once(
    address: str,
) -> None:
    answer = predict(address, *FORWARDED)

    assert heatmaps_of(answer) == f"{address}/uploads/heatmaps"


def test_a_trusted_proxy_says_by_which_scheme_people_come(proxied: str) -> None:
    answer = predict(proxied, ("X-Forwarded-Proto", "https"))

    by_tls = proxied.replace("http:", "https:")
    assert heatmaps_of(answer) == f"{by_tls}/uploads/heatmaps"


@pytest.mark.parametrize(("name", "value"), NEVER_BELIEVED)
def test_nothing_else_that_a_trusted_proxy_passes_on_is_believed(
    proxied: str, name: str, value: str
) -> None:
    assert heatmaps_of(predict(proxied, (name, value))) == f"{proxied}/uploads/heatmaps"


STRANGE = ["evil.example", "evil.example:8000", "127.0.0.1@evil.example",
           "127.0.0.1.evil.example", "[::2]", "127.0.0.1/x", "", "a b"]  # fmt: skip


@pytest.mark.parametrize("host", STRANGE)
def test_a_host_that_is_not_allowed_is_refused(
    address: str, proxied: str, host: str
) -> None:
    for each in (address, proxied):
        answer = predict(each, ("Host", host), ("X-Forwarded-Host", "127.0.0.1"))

        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid_host"
        assert "evil" not in answer.text


@pytest.mark.parametrize(
    ("trusted", "said", "secure"),
    [
        ((), "https", False),
        (("203.0.113.9",), "https", False),
        (("127.0.0.1",), "https", True),
        (("127.0.0.1",), "http", False),
    ],
)
def test_cookies_are_for_tls_alone_where_a_trusted_proxy_speaks_it(
    model: Model, tmp_path: Path, trusted: tuple[str, ...], said: str, *, secure: bool
) -> None:
    token = make_token(tmp_path)
    headers = {"X-Forwarded-Proto": said, "X-Forwarded-Host": "evil.example"}
    with serving(model, tmp_path, auth="required", trusted_proxies=trusted) as address:
        answer = httpx.post(
            f"{address}/login", data={"token": token}, headers=headers, timeout=60
        )

    cookies = answer.headers.get_list("set-cookie")
    assert answer.status_code == 303
    assert len(cookies) == 2
    assert [("Secure" in each) for each in cookies] == [secure] * 2
    assert "evil" not in str(answer.headers)
