"""One DICOM object as it came in, and the little that the node reads of it."""

from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any, Final

import pydicom
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from alzer.errors import DamagedFile, UnsupportedVariant
from alzer.scans.quiet import quiet_libraries

# What can become a volume of a head. Source: PS3.6 annex A.
STORAGE_CLASSES: Final = {
    "MR Image": "1.2.840.10008.5.1.4.1.1.4",
    "Enhanced MR Image": "1.2.840.10008.5.1.4.1.1.4.1",
    "Legacy Converted Enhanced MR Image": "1.2.840.10008.5.1.4.1.1.4.4",
}

# What the readers decode. Deflated data sets are not among them: a small message could
# become a large one. Source: PS3.6 annex A.
TRANSFER_SYNTAXES: Final = (
    "1.2.840.10008.1.2.1",  # explicit little endian
    "1.2.840.10008.1.2",  # implicit little endian
    "1.2.840.10008.1.2.4.57",  # JPEG lossless
    "1.2.840.10008.1.2.4.70",  # JPEG lossless, first-order prediction
    "1.2.840.10008.1.2.4.80",  # JPEG-LS lossless
    "1.2.840.10008.1.2.4.90",  # JPEG 2000 lossless
    "1.2.840.10008.1.2.5",  # RLE
)

_IDENTIFIERS: Final = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
_FACTS: Final = (
    "Modality",
    "BodyPartExamined",
    "SeriesDescription",
    "ProtocolName",
)
_READ: Final = (*_IDENTIFIERS, *_FACTS, "SOPClassUID", "NumberOfFrames", "PixelData")

# Preamble, prefix, and the element that says how long the file meta group is.
# Source: PS3.10 section 7.1.
_META: Final = b"\x02\x00\x00\x00UL\x04\x00"
_META_AT: Final = 132
_META_GROUP: Final = 2

_UNREADABLE: Final = "The object is no readable DICOM object."
_NO_IMAGE: Final = "The object is not an MR image; the node takes no others."
_ENCODED_OTHERWISE: Final = (
    "The object has a transfer syntax that the node does not take. Send it as explicit "
    "little endian."
)


@dataclass(frozen=True)
class SeriesFacts:
    """What the rules ask of a series.

    Attributes:
        modality: Such as MR.
        body_part: As its images name it; empty where they don't.
        names: Its description and its protocol's name. They may name a person.
    """

    modality: str
    body_part: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Instance:
    """One object.

    Attributes:
        content: A DICOM file.
        study: UID of the study; this and the next two identify a person.
        series: UID of the series.
        uid: Its own.
        storage: UID of its SOP class.
        facts: Of its series.
        images: How many images it holds.
    """

    content: bytes
    study: str
    series: str
    uid: str
    storage: str
    facts: SeriesFacts
    images: int = 1


def read_instance(content: bytes) -> Instance:
    """Read what the node needs to know of an object, without its pixels.

    Args:
        content: A DICOM file.

    Returns:
        The object.

    Raises:
        DamagedFile: It can't be read, or lacks an identifier or its pixels.
        UnsupportedVariant: It is no MR image, or has a transfer syntax that is not
            taken.
    """
    if _transfer_syntax(content) not in {"", *TRANSFER_SYNTAXES}:
        raise UnsupportedVariant(_ENCODED_OTHERWISE)
    dataset = read_header(content, list(_READ))
    identifiers = [str(dataset.get(name, "") or "") for name in _IDENTIFIERS]
    if not all(identifiers) or "PixelData" not in dataset:
        raise DamagedFile(_UNREADABLE)
    storage = str(dataset.get("SOPClassUID", ""))
    if storage not in STORAGE_CLASSES.values():
        raise UnsupportedVariant(_NO_IMAGE)
    facts = facts_of(dataset)
    images = _count(dataset.get("NumberOfFrames"))
    study, series, uid = identifiers
    return Instance(content, study, series, uid, storage, facts, images)


def read_header(content: bytes, elements: list[str] | None = None) -> Dataset:
    """Read the elements of an object; its pixels are not decoded.

    Args:
        content: A DICOM file.
        elements: Which, by keyword; None: all but the pixels.

    Returns:
        The elements.

    Raises:
        DamagedFile: It can't be read.
    """
    try:
        with quiet_libraries():
            return pydicom.dcmread(
                BytesIO(content),
                stop_before_pixels=elements is None,
                specific_tags=elements,
            )
    except Exception as error:  # pydicom raises many kinds of it
        raise DamagedFile(_UNREADABLE) from error


def _transfer_syntax(content: bytes) -> str:
    """Return how an object is encoded, from its file meta group alone.

    Anything that reads more would inflate what is deflated.

    Args:
        content: A DICOM file.

    Returns:
        The UID; empty if the file does not say, and then nothing is deflated.

    Raises:
        DamagedFile: The group can't be read.
    """
    file = BytesIO(content)
    file.seek(_META_AT)
    try:
        with quiet_libraries():
            meta = read_dataset(
                file,
                is_implicit_VR=False,
                is_little_endian=True,
                stop_when=lambda tag, _vr, _length: tag.group != _META_GROUP,
            )
            return str(meta.get("TransferSyntaxUID", "") or "")
    except Exception as error:  # likewise
        raise DamagedFile(_UNREADABLE) from error


def facts_of(dataset: Dataset) -> SeriesFacts:
    """Return what the rules ask of a series.

    Args:
        dataset: Of one of its images, or what a PACS says of it.
    """
    modality, body_part, *names = (str(dataset.get(one, "") or "") for one in _FACTS)
    return SeriesFacts(modality, body_part, tuple(names))


def body_of(content: bytes) -> bytes:
    """Return an object without what was put around it to make a file.

    The file meta group names who wrote the file; the object is the same whoever did.

    Args:
        content: A DICOM file.

    Returns:
        What follows the file meta group; all of it where that is not found.
    """
    start = _META_AT + len(_META)
    if content[_META_AT:start] != _META:
        return content
    return content[start + 4 + int.from_bytes(content[start : start + 4], "little") :]


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of an object, the same whoever has written its file."""
    return sha256(body_of(content)).hexdigest()


def _count(value: Any) -> int:  # noqa: ANN401 - whatever a file says
    try:
        return max(1, int(value))
    except (TypeError, ValueError):
        return 1
