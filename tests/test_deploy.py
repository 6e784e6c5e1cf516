"""What is shipped for operators fits the code, and a backup brings everything back."""

import configparser
import re
import shutil
import sqlite3
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from sqlalchemy import create_engine, text

from alzer.settings import Settings
from alzer.store.audit import LOCAL, Act, read_log
from alzer.store.files import Kind
from alzer.store.keeping import Store, open_store
from alzer.store.records import Filter, Record
from servers import postgresql, postgresql_program

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"


def test_every_setting_that_is_named_exists() -> None:
    files = [*DEPLOY.iterdir(), ROOT / "docs/how-to/deploy.md"]
    files += [ROOT / "docs/how-to/http-service.md", ROOT / "docs/threat-model.md"]
    known = {f"ALZER_{name.upper()}" for name in Settings.model_fields}
    for path in files:
        named = set(re.findall(r"ALZER_[A-Z_]+[A-Z]", path.read_text("utf-8")))

        assert named <= known, path.name


def test_the_compose_file_keeps_the_service_small_and_closed() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    alzer, proxy = services["alzer"], services["proxy"]

    assert alzer["read_only"]
    assert alzer["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in alzer["security_opt"]
    assert "ports" not in alzer
    assert "ports" not in services["database"]
    assert proxy["ports"]
    assert alzer["environment"]["ALZER_PUBLIC_URL"].startswith("https://")


def test_the_unit_is_confined() -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]  # keep the case
    unit.read(DEPLOY / "alzer.service", encoding="utf-8")
    service = unit["Service"]

    assert service["ExecStart"].endswith("alzer serve")
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert int(service["TimeoutStopSec"]) > 10


def test_the_container_does_not_run_as_root() -> None:
    lines = (DEPLOY / "Containerfile").read_text("utf-8").splitlines()
    last = lines[max(i for i, each in enumerate(lines) if each.startswith("FROM")) :]

    assert any(re.fullmatch(r"USER alzer", each) for each in last)
    assert any("--require-hashes" in each for each in lines)


def keep(store: Store, count: int) -> list[Record]:
    records = []
    for _ in range(count):
        identity = str(uuid.uuid4())
        name = store.files.save(Kind.HEATMAP, identity.encode())
        record = Record(
            identity, None, "Mild Impairment", None, has_warnings=False,
            answer={"confidence": 0.5}, heatmap=name,
        )  # fmt: skip
        store.records.add(record, Act(LOCAL, "analysed", identity))
        records.append(record)
    return records


def check(store: Store, records: list[Record], token: str) -> None:
    assert list(store.records.page(Filter(), 50).records) == records[::-1]
    for each in records:
        content = store.files.read(Kind.HEATMAP, str(each.heatmap))
        assert content == each.id.encode()
    assert store.tokens.check(token) is not None
    assert len(read_log(store.database)) == len(records) + 1


def test_a_backup_of_sqlite_brings_everything_back(tmp_path: Path) -> None:
    data, saved = tmp_path / "data", tmp_path / "saved"
    store = open_store(Settings(data_dir=data))
    token, records = store.tokens.create("clinic"), keep(store, 5)
    saved.mkdir()
    # As docs/how-to/deploy.md says, while the service runs.
    with closing(sqlite3.connect(data / "alzer.db")) as source:
        with closing(sqlite3.connect(saved / "alzer.db")) as target:
            source.backup(target)
        shutil.copytree(data / "uploads", saved / "uploads")
    keep(store, 2)
    store.database.close()
    shutil.rmtree(data)
    shutil.copytree(saved, data)
    restored = open_store(Settings(data_dir=data))

    check(restored, records, token)
    restored.database.close()


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a running PostgreSQL."""
    with postgresql(tmp_path_factory.mktemp("postgresql")) as url:
        yield url


def test_a_backup_of_postgresql_brings_everything_back(
    server: str, tmp_path: Path
) -> None:
    place = {"data_dir": tmp_path / "data", "database": server}
    store = open_store(Settings.model_validate(place))
    token, records = store.tokens.create("clinic"), keep(store, 5)
    dump = tmp_path / "alzer.dump"
    _run("pg_dump", "--format=custom", f"--file={dump}", server)
    keep(store, 2)
    store.database.close()
    driver = server.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(driver, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE restored"))
    engine.dispose()
    address = server.rpartition("/")[0] + "/restored"
    _run("pg_restore", "--no-owner", f"--dbname={address}", str(dump))
    restored = open_store(Settings.model_validate({**place, "database": address}))

    check(restored, records, token)
    restored.database.close()


def _run(program: str, *arguments: str) -> None:
    command = [postgresql_program(program), *arguments]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - PostgreSQL's own
