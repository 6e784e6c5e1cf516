"""Scans behind an address are found and fetched as those in folders are."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx2 as httpx
import pytest
from obstore.exceptions import PermissionDeniedError

from alzer.cli.inputs import HIDDEN, Input, Skipped, find_inputs
from alzer.cli.places import Place
from alzer.cli.remote_scans import fetched, find_behind
from alzer.errors import InvalidRequest
from alzer.store.filesystems import is_kept_back
from phantoms import as_dicom, as_jpeg, draw_brain
from volume_files import affine_of, as_series

ADDRESS = "memory://scans/study"
DENIED = "AccessDenied"


@pytest.fixture(scope="module")
def contents() -> dict[str, bytes]:
    """Slices, a pair, a series over two folders, and what is no scan, by name."""
    series = as_series(affine_of())
    return {
        "a.jpg": as_jpeg(draw_brain()),
        "b/c.hdr": b"header",
        "b/c.img": b"image",
        "b/notes.pdf": b"",
        ".hidden": b"",
        "results/heatmaps/a.png": b"of ours",
        **{f"mr/{index % 2}/{index}": one for index, one in enumerate(series)},
    }


@pytest.fixture(scope="module", autouse=True)
def _behind(contents: dict[str, bytes]) -> None:
    place = Place(ADDRESS)
    for name, content in contents.items():
        place.write(name, content)


def find(names: str, skipped: Skipped) -> Iterator[Input]:
    return find_inputs([names], frozenset(), skipped)


def test_an_address_holds_what_a_folder_of_these_files_holds(
    tmp_path: Path, contents: dict[str, bytes]
) -> None:
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    there, here = Counter[str](), Counter[str]()
    found = find_behind(ADDRESS, lambda name: find(name, there))
    beside = list(find(str(tmp_path), here))
    names = [one.name.removeprefix(ADDRESS) for one in found]

    assert names == [one.name.removeprefix(str(tmp_path)) for one in beside]
    assert [len(one.files) for one in found] == [len(one.files) for one in beside]
    assert f"{ADDRESS}/mr" in {one.name for one in found}
    assert there == here
    assert there[HIDDEN] == 1


def test_results_behind_an_address_are_no_inputs() -> None:
    own = frozenset({f"{ADDRESS}/results/heatmaps"})
    found = find_behind(ADDRESS, lambda name: find(name, Counter()), own)

    assert not [one for one in found if "heatmaps" in one.name]


def test_one_file_is_an_address_too() -> None:
    (found,) = find_behind(f"{ADDRESS}/a.jpg", lambda name: find(name, Counter()))
    (half,) = find_behind(f"{ADDRESS}/b/c.img", lambda name: find(name, Counter()))

    assert found == Input(f"{ADDRESS}/a.jpg")
    assert half.other_half == f"{ADDRESS}/b/c.hdr"


def test_an_address_of_nothing_is_told() -> None:
    (found,) = find_behind("memory://nothing", lambda name: find(name, Counter()))

    assert found.name == "memory://nothing"
    assert found.failure
    assert found.failure.code == "no_images"


def test_fetched_files_are_those_behind_the_address(
    contents: dict[str, bytes],
) -> None:
    names = tuple(f"{ADDRESS}/{name}" for name in contents if name.startswith("mr/"))
    with fetched(Input(f"{ADDRESS}/mr", files=names), 10**9) as (local, shown):
        read = [Path(name).read_bytes() for name in local.files]
        back = [shown[name] for name in local.files]

    assert read == [contents[name.removeprefix(f"{ADDRESS}/")] for name in names]
    assert back == list(names)
    assert not Path(local.files[0]).exists()


def test_halves_of_a_pair_lie_side_by_side() -> None:
    pair = Input(f"{ADDRESS}/b/c.hdr", other_half=f"{ADDRESS}/b/c.img")
    with fetched(pair, 10**9) as (local, _):
        assert local.other_half
        assert Path(local.name).with_suffix(".img") == Path(local.other_half)
        assert Path(local.other_half).read_bytes() == b"image"


def test_what_is_too_large_is_not_fetched() -> None:
    with fetched(Input(f"{ADDRESS}/a.jpg"), 10) as (local, _):
        assert local.failure
        assert local.failure.code == "too_many_bytes"


def test_what_is_on_this_machine_is_left_there(tmp_path: Path) -> None:
    scan = Input(str(tmp_path / "a.jpg"))
    with fetched(scan, 10) as (local, _):
        assert local == scan


def put(s3_address: str, s3_url: str, name: str, content: bytes, **more: str) -> None:
    """Write an object by HTTP, which leaves its name as it is."""
    address = f"{s3_address}/{s3_url.removeprefix('s3://')}/{name}"
    httpx.put(address, content=content, headers=more).raise_for_status()


def test_what_buckets_hold_besides_scans_keeps_no_scan_back(
    s3_url: str, s3_address: str
) -> None:
    scan = as_jpeg(draw_brain())
    long = "n" * 300
    objects = {
        "what/": b"", "what/a/": b"", "what/a/x.jpg": scan, "what/a/empty.dcm": b"",
        "what/lone/": b"", "what/w": b"file", "what/w/y.jpg": scan,
        f"what/{long}.jpg": scan, f"what/{long}.pdf": b"", "alone/": b"",
    }  # fmt: skip
    for name, content in objects.items():
        put(s3_address, s3_url, name, content)
    found = find_behind(f"{s3_url}/what", lambda name: find(name, Counter()))
    told = {
        one.name.removeprefix(f"{s3_url}/what/"): one.failure and one.failure.code
        for one in found
    }
    (nothing,) = find_behind(f"{s3_url}/alone", lambda name: find(name, Counter()))

    assert told == {
        "a/x.jpg": None,
        "a/empty.dcm": None,
        "w/y.jpg": None,
        "w": "unreadable_file",
        f"{long}.jpg": "unreadable_file",
    }
    assert nothing.failure
    assert nothing.failure.code == "no_images"


def test_a_series_that_is_archived_in_part_is_not_answered(
    s3_url: str, s3_address: str
) -> None:
    for index, content in enumerate(as_series(affine_of())):
        cold = {"x-amz-storage-class": "GLACIER"} if index < 3 else {}
        put(s3_address, s3_url, f"mr/old/{index}.dcm", content, **cold)
        put(s3_address, s3_url, f"mr/new/{index}.dcm", content)
    found = find_behind(f"{s3_url}/mr/old", lambda name: find(name, Counter()))
    (whole,) = find_behind(f"{s3_url}/mr/new", lambda name: find(name, Counter()))

    (part,) = (one for one in found if one.files)
    assert whole.failure is None
    assert part.failure
    assert part.failure.code == "unreadable_file"
    assert len(found) == 4


def test_a_storage_that_tells_no_sizes_is_looked_through(
    contents: dict[str, bytes], tmp_path: Path
) -> None:
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    handler = partial(Silent, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/mr/0/"
            found = find_behind(url, lambda name: find(name, Counter()))
        finally:
            server.shutdown()
            thread.join()

    (series,) = found
    assert len(series.files) == len([name for name in contents if "mr/0/" in name])


class Silent(SimpleHTTPRequestHandler):
    """Lists folders, and answers whole files without their size."""

    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.mark.parametrize("name", ["odd/a//b.jpg", "odd/a%09b.jpg"])
def test_a_name_that_can_t_be_listed_is_told(
    s3_url: str, s3_address: str, name: str
) -> None:
    put(s3_address, s3_url, name, b"b")

    with pytest.raises(InvalidRequest, match="can't be listed"):
        find_behind(f"{s3_url}/odd", lambda name: find(name, Counter()))


def test_an_archived_object_is_a_record_and_others_are_fetched(
    s3_url: str, s3_address: str
) -> None:
    content = as_dicom(draw_brain())
    cold = {"x-amz-storage-class": "GLACIER"}
    put(s3_address, s3_url, "cold/a.dcm", content, **cold)
    put(s3_address, s3_url, "cold/b.dcm", content)
    found = find_behind(f"{s3_url}/cold", lambda name: find(name, Counter()))
    failures = {}
    for one in found:
        with fetched(one, 10**9) as (local, _):
            failures[one.name] = local.failure
            assert local.failure or Path(local.name).read_bytes() == content

    assert failures.keys() == {f"{s3_url}/cold/a.dcm", f"{s3_url}/cold/b.dcm"}
    assert failures[f"{s3_url}/cold/b.dcm"] is None
    archived = failures[f"{s3_url}/cold/a.dcm"]
    assert archived
    assert archived.code == "unreadable_file"
    assert "archived" in archived.message


def test_an_account_that_is_not_known_is_no_fault_of_the_files() -> None:
    told = "status code: 403 Forbidden: <Error><Code>ExpiredToken</Code></Error>"

    assert not is_kept_back(PermissionDeniedError(told))
    assert is_kept_back(PermissionDeniedError(told.replace("ExpiredToken", DENIED)))
    assert is_kept_back(PermissionError())
    assert not is_kept_back(OSError())
