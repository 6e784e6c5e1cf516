"""Scans behind an address are found and fetched as those in folders are."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from alzer.cli.inputs import HIDDEN, Input, Skipped, find_inputs
from alzer.cli.places import Place
from alzer.cli.remote_scans import fetched, find_behind
from phantoms import as_jpeg, draw_brain
from volume_files import affine_of, as_series

ADDRESS = "memory://scans/study"


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
