"""Which files a call means, and their bytes."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alzer.cli.dicom_folders import find_series, is_below
from alzer.errors import AlzerError, SeveralSeries, TooManyBytes, UnusableScan
from alzer.scans.names import DICOM_INDEX, is_image_half, is_image_name, other_half
from alzer.scans.pair import join_pair
from alzer.scans.sizes import check_bytes

STANDARD_INPUT: Final = "-"


@dataclass(frozen=True)
class Failure:
    """Why there is no answer for one input.

    Attributes:
        code: The same for a program; stable.
        message: What is wrong and what to do, for a person.
    """

    code: str
    message: str


@dataclass(frozen=True)
class SeveralFound(Failure):
    """Which series a scan holds, of which one has to be chosen.

    Attributes:
        series: What each is, in the order of their numbers, from 1 on.
    """

    series: tuple[str, ...] = ()


UNREADABLE: Final = "unreadable_file"
NO_IMAGES: Final = "no_images"

# What is left out of a folder for another reason than its suffix.
HIDDEN: Final = "hidden"
LINKED_FOLDER: Final = "linked folder"
NO_REGULAR_FILE: Final = "no regular file"

_LOOP: Final = Failure(
    UNREADABLE, "The link leads back to a folder that it lies in. Remove the link."
)

Skipped = Counter[str]


@dataclass(frozen=True)
class Person:
    """Whom a scan of a BIDS data set is of.

    Attributes:
        participant: Such as `sub-01`.
        session: Such as `ses-2`; None where the data set has no sessions.
    """

    participant: str
    session: str | None


@dataclass(frozen=True)
class Input:
    """One file, or the files of one series, to analyse.

    Attributes:
        name: How the call, or the folder that it named, leads to the file.
        failure: Why it can't be read, where that is known already.
        other_half: For one of a pair of files (`.hdr` and `.img`), how to come to
            the other one.
        files: The files of a DICOM series, together one scan; none for one file.
        person: Whom it is of, where the names of a BIDS data set tell that.
    """

    name: str
    failure: Failure | None = None
    other_half: str | None = None
    files: tuple[str, ...] = ()
    person: Person | None = None


def find_inputs(
    names: Iterable[str],
    excluded: AbstractSet[str],
    skipped: Skipped | None = None,
    *,
    apart: bool = True,
) -> Iterator[Input]:
    """Find the files that a call names, folders included.

    Args:
        names: Files, folders, or `-` for standard input.
        excluded: Real paths inside folders that are left out, such as results.
        skipped: Takes how many files of folders are left out, by suffix (such as
            `.pdf`) or by `HIDDEN`, `LINKED_FOLDER` and `NO_REGULAR_FILE`.
        apart: Whether the DICOM series of one folder are inputs of their own; if
            not, all of them are one.

    Yields:
        Each file, folders in the order of their names; a folder that can't be
        listed or holds no image comes with its failure. Both files of a pair
        (`.hdr` and `.img`) come as one, and so do the DICOM files of one series, in
        one folder or in several, under the name of the folder that no other series
        is in.
    """
    named = tuple(names)
    series = find_series(filter(_is_named_folder, named), excluded, apart=apart)
    walk = _Walk(
        excluded,
        Counter() if skipped is None else skipped,
        {one.files[0]: Input(one.name, files=one.files) for one in series},
        frozenset(file for one in series for file in one.files),
    )
    for name in named:
        if _is_named_folder(name):
            found = False
            for file in walk.below(name):
                found = True
                yield file
            # What it holds of a series may have come with another folder.
            if not found and not any(is_below(file, name) for file in walk.in_series):
                message = "The folder holds no image of a known name. Name the files."
                yield Input(name, Failure(NO_IMAGES, message))
        elif not (is_image_half(name) and other_half(name, named.__contains__)):
            yield _paired(name)


def _is_named_folder(name: str) -> bool:
    # Not Path.is_dir, which fails where a folder above may not be searched.
    return name != STANDARD_INPUT and os.path.isdir(name)  # noqa: PTH112 - see above


def _paired(name: str) -> Input:
    return Input(name, other_half=other_half(name, os.path.isfile))


@dataclass(frozen=True)
class _Walk:
    """A walk through folders.

    Attributes:
        excluded: Real paths to leave out.
        skipped: Takes what is left out.
        series: The DICOM series in the folders, by the first file of each.
        in_series: The files of all of them.
    """

    excluded: AbstractSet[str]
    skipped: Skipped
    series: Mapping[str, Input]
    in_series: AbstractSet[str]

    def below(self, folder: str) -> Iterator[Input]:
        """Find the files of a folder and of those below; not by recursion."""
        open_folders = [self._entries(folder)]
        while open_folders:
            entry = next(open_folders[-1], None)
            if entry is None:
                open_folders.pop()
            elif isinstance(entry, Input):
                yield entry
            elif _is_folder(entry):
                open_folders.append(self._entries(entry.path))
            else:
                yield from self._file(entry)

    def _entries(self, folder: str) -> Iterator["os.DirEntry[str] | Input"]:
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield Input(folder, _unreadable(error))
            return
        names = {entry.name for entry in entries}
        for entry in entries:
            if entry.path in self.series:
                yield self.series[entry.path]
            if entry.path in self.in_series:
                continue
            if self.excluded and os.path.realpath(entry.path) in self.excluded:
                continue
            if entry.name.startswith("."):
                self.skipped[HIDDEN] += 1
            elif is_image_half(entry.name) and other_half(
                entry.name, names.__contains__
            ):
                continue  # comes with its header
            else:
                yield entry

    def _file(self, entry: "os.DirEntry[str]") -> Iterator[Input]:
        try:
            if entry.is_symlink() and entry.is_dir():
                yield from self._linked_folder(entry)
            elif not is_image_name(entry.name):
                self.skipped[_kind_of(entry.name)] += 1
            elif entry.is_file() or entry.is_symlink():  # a link that leads nowhere
                yield _paired(entry.path)
            else:
                self.skipped[NO_REGULAR_FILE] += 1
        except OSError as error:  # links that lead to one another
            yield Input(entry.path, _unreadable(error))

    def _linked_folder(self, entry: "os.DirEntry[str]") -> Iterator[Input]:
        here = os.path.realpath(os.path.dirname(entry.path))  # noqa: PTH120 - a string
        target = os.path.realpath(entry.path)
        if os.path.commonpath((here, target)) == target:
            yield Input(entry.path, _LOOP)
        else:  # it may lead to a whole disk, or to what is named as well
            self.skipped[LINKED_FOLDER] += 1


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:  # its folder may be listed, but not searched
        return False


def _kind_of(name: str) -> str:
    return name if name == DICOM_INDEX else Path(name).suffix.lower() or "."


def read_input(file: Input, max_bytes: int) -> bytes | Failure:
    """Read one file.

    Args:
        file: Which one.
        max_bytes: Largest file that is read. Of standard input, whose size nobody
            knows, one more byte is read.

    Returns:
        Its bytes, those of a pair joined to one file; or why there are none.
    """
    content = _content(file, max_bytes)
    if file.other_half is None or isinstance(content, Failure):
        return content
    other = _content(Input(file.other_half), max_bytes)
    if isinstance(other, Failure):
        return other
    is_image = is_image_half(file.name)
    header, image = (other, content) if is_image else (content, other)
    try:
        return join_pair(header, image)
    except UnusableScan as refusal:
        return failure_of(refusal)


def _content(file: Input, max_bytes: int) -> bytes | Failure:
    if file.failure is not None:
        return file.failure
    if file.name == STANDARD_INPUT:
        return sys.stdin.buffer.read(max_bytes + 1)
    try:
        if Path(file.name).exists() and not Path(file.name).is_file():
            return Failure(UNREADABLE, "This is no regular file. Name an image file.")
        with Path(file.name).open("rb") as opened:
            check_bytes(os.fstat(opened.fileno()).st_size, max_bytes)
            return opened.read(max_bytes)
    except TooManyBytes as refusal:
        return failure_of(refusal)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        return _unreadable(error)


def _unreadable(error: OSError | ValueError) -> Failure:
    reason = getattr(error, "strerror", None) or "its name is not usable"
    return Failure(UNREADABLE, f"The file can't be read ({reason}). Check its path.")


def failure_of(error: AlzerError) -> Failure:
    """Describe a foreseen failure in a record."""
    if isinstance(error, SeveralSeries):
        return SeveralFound(error.code, error.message, error.found)
    return Failure(error.code, error.message)
