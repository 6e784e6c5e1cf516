"""What the service asks its decoding processes for.

The service is believed: it is the one that started them.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from alzer.decoding.messages import HEAD, pack
from alzer.limits import Limits
from alzer.scans.reading import File


def pack_request(data: bytes, limits: Limits) -> tuple[bytes, Any]:
    """Ask for a file to be read as one slice."""
    return pack({"limits": asdict(limits)}, data)


def pack_scan_request(
    files: Sequence[File], limits: Limits, series: str | None, seconds: float
) -> tuple[bytes, ...]:
    """Ask for files to be read as one scan.

    Args:
        files: All of them.
        limits: How large they may be.
        series: Which series is meant; None to choose.
        seconds: What it may take.

    Returns:
        The parts of the message, to be sent in this order.
    """
    fields = {
        "limits": asdict(limits),
        "series": series,
        "seconds": seconds,
        "names": [file.name for file in files],
        "lengths": [len(file.content) for file in files],
    }
    text = json.dumps(fields).encode()
    length = sum(len(file.content) for file in files)
    head = HEAD.pack(len(text), length) + text
    return (head, *(file.content for file in files))


@dataclass(frozen=True)
class Request:
    """What the service asks for.

    Attributes:
        limits: How large files may be.
        names: Of the files of one scan; None if one slice is asked for.
        lengths: Of the files, which follow; None likewise.
        series: Which series is meant.
        seconds: What it may take; None for what one slice may.
    """

    limits: Limits
    names: tuple[str, ...] | None = None
    lengths: tuple[int, ...] | None = None
    series: str | None = None
    seconds: float | None = None


def unpack_request(text: bytes) -> Request:
    """Read what the service asks for; it is believed.

    Args:
        text: The fields.

    Returns:
        The request.
    """
    fields = json.loads(text)
    limits = Limits(**fields["limits"])
    if "names" not in fields:
        return Request(limits)
    names, lengths = tuple(fields["names"]), tuple(fields["lengths"])
    return Request(limits, names, lengths, fields["series"], fields["seconds"])
