"""Files are there whole, or as they were."""

import os
from pathlib import Path

import pytest

from alzer.node.durable import write_durably


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    write_durably(tmp_path / "state", b"before")
    write_durably(tmp_path / "state", b"after")

    assert (tmp_path / "state").read_bytes() == b"after"
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["state"]


def test_a_disk_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_durably(tmp_path / "state", b"before")

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        write_durably(tmp_path / "state", b"after")

    assert (tmp_path / "state").read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir()] == ["state"]
