"""`alzer tokens`: made once, listed without secrets, revoked at once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from alzer.settings import Settings
from alzer.store.store import open_store

Call = Callable[..., Result]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that the commands work on."""
    monkeypatch.setenv("ALZER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


def test_a_token_that_was_made_lets_in_until_it_is_revoked(
    call: Call, data: Path
) -> None:
    token = call("tokens", "create", "radiology").stdout.strip()
    identity = token.split("_")[1]
    listed = call("tokens", "list").stdout
    store = open_store(Settings(data_dir=data))
    before = store.tokens.check(token)
    revoked = call("tokens", "revoke", identity)
    after = store.tokens.check(token)
    store.database.close()

    assert before == identity
    assert after is None
    assert revoked.exit_code == 0
    assert identity in listed
    assert "radiology" in listed
    assert "valid" in listed
    assert token.split("_")[2] not in listed
    assert "revoked" in call("tokens", "list").stdout


def test_a_token_with_a_term_says_until_when(call: Call, data: Path) -> None:
    assert data.is_dir()
    call("tokens", "create", "student", "--days", 30)

    assert "valid until" in call("tokens", "list").stdout


@pytest.mark.parametrize(
    "words",
    [("revoke", "nobody"), ("create", ""), ("create", "x" * 101),
     ("create", "x", "--days", "0")],
)  # fmt: skip
def test_a_wrong_call_is_told_so(
    call: Call, data: Path, words: tuple[str, ...]
) -> None:
    assert data.is_dir()

    assert call("tokens", *words).exit_code == 2


def test_the_audit_log_can_be_read(call: Call, data: Path) -> None:
    assert data.is_dir()
    for name in ("one", "two", "three"):
        call("tokens", "create", name)
    lines = call("audit-log", "--newest", 2).stdout.splitlines()

    assert len(lines) == 2
    assert all('"action": "token created"' in each for each in lines)


def test_a_name_is_neither_obeyed_nor_taken_for_markup(call: Call, data: Path) -> None:
    call("tokens", "create", "ward [red]\x1b[31m")

    assert data.is_dir()
    assert r"ward [red]\x1b[31m" in call("tokens", "list").stdout
