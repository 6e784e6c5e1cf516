"""What a file is, by its content: one of the formats that are read, or why not."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from alzer.errors import DamagedFile, EmptyFile, NotAnImage, UnusableScan
from alzer.limits import Limits
from alzer.scans.foreign import describe
from alzer.scans.names import FORMAT_LIST, SUFFIXES_BY_FORMAT
from alzer.scans.packing import GZIP, unpack, unpacked_head
from alzer.scans.quiet import quiet_libraries
from alzer.scans.signatures import BYTE_ORDER_MARK, altered_format, picture_format
from alzer.scans.sizes import check_bytes
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume

# A picture or DICOM file is unpacked from gzip, and from gzip in gzip; no further.
_MOST_PACKINGS: Final = 2

_SEND: Final = f"Send a {FORMAT_LIST} file."
_UNKNOWN: Final = (
    "The file is of no known image format. (An .img file is read with its .hdr only: "
    "convert both to one .nii.)"
)


@dataclass(frozen=True)
class Format:
    """One format that is read: all that others know of it.

    Attributes:
        label: Its name, as people write it; messages and documents list it.
        is_like: Whether a file is of it, by its bytes and its first bytes unpacked.
        read: Reads a file of it that holds one slice.
        samples: Draws small files of it, one of each kind that is decoded in another
            way; nothing is left to be imported once they have been read.
        read_scan: Reads a file of it that holds a slice or a volume; None if it can
            hold no volume, or if volumes of it are files together (DICOM).
        describe: Describes the volume in a file of it, by its header; returns None for
            a slice. There is one where there is `read_scan`.
    """

    label: str
    is_like: Callable[[bytes, bytes], bool]
    read: Callable[[bytes, Limits], Slice]
    samples: Callable[[], Iterator[bytes]]
    read_scan: Callable[[bytes, Limits], Slice | Volume] | None = None
    describe: Callable[[bytes], str | None] = lambda _: None

    @property
    def suffixes(self) -> tuple[str, ...]:
        """What names of its files end in, in small letters."""
        return SUFFIXES_BY_FORMAT[self.label]


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


def recognise(
    data: bytes, formats: Sequence[Format], limits: Limits, packings: int = 0
) -> Recognised:
    """Find the format of a file by its content.

    Args:
        data: The file.
        formats: Those that are read, in the order in which they are tried.
        limits: How large it may become when it is unpacked.
        packings: How often it was packed so far.

    Returns:
        The format, and the file as its reader takes it.

    Raises:
        NotAnImage: It is of none that is read.
        DamagedFile: It is of none, as the file was changed on its way.
    """
    head = unpacked_head(data)
    for known in formats:
        if known.is_like(data, head):
            return Recognised(known, data)
    if data.startswith(GZIP):
        return _recognise_packed(data, head, formats, limits, packings + 1)
    if data.startswith(BYTE_ORDER_MARK) and picture_format(data[3:]):
        note = "Three bytes that mark text stood before the picture and were ignored."
        return _noted(recognise(data[3:], formats, limits, _MOST_PACKINGS), note)
    if (name := altered_format(data)) is not None:
        message = (
            f"The file is a {name} file that was changed on its way, as if it were "
            "text. Transfer it again in binary form."
        )
        raise DamagedFile(message)
    raise NotAnImage(describe(head) or f"{_UNKNOWN} {_SEND}")


def _recognise_packed(
    data: bytes, head: bytes, formats: Sequence[Format], limits: Limits, packings: int
) -> Recognised:
    """Recognise what is packed with gzip and is not a volume.

    Raises:
        DamagedFile: Nothing can be unpacked.
        NotAnImage: It is nothing that is read.
    """
    is_read = head.startswith(GZIP) or any(
        known.is_like(head, head) for known in formats
    )
    if not head:
        message = "The gzipped file is damaged or empty; compress and send it again."
        raise DamagedFile(message)
    if not is_read:
        inside = describe(head) or f"It is of no known image format. {_SEND}"
        inside = inside.replace("The file", "What is in it", 1)
        message = f"The file is packed with gzip. {inside}"
        raise NotAnImage(message)
    if packings > _MOST_PACKINGS:
        message = f"The file is packed with gzip several times; unpack it. {_SEND}"
        raise NotAnImage(message)
    content = bytes(unpack(data, limits.max_file_bytes))
    found = recognise(content, formats, limits, packings)
    return _noted(found, "The file was unpacked from gzip.")


def _noted(found: Recognised, note: str) -> Recognised:
    return replace(found, notes=(note, *found.notes))
