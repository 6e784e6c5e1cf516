"""Folders of images by kind: pictures, people's folders, whole heads."""

from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

from alzer.errors import InvalidRequest
from alzer.evaluation.other_images import WINDOWS, find_kinds, read_kind
from alzer.scans.slice import Slice
from phantoms import as_png, draw_brain


def write_head(path: Path, planes: int = 40) -> None:
    """Write a whole head whose values grow from plane to plane."""
    voxels = np.random.default_rng(0).random((40, 48, planes)) + np.arange(planes)
    affine = np.diag([4, 4, 4, 1])
    image = nibabel.Nifti1Image(voxels.astype(np.float32), affine)  # type: ignore[no-untyped-call]  # nibabel
    nibabel.save(image, path)


def test_kinds_are_folders_and_a_folder_of_files_is_one(tmp_path: Path) -> None:
    (tmp_path / "others" / "cats").mkdir(parents=True)
    (tmp_path / "others" / "dogs").mkdir()
    (tmp_path / "heads").mkdir()
    write_head(tmp_path / "heads" / "a.nii.gz")

    kinds = find_kinds([tmp_path / "others", tmp_path / "heads"])

    assert list(kinds) == ["cats", "dogs", "heads"]
    assert find_kinds([]) == {}


@pytest.mark.parametrize("wrong", ["empty", "absent"])
def test_a_folder_without_anything_is_named(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(InvalidRequest, match=f"{wrong}' holds no folders"):
        find_kinds([tmp_path / wrong])


def test_a_person_s_images_belong_together_and_no_images_are_left_out(
    tmp_path: Path,
) -> None:
    (tmp_path / "person").mkdir()
    for name in ("person/1.png", "person/2.png", "other.png"):
        (tmp_path / name).write_bytes(as_png(draw_brain((60, 50))))
    Image.new("RGB", (30, 20), (250, 100, 0)).save(tmp_path / "photo.png")
    (tmp_path / "readme.txt").write_text("no image", encoding="utf-8")

    found = list(read_kind("kind", tmp_path))

    assert {image.kind for image in found} == {"kind"}
    subjects = [image.subject for image in found]
    assert subjects == ["other.png", "person", "person", "photo.png"]
    assert isinstance(found[0].image, Slice)


def test_a_whole_head_is_cut_at_every_height_in_every_window(tmp_path: Path) -> None:
    write_head(tmp_path / "head.nii.gz")

    found = list(read_kind("heads", tmp_path))

    assert {image.subject for image in found} == {"head.nii.gz"}
    by_kind: dict[str, list[float]] = {}
    for image in found:
        assert isinstance(image.image, np.ndarray)
        by_kind.setdefault(image.kind, []).append(float(image.image.mean()))
    assert list(by_kind) == [f"heads, {window}" for window in WINDOWS]
    for levels in by_kind.values():
        assert len(levels) == 40
        assert levels == sorted(levels)
    whole, bright = (by_kind[f"heads, {name}"] for name in ("whole range", "bright"))
    assert sum(bright) > sum(whole)
