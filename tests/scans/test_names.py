"""Names that slices have."""

from pathlib import Path

import pytest

from alzer.scans.names import (
    SUFFIXES_BY_FORMAT,
    is_image_half,
    is_image_name,
    other_half,
)


def test_every_suffix_is_an_images_in_any_case() -> None:
    for suffixes in SUFFIXES_BY_FORMAT.values():
        for suffix in suffixes:
            assert is_image_name(f"a.b{suffix}")
            assert is_image_name(f"A{suffix.upper()}")


@pytest.mark.parametrize("name", ["IM0001", "1.2.840.5", "a\nb"])
def test_names_of_dicom_files_need_no_suffix(name: str) -> None:
    assert is_image_name(name)


@pytest.mark.parametrize("name", ["DICOMDIR", "a.pdf", "a.tar.gz", "png.txt", "a."])
def test_other_names_are_no_images(name: str) -> None:
    assert not is_image_name(name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("a.hdr", "a.img"),
        ("a.img", "a.hdr"),
        ("a.HDR", "a.IMG"),
        ("a.hdr.gz", "a.img.gz"),
        ("in.b/a.b.hdr", "in.b/a.b.img"),
    ],
)
def test_halves_of_a_pair_find_each_other(name: str, other: str) -> None:
    assert other_half(name, {name, other}.__contains__) == other
    assert other_half(name, {name}.__contains__) is None
    assert is_image_half(name) is ("img" in name)


def test_other_files_have_no_half() -> None:
    assert other_half("a.nii", lambda _: True) is None


def test_every_suffix_is_documented() -> None:
    folders = Path(__file__).parents[2] / "docs" / "how-to" / "folders.md"
    told = set(folders.read_text("utf-8").replace("`", " ").split())

    for suffixes in SUFFIXES_BY_FORMAT.values():
        assert set(suffixes) <= told
