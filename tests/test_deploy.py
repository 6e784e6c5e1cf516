"""What is shipped for operators fits the code, and a backup brings everything back."""

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
import yaml
from typer.main import get_command

from alzer.backends.ray.cluster import address_of
from alzer.cli.app import app
from alzer.node.settings import NodeSettings
from alzer.settings import Settings
from alzer.store.audit import LOCAL, AuditEntry, read_log
from alzer.store.filters import Filter
from alzer.store.kinds import Kind
from alzer.store.records import Record
from alzer.store.store import Store, open_store
from servers import postgresql, postgresql_program

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"


def test_every_setting_that_is_named_exists() -> None:
    files = [each for each in DEPLOY.rglob("*") if each.is_file()]
    files += [ROOT / "docs/how-to/deploy.md", ROOT / "docs/how-to/cluster.md"]
    files += [ROOT / "docs/how-to/cluster-serve.md"]
    files += [ROOT / "docs/how-to/http-service.md", ROOT / "docs/threat-model.md"]
    files += [ROOT / "docs/how-to/pacs.md", ROOT / "docs/decisions/0032-pacs-node.md"]
    known = {f"ALZER_{name.upper()}" for name in Settings.model_fields}
    known |= {f"ALZER_NODE_{name.upper()}" for name in NodeSettings.model_fields}
    for path in files:
        named = set(re.findall(r"ALZER_[A-Z_]*[A-Z]\b(?!_)", path.read_text("utf-8")))

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


def test_the_cluster_s_manifest_runs_replicas_with_tokens_and_no_proxy() -> None:
    text = (DEPLOY / "ray" / "rayservice.yaml").read_text("utf-8")
    ray, service, policy = yaml.safe_load_all(text)
    cluster = ray["spec"]["rayClusterConfig"]
    serve = yaml.safe_load(ray["spec"]["serveConfigV2"])
    workers = {each["groupName"]: each for each in cluster["workerGroupSpecs"]}
    pods = [
        each["template"]["spec"]
        for each in [cluster["headGroupSpec"], *workers.values()]
    ]
    alzer = workers["service"]["template"]["spec"]["containers"][1]

    assert [each["kind"] for each in (ray, service, policy)] == [
        "RayService", "Service", "NetworkPolicy"
    ]  # fmt: skip
    assert cluster["authOptions"]["mode"] == "token"
    assert serve["proxy_location"] == "Disabled"
    for application in serve["applications"]:
        module, _, function = application["import_path"].partition(":")
        source = ROOT / "src" / Path(*module.split(".")).with_suffix(".py")
        assert f"def {function}(" in source.read_text("utf-8")
    assert alzer["command"] == ["alzer", "serve"]
    assert "RAY_AUTH_TOKEN" in {each["name"] for each in alzer["env"]}
    for container in (each for pod in pods for each in pod["containers"]):
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_job_of_kuberay_asks_for_a_token_and_goes_on_when_repeated() -> None:
    job = yaml.safe_load((DEPLOY / "ray/rayjob.yaml").read_text("utf-8"))
    cluster = job["spec"]["rayClusterSpec"]
    words = job["spec"]["entrypoint"].split()
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    pods = [group["template"]["spec"] for group in groups]

    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    assert cluster["authOptions"] == {"mode": "token"}
    assert words[:2] == ["alzer", "predict"]
    assert {"--resume", "--backend", "--output"} <= set(words)
    assert address_of(words[words.index("--backend") + 1]) == "auto"
    for pod in pods:
        (container,) = pod["containers"]

        assert pod["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
        assert container["resources"]["limits"] == container["resources"]["requests"]


@pytest.mark.parametrize(
    ("name", "command"), [("alzer", "alzer serve"), ("alzer-node", "alzer node")]
)
def test_a_unit_is_confined(name: str, command: str) -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]  # keep the case
    unit.read(DEPLOY / f"{name}.service", encoding="utf-8")
    service = unit["Service"]

    assert service["ExecStart"].endswith(command)
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert int(service["TimeoutStopSec"]) > 10


