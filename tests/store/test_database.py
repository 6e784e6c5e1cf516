"""The tables, the migrations that lead to them, and how commits are kept."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from alzer.settings import Settings
from alzer.store.database import _MIGRATIONS, NEWEST
from alzer.store.keeping import Store, open_store
from alzer.store.tables import METADATA


def test_migrations_lead_to_the_tables_of_the_code(store: Store) -> None:
    with store.database.transaction() as connection:
        context = MigrationContext.configure(connection)
        difference = compare_metadata(context, METADATA)

    assert difference == []


def test_the_newest_revision_is_named() -> None:
    scripts = ScriptDirectory(str(_MIGRATIONS), version_locations=[str(_MIGRATIONS)])

    assert scripts.get_current_head() == NEWEST


# Source: SQLite's documentation, PRAGMA synchronous: 1 is NORMAL, 2 is FULL.
@pytest.mark.parametrize(("survives", "expected"), [(False, 1), (True, 2)])
def test_commits_wait_for_the_disk_where_that_is_wanted(
    tmp_path: Path, *, survives: bool, expected: int
) -> None:
    store = open_store(Settings(data_dir=tmp_path, survive_power_failure=survives))
    with store.database.transaction() as connection:
        found = connection.exec_driver_sql("PRAGMA synchronous").scalar()
        journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    store.database.close()

    assert found == expected
    assert journal == "wal"
