"""The tables and the migrations that lead to them."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from alzer.store.database import _MIGRATIONS, NEWEST
from alzer.store.keeping import Store
from alzer.store.tables import METADATA


def test_migrations_lead_to_the_tables_of_the_code(store: Store) -> None:
    with store.database.transaction() as connection:
        context = MigrationContext.configure(connection)
        difference = compare_metadata(context, METADATA)

    assert difference == []


def test_the_newest_revision_is_named() -> None:
    scripts = ScriptDirectory(str(_MIGRATIONS), version_locations=[str(_MIGRATIONS)])

    assert scripts.get_current_head() == NEWEST
