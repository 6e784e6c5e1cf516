"""The same store over both databases and both kinds of storage."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import create_engine, text

from alzer.settings import Settings
from alzer.store.audit import LOCAL, AuditEntry
from alzer.store.kinds import Kind
from alzer.store.records import Record
from alzer.store.store import Store, open_store
from servers import postgresql


@pytest.fixture(scope="session")
def postgresql_folder() -> Iterator[Path]:
    """Return a folder for PostgreSQL.

    Not below pytest's: another pytest that starts closes that one to the account
    that PostgreSQL runs as.
    """
    with TemporaryDirectory(prefix="alzer-postgresql-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgresql_server(postgresql_folder: Path) -> Iterator[str]:
    """Return the URL of a running PostgreSQL."""
    with postgresql(postgresql_folder) as url:
        yield url


@pytest.fixture
def new_postgresql(postgresql_server: str) -> Iterator[Callable[[], str]]:
    """Return what makes an empty database of PostgreSQL, and its URL."""
    driver = postgresql_server.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(driver, isolation_level="AUTOCOMMIT")

    def make() -> str:
        name = f"test_{uuid.uuid4().hex}"
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        return postgresql_server.rpartition("/")[0] + f"/{name}"

    yield make
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """Return an empty database of each kind; None: the default one."""
    if request.param == "sqlite":
        return None
    make: Callable[[], str] = request.getfixturevalue("new_postgresql")
    return make()


@pytest.fixture(params=["folder", "S3"])
def files_url(request: pytest.FixtureRequest) -> str | None:
    """Return an empty place of files of each kind; None: the default one."""
    if request.param == "folder":
        return None
    url: str = request.getfixturevalue("s3_url")
    return url


@pytest.fixture
def new_store(tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """Return what opens a store with some settings."""
    with ExitStack() as stack:

        def open_one(**settings: object) -> Store:
            values = {"data_dir": tmp_path / "data", **settings}
            store = open_store(Settings.model_validate(values))
            stack.callback(store.database.close)
            return store

        yield open_one


@pytest.fixture
def store(new_store: Callable[..., Store], database_url: str | None) -> Store:
    """Return an empty store over each database."""
    return new_store(database=database_url)


@pytest.fixture
def any_store(
    new_store: Callable[..., Store], database_url: str | None, files_url: str | None
) -> Store:
    """Return an empty store over each database with each storage."""
    return new_store(database=database_url, files=files_url)


@pytest.fixture
def words() -> str:
    """Return a text that can be looked for."""
    return "a prediction that can be looked for"


@pytest.fixture
def picture() -> bytes:
    """Return the content of a file that can be looked for."""
    return b"a picture that can be looked for"


@pytest.fixture
def keep(words: str, picture: bytes) -> Callable[..., Record]:
    """Return what keeps an analysis of some age."""

    def keep_one(store: Store, age: timedelta = timedelta(0)) -> Record:
        record = Record(
            id=str(uuid.uuid4()),
            owner=None,
            prediction=words,
            reliable=True,
            has_warnings=False,
            answer={"prediction": words},
            heatmap=store.files.save(Kind.HEATMAP, picture),
            original=store.files.save(Kind.ORIGINAL, picture),
            evidence=store.files.save(Kind.EVIDENCE, picture),
            created_at=datetime.now(UTC) - age,
        )
        store.records.add(record, AuditEntry(LOCAL, "analysed", record.id))
        return record

    return keep_one
