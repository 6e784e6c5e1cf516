"""Which DICOM files of folders belong to one series, before any of them is decoded.

Files are not parsed here: that is left to processes that can do nothing else. Only the
series' identifier is looked for among a file's first bytes, and the files in which it
is the same are read together. The reader decides then what they are.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from alzer.scans.names import DICOM_INDEX, SUFFIXES_BY_FORMAT, is_image_name
from alzer.scans.signatures import has_dicom_prefix

# Fewer files are no volume.
LEAST_FILES: Final = 8

# Elements stand in the order of their tags, the identifier among the first hundred.
HEAD_BYTES: Final = 2**16

# Series Instance UID (0020,000E), with its representation or without, as the data set
# and the items of sequences hold it.
# Source: PS3.5 sections 7.1.2, 7.1.3 and 9.1; PS3.6.
_SERIES: Final = re.compile(
    rb"\x20\x00\x0e\x00(?:UI[\x01-\x40]\x00|[\x01-\x40]\x00{3})([0-9][0-9.]{0,63})"
)

# Patient ID, Instance Number and SOP Instance UID, each with its representation.
_PATIENT: Final = (b"\x10\x00\x20\x00", b"LO")
_NUMBER: Final = (b"\x20\x00\x13\x00", b"IS")
_IMAGE: Final = (b"\x08\x00\x18\x00", b"UI")

# Pixel Data: its greys may look like any element, and come after those of the series.
# Source: PS3.3 section C.7.6.3; PS3.5 section 7.1.
_PIXELS: Final = tuple(
    b"\xe0\x7f" + element for element in (b"\x08\x00", b"\x09\x00", b"\x10\x00")
)

_OTHER_SUFFIXES: Final = tuple(
    suffix
    for label, suffixes in SUFFIXES_BY_FORMAT.items()
    for suffix in suffixes
    if label != "DICOM"
)


@dataclass(frozen=True)
class Series:
    """One DICOM series in folders.

    Attributes:
        name: The folder that it alone is in, or its first file.
        files: Its files, in the order of a walk by names.
    """

    name: str
    files: tuple[str, ...]


def may_be_dicom(name: str) -> bool:
    """Check whether a name is one that DICOM files have.

    Args:
        name: Without folders.

    Returns:
        False for hidden files, and for the suffixes of other formats.
    """
    if name.startswith(".") or name == DICOM_INDEX or not is_image_name(name):
        return False
    return not name.lower().endswith(_OTHER_SUFFIXES)


def find_series(
    folders: Iterable[str], excluded: AbstractSet[str], *, apart: bool
) -> list[Series]:
    """Find the DICOM series in folders and in those below them.

    A series that an exporter has spread over several folders is one, and so are the
    copies of one. Folders of one identifier whose images can't be of one series (other
    patients, or other images of the same numbers) stay apart.

    Args:
        folders: Where to look.
        excluded: Real paths that are left out.
        apart: Whether series of one folder are told apart; if not, all DICOM files of
            a folder, and of those that share a series with it, are one.

    Returns:
        Those with enough files for a volume, in the order of a walk by names.
    """
    named = tuple(folders)
    paths = [path for folder in named for path in _candidates(folder, excluded)]
    groups = _join(dict.fromkeys(paths))
    if not apart:
        groups = _merge(groups)
    groups = [group for group in groups if len(group) >= LEAST_FILES]
    names = _names(groups, named)
    return [Series(*one) for one in zip(names, groups, strict=True)]


def _candidates(folder: str, excluded: AbstractSet[str]) -> list[str]:
    """Return the files that may be DICOM, in the order of a walk by names."""
    found: list[str] = []
    waiting = [folder]  # not by recursion: folders may be nested deeply
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting += [entry.path] * _is_entered(entry, excluded)
                    elif may_be_dicom(entry.name) and os.path.isfile(entry.path):  # noqa: PTH113 - no error where links lead in circles
                        found.append(entry.path)
        except OSError:
            continue  # told by the walk
    return sorted(found, key=_place)


def _is_entered(entry: "os.DirEntry[str]", excluded: AbstractSet[str]) -> bool:
    if entry.name.startswith("."):
        return False
    return not excluded or os.path.realpath(entry.path) not in excluded


def _place(path: str) -> tuple[str, ...]:
    return Path(path).parts


def _join(paths: Iterable[str]) -> list[tuple[str, ...]]:
    """Divide files into series, each with its files of all folders."""
    series: dict[tuple[bytes, bytes | None], list[_Part]] = {}
    for path in paths:
        facts = _facts_of(_head(path))
        if facts is None:
            continue
        parts = series.setdefault((facts.series, facts.patient), [])
        folder = _folder_of(path)
        part = next((one for one in parts if one.folder == folder), None)
        if part is None:
            part = _Part(folder)
            parts.append(part)
        part.files.append(path)
        part.images.setdefault(facts.number, set()).add(facts.image)
    joined = [one for parts in series.values() for one in _join_parts(parts)]
    return [tuple(part.files) for part in joined]


def _join_parts(parts: Iterable["_Part"]) -> list["_Part"]:
    """Join the folders whose images may be of one series."""
    joined: list[_Part] = []
    for part in parts:
        whole = next((one for one in joined if one.may_hold(part)), None)
        if whole is None:
            joined.append(part)
        else:
            whole.add(part)
    return joined


def _merge(groups: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Join the groups that have files in one folder."""
    merged: list[tuple[set[str], tuple[str, ...]]] = []
    for group in groups:
        folders, files = {_folder_of(file) for file in group}, group
        for other in [one for one in merged if one[0] & folders]:
            merged.remove(other)
            folders, files = folders | other[0], other[1] + files
        merged.append((folders, files))
    return [tuple(sorted(files, key=_place)) for _, files in merged]


