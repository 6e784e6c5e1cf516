"""What the rows of a table of whole heads mean."""

from pathlib import Path

import numpy as np
import pytest

from alzer.errors import NotOneSlice, UnusableScan
from alzer.training.head_files import (
    are_heads,
    digest_of,
    files_of,
    kind_of,
    read_head,
)
from phantoms import as_dicom, as_nifti, as_png, draw_brain
from volume_files import affine_of, as_mgh, as_pair, as_series, as_zip, named, stored


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a head in every form that is read, and with slices."""
    affine = affine_of()
    for name, content in named(as_series(affine)).items():
        (tmp_path / "series").mkdir(exist_ok=True)
        (tmp_path / "series" / name).write_bytes(content)
    (tmp_path / "head.mgh").write_bytes(as_mgh(stored(affine), affine))
    (tmp_path / "head.zip").write_bytes(as_zip(named(as_series(affine))))
    header, image = as_pair(stored(affine), affine)
    (tmp_path / "pair.hdr").write_bytes(header)
    (tmp_path / "pair.img").write_bytes(image)
    (tmp_path / "slice.png").write_bytes(as_png(draw_brain()))
    (tmp_path / "slice.nii").write_bytes(as_nifti(draw_brain()))
    (tmp_path / "slice.dcm").write_bytes(as_dicom(draw_brain()))
    (tmp_path / "notes.txt").write_text("no scan", encoding="utf-8")
    return tmp_path


HEADS = ("series", "head.mgh", "head.zip", "pair.hdr", "pair.img")


@pytest.mark.parametrize("name", HEADS)
def test_heads_of_every_form_are_told_and_read(folder: Path, name: str) -> None:
    assert kind_of(folder / name) == "head"
    assert are_heads([folder / "notes.txt", folder / name])
    assert min(read_head(folder / name).voxels.shape) > 10


@pytest.mark.parametrize("name", ["slice.png", "slice.nii", "slice.dcm"])
def test_slices_are_told_and_are_no_heads(folder: Path, name: str) -> None:
    assert kind_of(folder / name) == "slice"
    assert not are_heads([folder / "absent", folder / name, folder / "head.mgh"])
    with pytest.raises(NotOneSlice, match="instead of one whole head"):
        read_head(folder / name)


def test_what_is_neither_is_named(folder: Path) -> None:
    with pytest.raises(UnusableScan):
        kind_of(folder / "notes.txt")
    assert not are_heads([folder / "notes.txt"])


def test_both_files_of_a_pair_belong_to_either_name(folder: Path) -> None:
    both = [folder / "pair.hdr", folder / "pair.img"]

    assert files_of(both[0]) == files_of(both[1]) == both
    assert np.array_equal(read_head(both[0]).voxels, read_head(both[1]).voxels)


def test_the_content_counts_and_not_the_name(folder: Path) -> None:
    before = digest_of(folder / "series")
    for number, file in enumerate(sorted((folder / "series").iterdir())):
        file.rename(file.with_name(f"renamed{99 - number}"))

    assert digest_of(folder / "series") == before
    (folder / "series" / "renamed99").write_bytes(b"other")
    assert digest_of(folder / "series") != before
