"""Scans from files and folders, for callers in Python."""

import zipfile
from pathlib import Path

import nibabel
import numpy as np
import pytest

import alzer
from alzer.errors import EmptyFile, TooManyBytes
from alzer.limits import Limits
from alzer.scans.paths import read_scans
from alzer.scans.reading import File, read_scan
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from phantoms import as_nifti, as_png, draw_brain
from volume_files import affine_of, as_pair, as_series, as_zip, error_of, named, stored

AFFINE = affine_of((1, 2, 0), (1, -1, -1))
ROUNDING = 0.002


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def only_volume(scans: list[Slice | Volume]) -> Volume:
    (scan,) = scans
    assert isinstance(scan, Volume)
    return scan


def test_the_package_offers_it_at_its_top() -> None:
    assert alzer.read_scans is read_scans
    with pytest.raises(AttributeError, match="read_slices"):
        alzer.read_slices  # noqa: B018 - looking is what fails


def test_a_folder_is_read_with_the_folders_below_it(tmp_path: Path) -> None:
    files = {**named(as_series(AFFINE), "study/s{}/IM.dcm"), ".cache/x.dcm": b"x"}
    beside = {"notes.txt": b"text", "study/DICOMDIR": b"index", "study/.hidden": b"x"}
    volume = only_volume(read_scans(write(tmp_path, {**files, **beside})))

    assert error_of(volume) < ROUNDING


def test_files_named_one_by_one_are_one_series(tmp_path: Path) -> None:
    write(tmp_path, named(as_series(AFFINE)))

    assert error_of(only_volume(read_scans(sorted(tmp_path.iterdir())))) < ROUNDING


def test_a_volume_a_pair_an_archive_and_a_slice_are_read(tmp_path: Path) -> None:
    values = stored(AFFINE)
    header, image = as_pair(values, AFFINE)
    archive = as_zip(named(as_series(AFFINE)))
    write(tmp_path, {"a.nii": as_nifti(values, AFFINE), "b.zip": archive})
    write(tmp_path, {"c/T1.hdr": header, "c/T1.img": image})
    write(tmp_path, {"d.png": as_png(draw_brain())})

    for name in ("a.nii", "b.zip", "c"):
        assert error_of(only_volume(read_scans(str(tmp_path / name)))) < ROUNDING
    assert [type(scan) for scan in read_scans(tmp_path / "d.png")] == [Slice]
    pair = [tmp_path / "c" / name for name in ("T1.img", "T1.hdr")]
    assert error_of(only_volume(read_scans(pair))) < ROUNDING


def test_a_link_to_a_folder_above_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, named(as_series(AFFINE)))
    (tmp_path / "again").symlink_to(tmp_path)

    assert error_of(only_volume(read_scans(tmp_path))) < ROUNDING


def test_nothing_of_an_unusable_path_is_read(tmp_path: Path) -> None:
    with pytest.raises(EmptyFile):
        read_scans(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_scans(tmp_path / "absent")
    write(tmp_path, {"a.nii": bytes(2000)})
    with pytest.raises(TooManyBytes):
        read_scans(tmp_path, Limits(max_scan_bytes=1000))


def test_a_real_series_is_the_same_as_folder_and_as_archive(data_dir: Path) -> None:
    folder = data_dir / "series" / "t1-384"
    volume = only_volume(read_scans(folder))
    archive = as_zip(
        {file.name: file.read_bytes() for file in sorted(folder.iterdir())[::-1]},
        zipfile.ZIP_STORED,
    )
    zipped = read_scan([File(archive)])

    assert volume.voxels.shape == (274, 384, 384)
    assert volume.spacing_mm == pytest.approx((0.7, 0.6667, 0.6667), abs=1e-4)
    # Columns to the left, rows to the back, slices up; oblique by some degrees.
    assert np.abs(np.diag(volume.affine)[:3] / volume.spacing_mm).min() > 0.98
    assert (np.sign(np.diag(volume.affine)) == (-1, -1, 1, 1)).all()
    assert isinstance(zipped, Volume)
    assert np.array_equal(zipped.voxels, volume.voxels)
    assert np.array_equal(zipped.affine, volume.affine)


@pytest.mark.parametrize(("folder", "count"), [("volumes", 8), ("formats/nifti", 48)])
def test_real_volumes_are_what_another_reader_finds_in_them(
    data_dir: Path, folder: str, count: int
) -> None:
    files = sorted((data_dir / folder).glob("*.nii.gz"))
    for file in files:
        volume, other = only_volume(read_scans(file)), nibabel.load(file)

        assert np.array_equal(volume.voxels, other.get_fdata(dtype=np.float32))  # type: ignore[attr-defined]  # nibabel
        assert np.allclose(volume.affine, other.affine, atol=1e-4)  # type: ignore[attr-defined]  # nibabel
        assert not volume.notes + volume.warnings
    assert len(files) == count
