"""`alzer clock`: a clock that has jumped is shown, and confirmed by somebody."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import Result

from alzer.settings import Settings
from alzer.store.store import open_store

Call = Callable[..., Result]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a service whose clock has jumped back by a year."""
    monkeypatch.setenv("ALZER_DATA_DIR", str(tmp_path))
    store = open_store(Settings(data_dir=tmp_path))
    store.clock.confirm(datetime.now(UTC) + timedelta(days=365))
    store.database.close()
    return tmp_path


def test_a_clock_is_doubted_until_somebody_confirms_it(call: Call, data: Path) -> None:
    before = call("clock").stdout
    confirmed = call("clock", "--confirm").stdout
    after = call("clock").stdout

    assert data.is_dir()
    assert "nothing is purged" in before
    assert "is believed" in confirmed
    assert "is believed" in after
    assert "clock confirmed" in call("audit-log").stdout


def test_a_new_folder_has_no_time_yet(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALZER_DATA_DIR", str(tmp_path))

    assert "never" in call("clock").stdout
