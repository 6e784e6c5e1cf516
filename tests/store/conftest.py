"""The same store over both databases."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from alzer.settings import Settings
from alzer.store.keeping import Store, open_store
from servers import postgresql


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a running PostgreSQL."""
    with postgresql(tmp_path_factory.mktemp("postgresql")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str | None]:
    """Give an empty database of each kind."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield None
            return
        server = request.getfixturevalue("postgresql_server")
        driver = server.replace("postgresql:", "postgresql+psycopg:")
        engine = create_engine(driver, isolation_level="AUTOCOMMIT")
        stack.callback(engine.dispose)
        name = f"test_{abs(hash(str(tmp_path)))}"
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield server.rpartition("/")[0] + f"/{name}"


@pytest.fixture
def store(database_url: str | None, tmp_path: Path) -> Iterator[Store]:
    """Give an empty store."""
    settings = Settings.model_validate(
        {"data_dir": tmp_path / "data", "database": database_url}
    )
    store = open_store(settings)
    yield store
    store.database.close()
