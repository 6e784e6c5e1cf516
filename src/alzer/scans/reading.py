"""Whole scans from any number of files: slices, volumes, series, archives.

`find_scans` looks at headers alone, so that what was not meant is refused before
anything is decoded.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from alzer.errors import (
    EmptyFile,
    NotAnImage,
    SeveralScans,
    UnusableScan,
)
from alzer.scans.archive import is_archive, unpack_archive
from alzer.scans.finding import Read, find
from alzer.scans.foreign import describe
from alzer.scans.formats import DEFAULT_LIMITS, FORMAT_LIST, FORMATS
from alzer.scans.left_out import LeftOut
from alzer.scans.names import is_image_half, is_of_system, other_half
from alzer.scans.pair import join_pair
from alzer.scans.recognition import Recognised, check_file, damage_named, recognise
from alzer.scans.sizes import check_together
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.settings import Limits


@dataclass(frozen=True)
class File:
    """One file of a scan.

    Attributes:
        content: Its bytes.
        name: Its name, in any form; by it the two files of a `.hdr` and `.img` pair
            find each other. It is kept nowhere.
    """

    content: bytes
    name: str = ""


_FORMATS: Final = f"Send the DICOM files of one series, or a {FORMAT_LIST} file."
_EMPTY_ARCHIVE: Final = (
    "The zip archive holds no file of a scan; make a new one of the scan's files."
)
_NESTED: Final = (
    "The zip archive holds another archive, which is not opened; unpack it, and send "
    "the scan's files or a zip archive of them."
)


def read_scans(
    files: Iterable[File],
    limits: Limits = DEFAULT_LIMITS,
    series: str | None = None,
    left_out: LeftOut | None = None,
) -> list[Slice | Volume]:
    """Read all scans that files hold.

    DICOM files together give one volume, if a series has enough slices for one; else
    each is a slice. Zip archives count as the files in them. Pictures and slices
    beside a volume are left out, as are files that are no images; warnings say so.

    Args:
        files: Whatever a person sends for one scan, in any order.
        limits: How large they may be.
        series: Which of several series or volumes is meant: its number in the list
            that `SeveralSeries` gives, or the identifier of a DICOM series; None to
            choose the only series that is a T1-weighted scan of a head.
        left_out: What was left out before, to be told with the rest.

    Returns:
        The scans, without the identity of their owner.

    Raises:
        UnusableScan: If they can't be used; the message says why.
    """
    return [read() for read in find_scans(files, limits, series, left_out)]


def read_scan(
    files: Iterable[File], limits: Limits = DEFAULT_LIMITS, series: str | None = None
) -> Slice | Volume:
    """Read the one scan that files hold.

    Args:
        files: As for `read_scans`, as are the others.
        limits: How large they may be.
        series: Which of several series or volumes is meant.

    Returns:
        The scan.

    Raises:
        SeveralScans: If there are several slices; none was decoded.
        SeveralSeries: If there are several volumes; likewise.
        UnusableScan: If they can't be used; the message says why.
    """
    found = find_scans(files, limits, series, is_one=True)
    if len(found) > 1:
        message = (
            f"The files are {len(found)} separate slices or pictures; send one of "
            "them, or all files of one series, which are 8 or more."
        )
        raise SeveralScans(message)
    return found[0]()


def find_scans(
    files: Iterable[File],
    limits: Limits,
    series: str | None = None,
    left_out: LeftOut | None = None,
    *,
    is_one: bool = False,
) -> list[Read]:
    """Find the scans that files hold, by their headers.

    Args:
        files: As for `read_scans`, as are the others.
        limits: How large they may be.
        series: Which of several series or volumes is meant.
        left_out: What was left out before.
        is_one: Whether one scan is wanted: several volumes are listed then.

    Returns:
        What reads each of them; at least one.

    Raises:
        EmptyFile: There is no file.
    """
    sent = list(files)
    check_together((len(file.content) for file in sent), limits)
    if not sent:
        message = "There is no file; choose the files again."
        raise EmptyFile(message)
    left_out = left_out or LeftOut()
    asked = (series or "").strip() or None
    with damage_named():
        unpacked = _without_systems(list(_unpacked(sent, limits, left_out)))
        contents = list(_joined(unpacked))
        recognised, refusals = _recognise(contents, limits, left_out)
        if not recognised:
            refusal = _nothing(sent, refusals, left_out)
            raise refusal
        found = find(recognised, limits, left_out)
        reads = found.choose(asked) if asked or is_one else found.all()
    warnings = (left_out.sentence,) * bool(left_out.sentence)
    return [partial(_read, read, warnings) for read in reads]


def _read(read: Read, warnings: tuple[str, ...]) -> Slice | Volume:
    with damage_named():
        scan = read()
    return replace(scan, warnings=(*warnings, *scan.warnings))


def _unpacked(
    files: Sequence[File], limits: Limits, left_out: LeftOut
) -> Iterator[File]:
    for file in files:
        if not is_archive(file.content):
            yield file
            continue
        for name, content in unpack_archive(file.content, limits):
            if is_archive(content):  # nested ones are not opened
                left_out.archives += 1
            else:
                yield File(content, name)


def _without_systems(files: list[File]) -> list[File]:
    """Leave out what systems add, unless that is all there is."""
    return [file for file in files if not is_of_system(file.name)] or files


def _nothing(
    sent: Sequence[File], refusals: Sequence[UnusableScan], left_out: LeftOut
) -> UnusableScan:
    """Return why none of the files can be used."""
    head = sent[0].content
    if len(sent) == 1 and is_archive(head) and not _is_plain_archive(head):
        return NotAnImage(describe(head) or _EMPTY_ARCHIVE)
    if left_out.archives:
        return NotAnImage(_NESTED)
    if not refusals:
        return NotAnImage(_EMPTY_ARCHIVE)
    if len(refusals) == 1:
        return refusals[0]
    kinds = f" ({left_out.kinds})" * bool(left_out.kinds)
    message = f"None of the {len(refusals)} files holds a scan{kinds}. {_FORMATS}"
    return NotAnImage(message)


def _is_plain_archive(head: bytes) -> bool:
    """Check that an archive is not the file of an office program, or of NumPy."""
    return (describe(head) or "").startswith("The file is a zip archive")


def _joined(files: Sequence[File]) -> Iterator[bytes]:
    """Yield contents, the two files of a pair as one."""
    by_name = {file.name: file.content for file in files if file.name}
    for file in files:
        other = other_half(file.name, by_name.__contains__)
        if other is None:
            yield file.content
        elif not is_image_half(file.name):
            yield join_pair(file.content, by_name[other])


def _recognise(
    contents: Sequence[bytes], limits: Limits, left_out: LeftOut
) -> tuple[list[Recognised], list[UnusableScan]]:
    recognised: list[Recognised] = []
    refusals: list[UnusableScan] = []
    for content in contents:
        try:
            check_file(content, limits.max_scan_bytes)
            recognised.append(recognise(content, FORMATS, limits))
        except UnusableScan as refusal:
            left_out.add_file(content, refusal)
            refusals.append(refusal)
    return recognised, refusals
