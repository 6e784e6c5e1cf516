"""The formats that are read, in the order in which they are tried.

A file is recognised by its content, whatever its name.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from alzer.errors import (
    DamagedFile,
    EmptyFile,
    NotAnImage,
    UnusableScan,
)
from alzer.scans.dicom.encoding import is_bare_dicom
from alzer.scans.foreign import describe
from alzer.scans.names import SUFFIXES_BY_FORMAT
from alzer.scans.packing import GZIP, unpack, unpacked_head
from alzer.scans.pair import join_pair
from alzer.scans.quiet import quiet_libraries
from alzer.scans.raster import read_raster
from alzer.scans.reduction import reduce_slice
from alzer.scans.signatures import (
    BYTE_ORDER_MARK,
    VolumeKind,
    altered_format,
    has_dicom_prefix,
    picture_format,
    volume_kind,
)
from alzer.scans.sizes import check_bytes
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.settings import Limits

DEFAULT_LIMITS = Limits()

# A picture or DICOM file is unpacked from gzip, and from gzip in gzip; no further.
_MOST_PACKINGS: Final = 2


@dataclass(frozen=True)
class Format:
    """One format that is read.

    Attributes:
        label: Its name, as people write it.
        is_like: Whether a file is of it, by its bytes and its first bytes unpacked.
        read: Reads a file of it that holds one slice.
        read_scan: Reads a file of it that holds a slice or a volume; None if it can
            hold no volume, or if volumes of it are files together (DICOM).
    """

    label: str
    is_like: Callable[[bytes, bytes], bool]
    read: Callable[[bytes, Limits], Slice]
    read_scan: Callable[[bytes, Limits], Slice | Volume] | None = None


def _picture(label: str) -> Format:
    return Format(
        label,
        lambda data, _: picture_format(data) == label,
        lambda data, limits: read_raster(data, label, limits),
    )


def _is_dicom_file(data: bytes, _: bytes) -> bool:
    return has_dicom_prefix(data)


def _is_bare_dicom(data: bytes, _: bytes) -> bool:
    return is_bare_dicom(data)


def _is_nifti(_: bytes, head: bytes) -> bool:
    return volume_kind(head) in {VolumeKind.NIFTI1, VolumeKind.NIFTI2}


def _is_mgh(_: bytes, head: bytes) -> bool:
    return volume_kind(head) is VolumeKind.MGH


# pydicom and nibabel take longer to import than a picture to be analysed.
def _read_dicom(data: bytes, limits: Limits) -> Slice:
    from alzer.scans.dicom.reader import read_dicom  # noqa: PLC0415 - see above

    return read_dicom(data, limits)


def _read_nifti(data: bytes, limits: Limits) -> Slice:
    from alzer.scans.nifti import read_nifti  # noqa: PLC0415 - see above

    return read_nifti(data, limits)


def _read_nifti_scan(data: bytes, limits: Limits) -> Slice | Volume:
    from alzer.scans.nifti import read_nifti_scan  # noqa: PLC0415 - see above

    return read_nifti_scan(data, limits)


def _read_mgh(data: bytes, limits: Limits) -> Slice:
    from alzer.scans.mgh import read_mgh  # noqa: PLC0415 - see above

    return read_mgh(data, limits)


def _read_mgh_scan(data: bytes, limits: Limits) -> Slice | Volume:
    from alzer.scans.mgh import read_mgh_scan  # noqa: PLC0415 - see above

    return read_mgh_scan(data, limits)


FORMATS: Final = (
    # First: a DICOM file's free first bytes may hold another format's mark.
    Format("DICOM", _is_dicom_file, _read_dicom),
    _picture("PNG"),
    _picture("JPEG"),
    _picture("TIFF"),
    _picture("BMP"),
    _picture("WebP"),
    _picture("GIF"),
    Format("NIfTI", _is_nifti, _read_nifti, _read_nifti_scan),
    Format("MGH", _is_mgh, _read_mgh, _read_mgh_scan),
    # Last: it has no mark.
    Format("DICOM", _is_bare_dicom, _read_dicom),
)

# For people: in the order in which they know them.
_LABELS: Final = tuple(SUFFIXES_BY_FORMAT)
FORMAT_LIST: Final = f"{', '.join(_LABELS[:-1])} or {_LABELS[-1]}"
_SEND: Final = f"Send a {FORMAT_LIST} file."
_UNKNOWN: Final = (
    "The file is of no known image format. (An .img file is read with its .hdr only: "
    "convert both to one .nii.)"
)


def read_slice(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Slice:
    """Read one slice from a file's bytes, whatever its name.

    Args:
        data: The file.
        limits: How large it may be.

    Returns:
        The slice, without the identity of its owner; of a large image one with
        fewer pixels, whose notes say so.

    Raises:
        UnusableScan: If the file can't be used; the message says why.
        EmptyFile: If it has no bytes.
        TooManyBytes: If it is over the limit.
        NotAnImage: If its format is not known, or known and not read.
        DamagedFile: If the format is known but the content is not as it should be.
    """
    check_file(data, limits.max_file_bytes)
    with damage_named():
        found = recognise(data, limits)
        scan = reduce_slice(found.known.read(found.data, limits))
    return replace(scan, notes=(*found.notes, *scan.notes))


def read_slice_pair(
    header: bytes, image: bytes, limits: Limits = DEFAULT_LIMITS
) -> Slice:
    """Read one slice from a NIfTI or Analyze 7.5 pair of files.

    Args:
        header: The file whose name ends in `.hdr`.
        image: The file whose name ends in `.img`, with the values.
        limits: How large each may be.

    Returns:
        The slice, without the identity of its owner.

    Raises:
        UnusableScan: As for `read_slice`.
    """
    return read_slice(join_pair(header, image), limits)


@dataclass(frozen=True)
class Recognised:
    """A file whose format is known.

    Attributes:
        known: The format.
        data: The file, unpacked from gzip unless its reader does that.
        notes: What was done to come to it.
    """

    known: Format
    data: bytes
    notes: tuple[str, ...] = ()


def check_file(data: bytes, most_bytes: int) -> None:
    """Refuse a file that is empty or too large.

    Args:
        data: The file.
        most_bytes: How large it may be.

    Raises:
        EmptyFile: It is empty.
    """
    if not data:
        message = "The file is empty; choose the file again."
        raise EmptyFile(message)
    check_bytes(len(data), most_bytes)


@contextmanager
def damage_named() -> Iterator[None]:
    """Let decoders fail in one way, and in silence.

    Raises:
        DamagedFile: What is done in the context fails in a way that is not foreseen.
        UnusableScan: It fails in a way that is.
    """
    try:
        with quiet_libraries():
            yield
    except UnusableScan:
        raise
    except Exception as error:  # decoders fail in every way there is
        message = (
            "The file is damaged or incomplete; export it again and send the new one."
        )
        raise DamagedFile(message) from error


def recognise(data: bytes, limits: Limits, packings: int = 0) -> Recognised:
    """Find the format of a file by its content.

    Args:
        data: The file.
        limits: How large it may become when it is unpacked.
        packings: How often it was packed so far.

    Returns:
        The format, and the file as its reader takes it.

    Raises:
        NotAnImage: It is of none that is read.
        DamagedFile: It is of none, as the file was changed on its way.
    """
    head = unpacked_head(data)
    for known in FORMATS:
        if known.is_like(data, head):
            return Recognised(known, data)
    if data.startswith(GZIP):
        return _recognise_packed(data, head, limits, packings + 1)
    if data.startswith(BYTE_ORDER_MARK) and picture_format(data[3:]):
        note = "Three bytes that mark text stood before the picture and were ignored."
        return _noted(recognise(data[3:], limits, _MOST_PACKINGS), note)
    if (name := altered_format(data)) is not None:
        message = (
            f"The file is a {name} file that was changed on its way, as if it were "
            "text. Transfer it again in binary form."
        )
        raise DamagedFile(message)
    message = f"{describe(head) or _UNKNOWN} {_SEND}"
    raise NotAnImage(message)


def _recognise_packed(
    data: bytes, head: bytes, limits: Limits, packings: int
) -> Recognised:
    """Recognise what is packed with gzip and is not a volume.

    Raises:
        DamagedFile: Nothing can be unpacked.
        NotAnImage: It is nothing that is read.
    """
    is_read = head.startswith(GZIP) or any(
        known.is_like(head, head) for known in FORMATS
    )
    if not head:
        message = "The gzipped file is damaged or empty; compress and send it again."
        raise DamagedFile(message)
    if not is_read:
        inside = describe(head) or "It is of no known image format."
        inside = inside.replace("The file", "What is in it", 1)
        message = f"The file is packed with gzip. {inside} {_SEND}"
        raise NotAnImage(message)
    if packings > _MOST_PACKINGS:
        message = f"The file is packed with gzip several times; unpack it. {_SEND}"
        raise NotAnImage(message)
    content = bytes(unpack(data, limits.max_file_bytes))
    found = recognise(content, limits, packings)
    return _noted(found, "The file was unpacked from gzip.")


def _noted(found: Recognised, note: str) -> Recognised:
    return replace(found, notes=(note, *found.notes))
