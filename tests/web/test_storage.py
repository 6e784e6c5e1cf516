"""Heatmaps on disk."""

import shutil
from pathlib import Path

import pytest

from alzer.errors import StorageUnavailable
from alzer.web.storage import HeatmapFolder


def test_what_was_saved_is_found_by_its_name(tmp_path: Path) -> None:
    folder = HeatmapFolder(tmp_path / "uploads" / "heatmaps")

    name = folder.save(b"picture")
    folder.settle(name)
    path = folder.find(name)

    assert path is not None
    assert path.read_bytes() == b"picture"
    assert [each.name for each in folder.path.iterdir()] == [name]


def test_every_heatmap_has_a_name_of_its_own(tmp_path: Path) -> None:
    folder = HeatmapFolder(tmp_path)

    assert len({folder.save(b"same") for _ in range(20)}) == 20


def test_a_folder_that_was_removed_is_made_again(tmp_path: Path) -> None:
    folder = HeatmapFolder(tmp_path / "heatmaps")
    folder.save(b"first")
    shutil.rmtree(folder.path)

    name = folder.save(b"second")

    assert folder.find(name) is not None


@pytest.mark.parametrize(
    "name",
    ["", "..", "heatmap_.png", "../secret.png", "heatmap_%2e%2e.png", "/etc/passwd"],
)
def test_a_name_of_another_form_finds_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path.parent / "secret.png").write_bytes(b"secret")

    assert HeatmapFolder(tmp_path).find(name) is None


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    place = tmp_path / "heatmaps"
    place.write_bytes(b"no folder")

    with pytest.raises(StorageUnavailable, match="could not be saved"):
        HeatmapFolder(place).save(b"picture")

    assert place.read_bytes() == b"no folder"