@pytest.mark.parametrize("name", ["alzer", "alzer-node"])
def test_systemd_takes_a_unit_and_finds_it_little_exposed(
    tmp_path: Path, name: str
) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd-analyze")
    text = (DEPLOY / f"{name}.service").read_text("utf-8")
    unit = tmp_path / f"{name}.service"
    unit.write_text(text.replace("/opt/alzer/bin/alzer", "/bin/true"), "utf-8")
    verify = [program, "verify", str(unit)]
    verified = subprocess.run(verify, check=False, capture_output=True, text=True)  # noqa: S603 - systemd's own
    # In tenths, of ten: 2.5 is what systemd calls OK at most.
    judge = [program, "security", "--offline=true", "--threshold=25", str(unit)]
    judged = subprocess.run(judge, check=False, capture_output=True, text=True)  # noqa: S603 - likewise

    assert (verified.returncode, verified.stderr) == (0, "")
    assert judged.returncode == 0, judged.stdout


def test_the_container_does_not_run_as_root() -> None:
    lines = (DEPLOY / "Containerfile").read_text("utf-8").splitlines()
    last = lines[max(i for i, each in enumerate(lines) if each.startswith("FROM")) :]

    assert any(re.fullmatch(r"USER alzer", each) for each in last)
    assert any("--require-hashes" in each for each in lines)


def test_the_bids_app_is_called_as_such_and_runs_as_anybody() -> None:
    text = (DEPLOY / "Containerfile.bids").read_text("utf-8")
    last = text[text.rindex("\nFROM") :]
    (entry,) = re.findall(r"^ENTRYPOINT (.*)$", last, re.MULTILINE)
    words = json.loads(entry)
    commands = getattr(get_command(app), "commands", {})

    assert words[0] == "alzer"
    assert words[1:] == ["bids"]
    assert words[1] in commands
    assert re.search(r"^USER alzer$", last, re.MULTILINE)
    assert "--require-hashes" in text
    assert "not a medical device" in last
    for label in ("title", "description", "version", "licenses"):
        assert f"org.opencontainers.image.{label}=" in last
    # Under Apptainer anybody runs it, and nothing but /tmp can be written to.
    assert "HOME=/tmp" in last
    assert "VOLUME" not in last


def test_what_the_bids_app_adds_is_pinned_by_digest() -> None:
    text = (ROOT / "requirements-bids.txt").read_text("utf-8")
    pins = re.findall(r"^([a-z-]+==\S+) ", text, re.MULTILINE)

    assert {pin.partition("==")[0] for pin in pins} == {"bids-validator-deno", "deno"}
    assert set(pins) <= set((ROOT / "constraints.txt").read_text("utf-8").split())
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", text)) >= len(pins)


def test_both_containers_are_built_alike() -> None:
    def steps(name: str) -> list[str]:
        text = (DEPLOY / name).read_text("utf-8")
        return [
            line for line in text[: text.rindex("\nFROM")].splitlines()
            if not line.startswith(("#", "COPY requirements")) and "-r req" not in line
        ]  # fmt: skip

    assert steps("Containerfile") == steps("Containerfile.bids")


def keep(store: Store, count: int) -> list[Record]:
    records = []
    for _ in range(count):
        identity = str(uuid.uuid4())
        name = store.files.save(Kind.HEATMAP, identity.encode())
        record = Record(
            identity, None, "Mild Impairment", None, has_warnings=False,
            answer={"confidence": 0.5}, heatmap=name,
        )  # fmt: skip
        store.records.add(record, AuditEntry(LOCAL, "analysed", identity))
        records.append(record)
    return records


def check(store: Store, records: list[Record], token: str) -> None:
    assert list(store.records.page(Filter(), 50).records) == records[::-1]
    for each in records:
        content = store.files.read(Kind.HEATMAP, str(each.heatmap))
        assert content == each.id.encode()
    assert store.tokens.check(token) is not None
    assert len(read_log(store.database)) == len(records) + 1


@dataclass(frozen=True)
class Commands:
    """What docs/how-to/deploy.md tells an operator to type, block by block."""

    save: str
    restore: str
    save_postgresql: str
    restore_postgresql: str


@pytest.fixture
def commands() -> Commands:
    """Return the documented commands."""
    text = (ROOT / "docs/how-to/deploy.md").read_text("utf-8")
    section = text.partition("## Backup and restore")[2].partition("\n## ")[0]
    return Commands(*re.findall(r"```sh\n(.*?)```", section, re.DOTALL))


