"""What is kept of whole heads comes back as it was."""

from pathlib import Path

import numpy as np
import pytest

from alzer.person_analysis import standard_slices
from alzer.training.kept_heads import (
    Outcome,
    keep_head,
    read_kept_slice,
    read_outcome,
)
from slabs import straight_head

CHECK = Outcome("check", ("The scan is noisy.", "It may have moved."))


def test_slices_come_back_exactly(tmp_path: Path) -> None:
    slices = standard_slices(straight_head())
    keep_head(tmp_path / "head.npz", CHECK, slices)

    assert read_outcome(tmp_path / "head.npz") == CHECK
    for position in (0, 31):
        found = read_kept_slice(tmp_path / "head.npz", position)
        np.testing.assert_array_equal(found.pixels, slices[position].pixels)
        np.testing.assert_array_equal(
            np.asarray(found.affine), np.asarray(slices[position].affine)
        )
        assert found.display_range == slices[position].display_range


def test_a_head_that_failed_is_kept_without_slices(tmp_path: Path) -> None:
    failed = Outcome("failed", ("There is no brain.",))
    keep_head(tmp_path / "head.npz", failed, [])

    assert read_outcome(tmp_path / "head.npz") == failed


@pytest.mark.parametrize("size", [0, 10, 400])
def test_a_damaged_file_counts_as_none(tmp_path: Path, size: int) -> None:
    keep_head(tmp_path / "head.npz", CHECK, standard_slices(straight_head()))
    whole = (tmp_path / "head.npz").read_bytes()
    (tmp_path / "head.npz").write_bytes(whole[:size])

    assert read_outcome(tmp_path / "head.npz") is None
    assert read_outcome(tmp_path / "absent.npz") is None
