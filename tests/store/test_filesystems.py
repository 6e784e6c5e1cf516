"""Storage that is not there, or never answers."""

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.store.files import FileStore
from alzer.store.kinds import KeptFile, Kind
from servers import S3_ENVIRONMENT

# Each request ends after 4 s; the rest is room for a slow machine.
SOON_S = 20.0


@pytest.fixture
def mute(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileStore]:
    """Return files in a bucket of a server that listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        yield files_at(address, monkeypatch)


def files_at(address: str, monkeypatch: pytest.MonkeyPatch) -> FileStore:
    for name, value in {**S3_ENVIRONMENT, "AWS_ENDPOINT_URL": address}.items():
        monkeypatch.setenv(name, value)
    return FileStore("s3://alzer-test/x")


NAME = Kind.HEATMAP.new_name()

USES: list[Callable[[FileStore], Any]] = [
    lambda files: files.save(Kind.HEATMAP, b"picture"),
    lambda files: files.read(Kind.HEATMAP, NAME),
    lambda files: files.remove(Kind.HEATMAP, NAME),
    lambda files: list(files.listed()),
    lambda files: files.modified(KeptFile(f"alzer-test/x/{NAME}", NAME, False)),  # noqa: FBT003 - a field
]


@pytest.mark.parametrize("use", USES)
def test_a_bucket_that_never_answers_is_said_soon(
    mute: FileStore, use: Callable[[FileStore], Any]
) -> None:
    start = time.monotonic()
    with pytest.raises(StorageUnavailable):
        use(mute)

    assert time.monotonic() - start < SOON_S


@pytest.mark.parametrize("use", USES)
def test_a_bucket_that_is_not_there_is_said_soon(
    monkeypatch: pytest.MonkeyPatch, use: Callable[[FileStore], Any]
) -> None:
    files = files_at("http://127.0.0.1:1", monkeypatch)
    start = time.monotonic()
    with pytest.raises(StorageUnavailable):
        use(files)

    assert time.monotonic() - start < SOON_S


def test_what_the_environment_says_of_the_client_holds(
    monkeypatch: pytest.MonkeyPatch, s3_url: str
) -> None:
    monkeypatch.setenv("AWS_ALLOW_HTTP", "false")

    with pytest.raises(StorageUnavailable):
        FileStore(s3_url).check()


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="ALZER_FILES"):
        FileStore("ftp://server/folder")
