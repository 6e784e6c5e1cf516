"""Places that results go to, in folders and behind addresses."""

from pathlib import Path

import fsspec
import pytest

from alzer.cli.places import Place, is_remote, sizes_of
from alzer.errors import InvalidRequest, StorageUnavailable


@pytest.fixture(params=["folder", "address"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]
    return Place(str(tmp_path) if request.param == "folder" else "memory://bucket/out/")


def test_what_is_written_is_read_listed_and_removed(place: Place) -> None:
    place.write("records/a=1/part", b"first")
    place.write("records/a=1/part", b"second")
    place.write("records/b", b"")
    place.write("other", b"")
    names = place.names("records")
    place.remove("records/b")
    place.remove("records/b")  # there is none any more

    assert names == ("records/a=1/part", "records/b")
    assert place.names("records") == ("records/a=1/part",)
    assert place.read("records/a=1/part") == b"second"
    assert place.read("absent") is None
    assert place.names("absent") == ()


def test_a_place_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StorageUnavailable, match="--resume"):
        Place(str(tmp_path / "file")).write("a", b"")


def test_an_address_without_a_driver_is_a_wrong_call() -> None:
    with pytest.raises(InvalidRequest, match="not usable"):
        Place("nothing://bucket")


def test_what_is_behind_an_address_is_listed_with_its_size() -> None:
    Place("memory://sizes").write("a/b", b"123")

    assert dict(sizes_of("memory://sizes")[1]) == {"/sizes/a/b": 3}
    assert dict(sizes_of("memory://absent")[1]) == {}


def test_a_single_file_in_a_bucket_is_listed_with_its_size(s3_url: str) -> None:
    Place(s3_url).write("a.jpg", b"123")
    files, sizes = sizes_of(f"{s3_url}/a.jpg")

    assert dict(sizes) == {f"{s3_url}/a.jpg".removeprefix("s3://"): 3}
    assert files.exists(*sizes)


def test_addresses_are_told_from_paths() -> None:
    assert is_remote("s3://bucket/a.jpg")
    assert not is_remote("/data/a.jpg")
