"""Whole scans from files and folders, for callers in Python."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from alzer.scans.formats import DEFAULT_LIMITS
from alzer.scans.left_out import LeftOut
from alzer.scans.names import is_image_name, is_of_system
from alzer.scans.reading import File
from alzer.scans.reading import read_scans as read_files
from alzer.scans.sizes import check_together
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.settings import Limits

PathLike = str | os.PathLike[str]


def read_scans(
    paths: PathLike | Iterable[PathLike],
    limits: Limits = DEFAULT_LIMITS,
    series: str | None = None,
) -> list[Slice | Volume]:
    """Read the scans that files and folders hold.

    Args:
        paths: A file, a folder (a DICOM series, with the folders below it), a zip
            archive, or several of them. All are taken together: the DICOM files of
            one series may be named one by one.
        limits: How many and how large the files may be.
        series: Which of several series or volumes is meant: its number in the list
            that `SeveralSeries` gives, or the identifier of a DICOM series; None to
            choose the only series that is a T1-weighted scan of a head.

    Returns:
        A `Volume` for each volume, and a `Slice` for each single slice, without the
        identity of their owner.

    Raises:
        UnusableScan: If they can't be used; the message says why.
        OSError: If a file can't be opened.
    """
    named = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    left_out = LeftOut()
    found = [file for path in named for file in _files_of(Path(path), left_out)]
    check_together((file.stat().st_size for file in found), limits)
    files = (File(file.read_bytes(), str(file)) for file in found)
    return read_files(files, limits, series, left_out)


def _files_of(path: Path, left_out: LeftOut) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            file = Path(folder, name)
            if is_of_system(name) or not file.is_file():
                continue
            if is_image_name(name):
                yield file
            else:
                left_out.add_name(name)
