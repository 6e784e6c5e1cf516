"""Files in a folder and in an S3 bucket: one contract."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.store.files import FileStore, Kind
from servers import S3_ENVIRONMENT, s3_server


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """Give the address of a running S3 server with a bucket."""
    with s3_server() as address:
        yield address


@pytest.fixture(params=["folder", "S3"])
def files(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> FileStore:
    """Give an empty storage of each kind."""
    if request.param == "folder":
        return FileStore(str(tmp_path / "uploads"))
    address = request.getfixturevalue("s3_address")
    for name, value in {**S3_ENVIRONMENT, "AWS_ENDPOINT_URL": address}.items():
        monkeypatch.setenv(name, value)
    return FileStore(f"s3://alzer-test/{uuid.uuid4()}")


def test_what_was_saved_is_read_by_its_name(files: FileStore) -> None:
    name = files.save(Kind.HEATMAP, b"picture")

    assert files.read(Kind.HEATMAP, name) == b"picture"
    assert files.read(Kind.HEATMAP, Kind.HEATMAP.new_name()) is None


def test_every_file_has_a_name_of_its_own(files: FileStore) -> None:
    names = {files.save(Kind.HEATMAP, b"same") for _ in range(20)}

    assert len(names) == 20
    assert {each.name for each in files.listed()} == names


def test_what_was_removed_is_gone(files: FileStore) -> None:
    name = files.save(Kind.ORIGINAL, b"scan")
    files.remove(Kind.ORIGINAL, name)
    files.remove(Kind.ORIGINAL, name)

    assert files.read(Kind.ORIGINAL, name) is None
    assert list(files.listed()) == []


def test_files_are_listed_with_the_time_they_were_written(files: FileStore) -> None:
    name = files.save(Kind.HEATMAP, b"picture")
    (listed,) = files.listed()
    modified = files.modified(listed)
    files.discard(listed)

    assert listed.name == name
    assert not listed.is_partial
    assert abs(datetime.now(UTC) - modified) < timedelta(minutes=1)
    assert list(files.listed()) == []


def test_a_check_leaves_nothing_behind(files: FileStore) -> None:
    files.check()

    assert list(files.listed()) == []


@pytest.mark.parametrize(
    "name",
    ["", "..", "heatmap_.png", "../secret.png", "/etc/passwd", "secret.png",
     "heatmap_00000000-0000-4000-8000-000000000000.png\n",
     "original_00000000-0000-4000-8000-000000000000"],
)  # fmt: skip
def test_a_name_of_another_form_leads_nowhere(
    files: FileStore, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    files.save(Kind.HEATMAP, b"picture")
    files.remove(Kind.HEATMAP, name)

    assert files.read(Kind.HEATMAP, name) is None
    assert (tmp_path / "secret.png").exists()


def test_an_unreachable_bucket_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in S3_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    files = FileStore("s3://alzer-test/x")

    with pytest.raises(StorageUnavailable):
        files.read(Kind.HEATMAP, Kind.HEATMAP.new_name())


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="ALZER_FILES"):
        FileStore("ftp://server/folder")


@pytest.mark.parametrize("settle", [False, True])
def test_no_half_file_is_ever_seen(tmp_path: Path, *, settle: bool) -> None:
    files = FileStore(str(tmp_path), settle=settle)
    name = files.save(Kind.HEATMAP, b"picture")

    folder = tmp_path / "heatmaps"
    assert [each.name for each in folder.iterdir()] == [name]


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    place = tmp_path / "uploads"
    place.write_bytes(b"no folder")
    files = FileStore(str(place))

    with pytest.raises(StorageUnavailable, match="could not be saved"):
        files.save(Kind.HEATMAP, b"picture")
    assert files.read(Kind.HEATMAP, Kind.HEATMAP.new_name()) is None
    assert place.read_bytes() == b"no folder"


def test_a_full_disk_leaves_nothing_and_says_so(tmp_path: Path) -> None:
    files = FileStore(str(tmp_path))
    files.save(Kind.HEATMAP, b"small")
    import resource  # noqa: PLC0415 - of this test alone
    import signal  # noqa: PLC0415 - likewise

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(StorageUnavailable, match="too large"):
            files.save(Kind.HEATMAP, bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)

    assert len(list(files.listed())) == 1
    assert len(list((tmp_path / "heatmaps").iterdir())) == 1