def _names(groups: Sequence[tuple[str, ...]], named: Sequence[str]) -> Iterator[str]:
    """Name each series after its folder, or its first file if that holds others."""
    folders = [_common_folder(group) for group in groups]
    counts = Counter(folders)
    for folder, group in zip(folders, groups, strict=True):
        is_alone = counts[folder] == 1
        if any(_folder_of(file) != folder for file in group):
            is_alone = sum(is_below(one, folder) for one in folders) == 1
        is_named = any(is_below(folder, one) for one in named)
        yield folder if is_alone and is_named else group[0]


def _common_folder(files: Sequence[str]) -> str:
    """Return the folder that all files are in or below, as the walk writes it."""
    folder = _folder_of(files[0])
    while folder and not all(is_below(file, folder) for file in files):
        above = _folder_of(folder)
        folder = "" if above == folder else above
    return folder


def _folder_of(path: str) -> str:
    return os.path.dirname(path)  # noqa: PTH120 - paths are kept as they are written


def is_below(path: str, folder: str) -> bool:
    """Check whether a path lies in a folder or below, or is that folder."""
    return f"{path}{os.sep}".startswith(f"{folder.rstrip(os.sep)}{os.sep}")


@dataclass
class _Part:
    """Files of one series in one folder, or in several.

    Attributes:
        folder: The first folder.
        files: In the order of a walk.
        images: The identifiers of the images of each number in the series.
    """

    folder: str
    files: list[str] = field(default_factory=list)
    images: dict[bytes | None, set[bytes | None]] = field(default_factory=dict)

    def may_hold(self, other: "_Part") -> bool:
        """Check that no number stands for two images."""
        return all(
            number is None or self.images.get(number, images) == images
            for number, images in other.images.items()
        )

    def add(self, other: "_Part") -> None:
        """Take the files of another part."""
        self.files += other.files
        for number, images in other.images.items():
            self.images.setdefault(number, set()).update(images)


@dataclass(frozen=True)
class _Facts:
    """What a file says of the series that it belongs to."""

    series: bytes
    patient: bytes | None
    number: bytes | None
    image: bytes | None


def _facts_of(head: bytes) -> _Facts | None:
    series = series_of(head)
    if series is None:
        return None
    head = _before_pixels(head)
    return _Facts(series, *(_value(head, *one) for one in (_PATIENT, _NUMBER, _IMAGE)))


def _before_pixels(head: bytes) -> bytes:
    ends = [end for tag in _PIXELS if (end := head.find(tag)) >= 0]
    return head[: min(ends, default=None)]


def _value(head: bytes, tag: bytes, representation: bytes) -> bytes | None:
    """Return the last value of a short element, with its representation or without."""
    pattern = re.escape(tag) + rb"(?:%s([\0-\x40])\0|([\0-\x40])\0{3})" % representation
    found = None
    for match in re.finditer(pattern, head, re.DOTALL):
        (length,) = match[1] or match[2]
        found = head[match.end() : match.end() + length].strip(b" \0")
    return found or None


def series_of(head: bytes) -> bytes | None:
    """Find the identifier of the series that a DICOM file says it belongs to.

    Args:
        head: The file's first bytes.

    Returns:
        The identifier; None if the file is no DICOM file, or does not show it.
    """
    if not has_dicom_prefix(head):
        return None
    found = _SERIES.findall(_before_pixels(head))
    # Those of other series, in sequences, come before the file's own.
    return found[-1].rstrip(b".") if found else None


def _head(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""  # told when it is its turn
