"""Tokens and sessions, on both databases."""

import hashlib
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData

from alzer.errors import InvalidRequest
from alzer.store.audit import read_log
from alzer.store.store import Store
from alzer.store.tokens import Identity, Scope


def test_a_token_lets_in_whoever_holds_it(store: Store) -> None:
    token = store.tokens.create("clinic")
    (listed,) = store.tokens.all()

    assert store.tokens.check(token) == listed.id
    assert listed.name == "clinic"


STRANGE = [
    "", "x", "alzer_", "alzer_1_2", "é_é_é", "\0", "alzer_\0_x", "alzer_x_\0",
    "alzer_\ud800_x", f"alzer_{uuid.UUID(int=1)}_{'x' * 42}\0",
]  # fmt: skip


@pytest.mark.parametrize("change", STRANGE, ids=ascii)
def test_anything_else_lets_nobody_in(store: Store, change: str) -> None:
    token = store.tokens.create("clinic")

    assert store.tokens.check(change) is None
    assert store.tokens.check(token[:-1]) is None
    assert store.tokens.check(token + "x") is None
    assert store.tokens.check(token.replace("_", "-")) is None


def test_only_a_hash_is_kept(store: Store, tmp_path: Path) -> None:
    token, other = store.tokens.create("clinic"), store.tokens.create("other")
    session = store.tokens.open_session(other, "r")
    rows = everything(store).encode()
    files = [each for each in (tmp_path / "data").rglob("*") if each.is_file()]
    kept = [rows, *(each.read_bytes() for each in files)]

    assert session
    for secret in (token.split("_", 2)[2], other.split("_", 2)[2], session):
        assert hashlib.sha256(secret.encode()).hexdigest().encode() in rows
        assert not [each for each in kept if secret.encode() in each]


def everything(store: Store) -> str:
    """Read all rows of all tables, also those that the code does not know."""
    with store.database.transaction() as connection:
        tables = MetaData()
        tables.reflect(connection)
        rows = [
            connection.execute(each.select()).all() for each in tables.sorted_tables
        ]
    return repr(rows)


def test_a_revoked_token_ends_with_its_sessions(store: Store) -> None:
    token, other = store.tokens.create("one"), store.tokens.create("other")
    session = store.tokens.open_session(token, "r") or ""
    identity = store.tokens.check(token) or ""
    assert store.tokens.session_owner(session) == identity
    store.tokens.revoke(identity)

    assert store.tokens.check(token) is None
    assert store.tokens.session_owner(session) is None
    assert store.tokens.check(other) is not None
    with pytest.raises(InvalidRequest, match="revoked already"):
        store.tokens.revoke(identity)


def test_a_token_ends_after_its_term(store: Store) -> None:
    lasting = store.tokens.create("lasting", timedelta(days=1))
    ended = store.tokens.create("ended", timedelta(seconds=-1))

    assert store.tokens.check(lasting) is not None
    assert store.tokens.check(ended) is None
    assert store.tokens.open_session(ended, "r") is None


def test_somebody_can_enter_while_any_token_is_valid(store: Store) -> None:
    assert not store.tokens.any_valid()
    store.tokens.create("ended", timedelta(seconds=-1))
    assert not store.tokens.any_valid()
    token = store.tokens.create("valid")
    assert store.tokens.any_valid()
    store.tokens.revoke(store.tokens.check(token) or "")
    assert not store.tokens.any_valid()


def test_a_token_for_figures_is_good_for_nothing_else(store: Store) -> None:
    token = store.tokens.create("prometheus", scope=Scope.METRICS)
    (listed,) = store.tokens.all()

    assert store.tokens.identify(token) == Identity(listed.id, Scope.METRICS)
    assert listed.scope == "metrics"
    assert store.tokens.check(token) is None
    assert store.tokens.open_session(token, "r") is None
    assert not store.tokens.any_valid()


def test_signing_in_and_out_is_noted(store: Store) -> None:
    token = store.tokens.create("one")
    session = store.tokens.open_session(token, "r2") or ""
    store.tokens.close_session(session, "r3")
    store.tokens.close_session(session, "r4")

    assert store.tokens.session_owner(session) is None
    assert [(each.action, each.request) for each in read_log(store.database)] == [
        ("token created", None),
        ("signed in", "r2"),
        ("signed out", "r3"),
    ]


@pytest.mark.parametrize("name", ["", "x" * 101])
def test_a_token_has_a_name_that_can_be_read(store: Store, name: str) -> None:
    with pytest.raises(InvalidRequest, match="name"):
        store.tokens.create(name)
