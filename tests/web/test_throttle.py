"""Refused tokens are counted by address; the audit log grows little by them."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from alzer.model.engine import Model
from alzer.settings import Settings
from alzer.store.audit import AuditEntry, read_log
from alzer.store.database import Database
from alzer.store.refusals import Refusals
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


@pytest.fixture
def throttle(tmp_path: Path) -> Throttle:
    return Throttle(Refusals(Database(f"sqlite:///{tmp_path}/none.db")))


def refuse(throttle: Throttle, address: str, count: int = MOST_REFUSALS) -> None:
    for _ in range(count):
        throttle.count(address)


def test_who_was_refused_too_often_waits_out_the_term(
    clock: Clock, throttle: Throttle
) -> None:
    refuse(throttle, "203.0.113.9", MOST_REFUSALS - 1)
    before = throttle.wait_s("203.0.113.9")
    clock.now += 20.0
    throttle.count("203.0.113.9")
    after = throttle.wait_s("203.0.113.9")
    clock.now += TERM_S - 20.0

    assert before == 0.0
    assert after == TERM_S - 20.0
    assert throttle.wait_s("203.0.113.9") == 0.0
    throttle.count("203.0.113.9")
    # The second of the first ten is as old as the first was.
    assert throttle.wait_s("203.0.113.9") == 0.0


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
    clock: Clock, throttle: Throttle, one: str, other: str, *, alike: bool
) -> None:
    refuse(throttle, one)

    assert throttle.wait_s(one) == TERM_S
    assert (throttle.wait_s(other) > 0.0) is alike
    assert clock.now == 1_000.0


def test_the_quietest_address_is_forgotten(clock: Clock, throttle: Throttle) -> None:
    for number in range(MOST_ADDRESSES):
        refuse(throttle, f"10.0.{number >> 8}.{number & 255}")
    throttle.count("10.0.0.0")  # the first has been loud again
    throttle.count("203.0.113.9")

    assert throttle.wait_s("10.0.0.0") > 0.0
    assert throttle.wait_s("10.0.0.1") == 0.0
    assert throttle.wait_s("10.0.0.2") > 0.0
    assert clock.now == 1_000.0


@pytest.fixture
def guarded(model: Model, tmp_path: Path) -> Iterator[str]:
    """Return the address of a service that needs a token."""
    with serving(model, tmp_path, auth="required") as address:
        yield address


def sign_in(address: str, token: str, number: int = 0) -> httpx.Response:
    elsewhere = {"X-Forwarded-For": f"203.0.113.{number}"}
    return httpx.post(
        f"{address}/login", data={"token": token}, headers=elsewhere, timeout=60
    )


def refused(folder: Path) -> list[AuditEntry]:
    store = open_store(Settings(data_dir=folder))
    entries = read_log(store.database, 1_000)
    store.database.close()
    return [entry for entry in entries if entry.action.endswith("refused")]


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
    assert len(refused(tmp_path)) == 1
    assert signed_in.status_code == 303
    assert len(signed_in.headers.get_list("set-cookie")) == 2


def test_after_a_minute_a_wrong_token_is_refused_as_before(
    guarded: str, clock: Clock
) -> None:
    for _ in range(MOST_REFUSALS + 1):
        last = sign_in(guarded, "wrong")
    clock.now += TERM_S + 1.0
    later = sign_in(guarded, "wrong")

    assert last.status_code == 429
    assert later.status_code == 401


def test_a_trusted_proxy_tells_clients_apart(model: Model, tmp_path: Path) -> None:
    trusted = {"auth": "required", "trusted_proxies": ("127.0.0.1",)}
    with serving(model, tmp_path, **trusted) as address:
        statuses = {sign_in(address, "wrong", each).status_code for each in range(30)}

    assert statuses == {401}


def ask(address: str, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{address}/analyses", headers=headers, timeout=60)


GUESS = f"alzer_{uuid.UUID(int=7)}_{'x' * 43}"


@pytest.mark.parametrize("guess", ["wrong", GUESS])
def test_wrong_bearer_tokens_have_to_wait_and_valid_ones_do_not(
    guarded: str, tmp_path: Path, guess: str
) -> None:
    token = make_token(tmp_path)
    before = [ask(guarded, guess) for _ in range(MOST_REFUSALS)]
    valid = ask(guarded, token)
    after = [ask(guarded, guess) for _ in range(20)]
    still_valid = ask(guarded, token)
    signing_in = sign_in(guarded, "wrong")

    assert {each.status_code for each in before} == {401}
    assert {each.status_code for each in after} == {429}
    assert after[0].json()["code"] == "too_many_guesses"
    assert int(after[0].headers["retry-after"]) == TERM_S
    assert valid.status_code == still_valid.status_code == 200
    assert signing_in.status_code == 429


def test_the_audit_log_counts_guesses_in_few_lines(
    model: Model, tmp_path: Path
) -> None:
    with serving(model, tmp_path, auth="required") as address:
        for _ in range(60):
            ask(address, GUESS)
            sign_in(address, "wrong")
        first = refused(tmp_path)
    entries = refused(tmp_path)

    assert [(each.action, each.count) for each in first] == [
        ("token refused", 1), ("sign-in refused", 1),
    ]  # fmt: skip
    assert all(each.request for each in first)
    assert sorted((each.action, each.count) for each in entries) == [
        ("sign-in refused", 1), ("sign-in refused", 59),
        ("token refused", 1), ("token refused", 59),
    ]  # fmt: skip
