"""Add-ons: only the files that are meant."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from alzer.errors import AddonUnavailable, DamagedBundle
from alzer.volumes.addon import STRUCTURES, read_addon, read_files
from tfjs_models import small_addon


def test_the_files_of_the_structures_are_pinned(data_dir: Path) -> None:
    contents = read_files(STRUCTURES, data_dir / "models" / "brainchop-18")

    assert set(contents) == {"model.json", "model.bin"}


def test_an_add_on_that_is_absent_is_named_with_its_command(tmp_path: Path) -> None:
    with pytest.raises(AddonUnavailable, match="alzer models fetch structures"):
        read_addon(STRUCTURES, tmp_path)


def truncated(content: bytes) -> bytes:
    return content[:-1]


def longer(content: bytes) -> bytes:
    return content + b"\0"


def altered(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (truncated, "ends after"),
        (longer, "is longer"),
        (altered, "has the SHA-256"),
    ],
)
def test_other_files_are_refused(
    tmp_path: Path, spoil: Callable[[bytes], bytes], found: str
) -> None:
    addon = small_addon(tmp_path)
    path = tmp_path / "model.bin"
    path.write_bytes(spoil(path.read_bytes()))

    with pytest.raises(DamagedBundle, match=rf"model\.bin {found}"):
        read_files(addon, tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    addon = small_addon(tmp_path)
    (tmp_path / "model.json").unlink()

    with pytest.raises(DamagedBundle, match=r"model\.json is missing"):
        read_files(addon, tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    addon = small_addon(tmp_path)
    (tmp_path / "model.bin").unlink()
    os.mkfifo(tmp_path / "model.bin")

    with pytest.raises(DamagedBundle, match=r"model\.bin is missing"):
        read_files(addon, tmp_path)