def run(command: str, folder: Path, **variables: str) -> None:
    """Let a shell do what is documented, in a folder."""
    programs = [Path(sys.executable).parent, Path(postgresql_program("pg_dump")).parent]
    path = ":".join([*map(str, programs), os.environ["PATH"]])
    subprocess.run(  # noqa: S603 - our documentation's
        ["/bin/sh", "-euc", command],
        cwd=folder,
        env={**os.environ, **variables, "PATH": path},
        check=True,
    )


def test_a_backup_of_sqlite_brings_everything_back(
    tmp_path: Path, commands: Commands
) -> None:
    data = tmp_path / "alzer-data"
    store = open_store(Settings(data_dir=data))
    token, records = store.tokens.create("clinic"), keep(store, 5)
    run(commands.save, tmp_path)  # while the service runs
    keep(store, 2)
    store.database.close()
    shutil.rmtree(data)
    run(commands.restore, tmp_path)
    restored = open_store(Settings(data_dir=data))

    check(restored, records, token)
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0
    assert (data / "alzer.db").stat().st_mode & 0o077 == 0
    restored.database.close()


END_SUDDENLY = """
import os, sys, test_deploy
from alzer.settings import Settings
from alzer.store.store import open_store
test_deploy.keep(open_store(Settings(data_dir=sys.argv[1])), 2)
os._exit(9)
"""


def test_a_log_that_was_left_behind_does_not_change_what_is_restored(
    tmp_path: Path, commands: Commands
) -> None:
    data = tmp_path / "alzer-data"
    store = open_store(Settings(data_dir=data))
    token, records = store.tokens.create("clinic"), keep(store, 5)
    store.database.close()
    run(commands.save, tmp_path)
    command = [sys.executable, "-c", END_SUDDENLY, str(data)]
    place = {"PYTHONPATH": str(ROOT / "tests")}
    subprocess.run(command, env={**os.environ, **place}, check=False)  # noqa: S603 - our own
    left = (data / "alzer.db-wal").stat().st_size
    run(commands.restore, tmp_path)
    restored = open_store(Settings(data_dir=data))

    assert left > 0
    check(restored, records, token)
    with restored.in_use(datetime.now(UTC)):  # the files that came later are orphans
        files = {each.name for each in restored.files.listed()}
    assert files == {each.heatmap for each in records}
    restored.database.close()


@pytest.fixture
def server() -> Iterator[str]:
    """Return the URL of a running PostgreSQL."""
    # Not below pytest's folder: another pytest that starts would close that one.
    made = TemporaryDirectory(prefix="alzer-postgresql-")
    with made as folder, postgresql(Path(folder)) as url:
        yield url


def test_a_backup_of_postgresql_brings_everything_back(
    server: str, tmp_path: Path, commands: Commands
) -> None:
    place = {"data_dir": tmp_path / "data", "database": server}
    store = open_store(Settings.model_validate(place))
    token, records = store.tokens.create("clinic"), keep(store, 5)
    run(commands.save_postgresql, tmp_path, ALZER_DATABASE=server)
    keep(store, 2)
    store.database.close()
    with psycopg.connect(server, autocommit=True) as operator:
        operator.execute("CREATE DATABASE restored")
    address = server.rpartition("/")[0] + "/restored"
    run(commands.restore_postgresql, tmp_path, ALZER_DATABASE=address)
    restored = open_store(Settings.model_validate({**place, "database": address}))

    check(restored, records, token)
    restored.database.close()


def test_the_documented_vacuum_is_the_tested_one(server: str, tmp_path: Path) -> None:
    store = open_store(Settings(data_dir=tmp_path, database=server))
    store.database.check()
    text = (ROOT / "docs/how-to/deploy.md").read_text("utf-8")
    (command,) = re.findall(r"```sh\n(psql .*?)```", text, re.DOTALL)
    run(command, tmp_path, ALZER_DATABASE=server)
    store.database.close()

    # What it does is tested in tests/store/test_database.py.
    assert "'VACUUM FULL analyses'" in command
