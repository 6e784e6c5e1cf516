"""Whole scans from any number of files: slices, volumes, series, archives.

`find_scans` looks at headers alone, so that what was not meant is refused before
anything is decoded.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from alzer.errors import EmptyFile, NotAnImage, SeveralScans, UnusableScan
from alzer.scans.archive import is_archive, unpack_archive
from alzer.scans.formats import DEFAULT_LIMITS, FORMAT_LIST, FORMATS
from alzer.scans.names import is_image_half, other_half
from alzer.scans.pair import join_pair
from alzer.scans.recognition import Recognised, check_file, damage_named, recognise
from alzer.scans.reduction import reduce_slice
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


@dataclass(frozen=True)
class FoundScan:
    """A scan that was found in files and is not decoded yet.

    Attributes:
        may_be_volume: Whether it may be more than one slice.
        read: Decodes it.
    """

    may_be_volume: bool
    read: Callable[[], Slice | Volume]


_NOTHING: Final = (
    "None of the files is of a format that is read. Send the DICOM files of one "
    f"series, or a {FORMAT_LIST} file."
)


def read_scans(
    files: Iterable[File], limits: Limits = DEFAULT_LIMITS, series: str | None = None
) -> list[Slice | Volume]:
    """Read all scans that files hold.

    DICOM files together give one volume, if a series has enough slices for one; else
    each is a slice. Zip archives count as the files in them. Pictures beside a volume
    are left out, as are files that are no images.

    Args:
        files: Whatever a person sends for one scan, in any order.
        limits: How large they may be.
        series: Which of several DICOM series is meant: its number in the list that
            `SeveralSeries` gives, or its identifier; None to choose the only one that
            is a T1-weighted scan of a head.

    Returns:
        The scans, without the identity of their owner.

    Raises:
        UnusableScan: If they can't be used; the message says why.
    """
    return [found.read() for found in find_scans(files, limits, series)]


def read_scan(
    files: Iterable[File], limits: Limits = DEFAULT_LIMITS, series: str | None = None
) -> Slice | Volume:
    """Read the one scan that files hold.

    Args:
        files: As for `read_scans`, as are the others.
        limits: How large they may be.
        series: Which of several DICOM series is meant.

    Returns:
        The scan.

    Raises:
        SeveralScans: If there is more than one; none was decoded.
        UnusableScan: If they can't be used; the message says why.
    """
    found = find_scans(files, limits, series)
    if len(found) > 1:
        message = (
            f"The files are {len(found)} separate scans or slices; send one of them, "
            "or all files of one series."
        )
        raise SeveralScans(message)
    return found[0].read()


def find_scans(
    files: Iterable[File], limits: Limits, series: str | None = None
) -> list[FoundScan]:
    """Find the scans that files hold, by their headers.

    Args:
        files: As for `read_scans`, as are the others.
        limits: How large they may be.
        series: Which of several DICOM series is meant.

    Returns:
        At least one.

    Raises:
        EmptyFile: There is no file.
        NotAnImage: None of several files is of a format that is read.
    """
    sent = list(files)
    check_together((len(file.content) for file in sent), limits)
    if not sent:
        message = "There is no file; choose the files again."
        raise EmptyFile(message)
    with damage_named():
        contents = list(_joined(list(_unpacked(sent, limits))))
        recognised, refusals = _recognise(contents, limits)
        if not recognised:
            raise refusals[0] if len(refusals) == 1 else NotAnImage(_NOTHING)
        found = list(_find(recognised, limits, series))
    return [one for one in found if one.may_be_volume] or found


def _unpacked(files: Sequence[File], limits: Limits) -> Iterator[File]:
    for file in files:
        if not is_archive(file.content):
            yield file
            continue
        for name, content in unpack_archive(file.content, limits):
            if not is_archive(content):  # nested ones are not opened
                yield File(content, name)


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
    contents: Sequence[bytes], limits: Limits
) -> tuple[list[Recognised], list[UnusableScan]]:
    recognised: list[Recognised] = []
    refusals: list[UnusableScan] = []
    for content in contents:
        try:
            check_file(content, limits.max_scan_bytes)
            recognised.append(recognise(content, FORMATS, limits))
        except UnusableScan as refusal:
            refusals.append(refusal)
    return recognised, refusals


def _find(
    recognised: Sequence[Recognised], limits: Limits, series: str | None
) -> Iterator[FoundScan]:
    dicom = [one for one in recognised if one.known.label == "DICOM"]
    for one in recognised:
        if one.known.label != "DICOM":
            reader = one.known.read_scan or one.known.read
            read_file = partial(reader, one.data, limits)
            may_be_volume = one.known.read_scan is not None
            yield FoundScan(may_be_volume, partial(_read, read_file, one.notes))
    if not dicom:
        return
    # pydicom takes longer to import than a picture to be analysed.
    from alzer.scans.series import reader as series_reader  # noqa: PLC0415 - see above

    read = series_reader.find_scans([one.data for one in dicom], limits, series)
    notes = dicom[0].notes if len(dicom) == 1 else ()
    if callable(read):
        yield FoundScan(may_be_volume=True, read=partial(_read, read, notes))
        return
    for read_slice in read:
        yield FoundScan(may_be_volume=False, read=partial(_read, read_slice, notes))


def _read(read: Callable[[], Slice | Volume], notes: tuple[str, ...]) -> Slice | Volume:
    with damage_named():
        scan = read()
        if isinstance(scan, Slice):
            scan = reduce_slice(scan)
    return replace(scan, notes=(*notes, *scan.notes))
