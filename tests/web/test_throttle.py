"""Strangers can add little to the audit log, from which nothing is ever removed."""

from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from alzer.model.engine import Model
from alzer.settings import Settings
from alzer.store.audit import read_log
from alzer.store.store import open_store
from alzer.web.throttle import MOST_ADDRESSES, MOST_REFUSALS, TERM_S, Throttle
from served import serving
from web.test_access import make_token


class Clock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("alzer.web.throttle.monotonic", clock)
    return clock


def refuse(throttle: Throttle, address: str, count: int = MOST_REFUSALS) -> None:
    for _ in range(count):
        throttle.count(address)


def test_who_was_refused_too_often_waits_out_the_term(clock: Clock) -> None:
    throttle = Throttle()
    refuse(throttle, "203.0.113.9", MOST_REFUSALS - 1)
    before = throttle.waits_s("203.0.113.9")
    clock.now += 20.0
    throttle.count("203.0.113.9")
    after = throttle.waits_s("203.0.113.9")
    clock.now += TERM_S - 20.0

    assert before == 0.0
    assert after == TERM_S - 20.0
    assert throttle.waits_s("203.0.113.9") == 0.0
    throttle.count("203.0.113.9")
    # The second of the first ten is as old as the first was.
    assert throttle.waits_s("203.0.113.9") == 0.0


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("203.0.113.9", "203.0.113.8", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("203.0.113.9", "::ffff:203.0.113.9", True),
        ("203.0.113.9", "::ffff:203.0.113.8", False),
        ("", "testclient", True),
    ],
)
def test_addresses_of_one_site_are_one(
    clock: Clock, one: str, other: str, *, alike: bool
) -> None:
    throttle = Throttle()
    refuse(throttle, one)

    assert throttle.waits_s(one) == TERM_S
    assert (throttle.waits_s(other) > 0.0) is alike
    assert clock.now == 1_000.0


def test_the_quietest_address_is_forgotten(clock: Clock) -> None:
    throttle = Throttle()
    for number in range(MOST_ADDRESSES):
        refuse(throttle, f"10.0.{number >> 8}.{number & 255}")
    throttle.count("10.0.0.0")  # the first has been loud again
    throttle.count("203.0.113.9")

    assert throttle.waits_s("10.0.0.0") > 0.0
    assert throttle.waits_s("10.0.0.1") == 0.0
    assert throttle.waits_s("10.0.0.2") > 0.0
    assert clock.now == 1_000.0


@pytest.fixture
def guarded(model: Model, tmp_path: Path) -> Iterator[str]:
    """Give the address of a service that needs a token."""
    with serving(model, tmp_path, auth="required") as address:
        yield address


def sign_in(address: str, token: str, number: int = 0) -> httpx.Response:
    elsewhere = {"X-Forwarded-For": f"203.0.113.{number}"}
    return httpx.post(
        f"{address}/login", data={"token": token}, headers=elsewhere, timeout=60
    )


def refusals(folder: Path) -> int:
    store = open_store(Settings(data_dir=folder))
    acts = read_log(store.database, 1_000)
    store.database.close()
    return sum(each.action == "sign-in refused" for each in acts)


def test_wrong_tokens_fill_neither_log_nor_keep_others_out(
    guarded: str, tmp_path: Path
) -> None:
    token = make_token(tmp_path)
    answers = [sign_in(guarded, f"alzer_x_{number}", number) for number in range(40)]
    signed_in = sign_in(guarded, token)

    statuses = [each.status_code for each in answers]
    assert statuses == [401] * MOST_REFUSALS + [429] * (40 - MOST_REFUSALS)
    assert 0 < int(answers[-1].headers["retry-after"]) <= TERM_S
    assert "Wait a minute" in answers[-1].text
    assert refusals(tmp_path) == MOST_REFUSALS
    assert signed_in.status_code == 303
    assert len(signed_in.headers.get_list("set-cookie")) == 2


def test_after_a_minute_a_wrong_token_is_refused_as_before(
    guarded: str, tmp_path: Path, clock: Clock
) -> None:
    for _ in range(MOST_REFUSALS + 1):
        last = sign_in(guarded, "wrong")
    clock.now += TERM_S + 1.0
    later = sign_in(guarded, "wrong")

    assert last.status_code == 429
    assert later.status_code == 401
    assert refusals(tmp_path) == MOST_REFUSALS + 1


def test_a_trusted_proxy_tells_clients_apart(model: Model, tmp_path: Path) -> None:
    trusted = {"auth": "required", "trusted_proxies": ("127.0.0.1",)}
    with serving(model, tmp_path, **trusted) as address:
        statuses = {sign_in(address, "wrong", each).status_code for each in range(30)}

    assert statuses == {401}
