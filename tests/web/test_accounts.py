"""Requests of one client have one fingerprint, which tells nothing."""

import pytest

from alzer.settings import Settings
from alzer.web.accounts import fingerprint

ALONE = Settings()
BEHIND_A_PROXY = Settings.model_validate({"trusted_proxies": "10.0.0.1"})
HEADERS = [(b"host", b"a"), (b"authorization", b"Bearer secret"), (b"cookie", b"c=d")]


def test_whatever_else_a_client_says_it_is_the_same_one() -> None:
    more = [*HEADERS, (b"content-length", b"7"), (b"user-agent", b"x")]

    assert fingerprint(HEADERS, "1.2.3.4", ALONE) == fingerprint(more, "1.2.3.4", ALONE)


@pytest.mark.parametrize(
    "changed",
    [(b"authorization", b"Bearer other"), (b"cookie", b"c=e"),
     (b"x-forwarded-for", b"1.2.3.4")],
)  # fmt: skip
def test_another_token_session_or_address_is_another_client(
    changed: tuple[bytes, bytes],
) -> None:
    others = [each for each in HEADERS if each[0] != changed[0]]

    for settings in (ALONE, BEHIND_A_PROXY):
        assert fingerprint(HEADERS, "1.2.3.4", settings) != fingerprint(
            [*others, changed], "1.2.3.4", settings
        )


def test_where_a_connection_comes_from_counts_unless_that_is_a_proxy() -> None:
    here, there = (fingerprint(HEADERS, each, ALONE) for each in ("1.2.3.4", "5.6.7.8"))
    first, second = (
        fingerprint(HEADERS, each, BEHIND_A_PROXY) for each in ("10.0.0.1", "10.0.0.2")
    )

    assert here != there
    assert first == second


def test_no_secret_is_kept() -> None:
    assert b"secret" not in fingerprint(HEADERS, "1.2.3.4", ALONE)
    assert len(fingerprint(HEADERS, "1.2.3.4", ALONE)) == 16
