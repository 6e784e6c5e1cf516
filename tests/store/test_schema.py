"""Migrations lead from every older form of the tables to that of the code."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from alzer.store.audit import read_log
from alzer.store.clock import Seen
from alzer.store.records import Record
from alzer.store.schema import MIGRATIONS, NEWEST
from alzer.store.store import Store
from alzer.store.tables import METADATA


def test_migrations_lead_to_the_tables_of_the_code(store: Store) -> None:
    with store.database.transaction() as connection:
        context = MigrationContext.configure(connection)
        difference = compare_metadata(context, METADATA)

    assert difference == []


def test_the_newest_revision_is_named() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS)])

    assert scripts.get_current_head() == NEWEST


def test_every_database_has_a_name_of_its_own_that_stays(
    new_store: Callable[..., Store],
    store: Store,
    new_postgresql: Callable[[], str],
    tmp_path: Path,
) -> None:
    first = store.database.identity()
    others = {
        new_store(data_dir=tmp_path / "other").database.identity(),
        new_store(database=new_postgresql()).database.identity(),
    }
    store.database.close()

    assert store.database.identity() == first
    assert str(uuid.UUID(first)) == first
    assert len(others - {first}) == 2


def test_records_of_the_first_version_are_there_after_an_upgrade(
    store: Store, keep: Callable[..., Record]
) -> None:
    record = keep(store)
    before = read_log(store.database)
    with store.database.transaction() as connection:
        _take_back(connection)
    store.database.close()

    assert store.records.find(record.id) == replace(record, evidence=None)
    assert store.database.identity()
    assert read_log(store.database) == before
    assert store.clock.seen() == Seen(before[-1].at, doubted=False)


def _take_back(connection: Connection) -> None:
    """Leave the tables as version 0001 made them: without what was added since."""
    if connection.dialect.name == "sqlite":
        for trigger in ("audit_keeps_REPLACE", "audit_counts_up"):
            connection.execute(text(f"DROP TRIGGER {trigger}"))
    connection.execute(text("ALTER TABLE analyses DROP COLUMN reference"))  # 0009
    connection.execute(text("DROP TABLE jobs"))  # 0007
    connection.execute(text("DROP INDEX ix_analyses_content"))  # 0008
    connection.execute(text("ALTER TABLE analyses DROP COLUMN content"))
    connection.execute(text("DROP INDEX ix_analyses_evidence"))  # 0006
    connection.execute(text("ALTER TABLE analyses DROP COLUMN evidence"))
    connection.execute(text("ALTER TABLE audit DROP COLUMN count"))
    connection.execute(text("ALTER TABLE tokens DROP COLUMN scope"))
    connection.execute(text("DROP TABLE store"))  # 0002, 0005
    connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
