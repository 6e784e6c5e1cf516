"""What the service and its decoding processes say to each other.

Neither side unpickles anything: a process that a hostile file has taken over
could otherwise take over the service as well.
"""

import json
import struct
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import UnusableScan
from alzer.scans.reduction import MOST_PIXELS
from alzer.scans.slice import Slice
from alzer.settings import Limits

# Lengths of the two parts of a message: JSON, then bytes.
HEAD: Final = struct.Struct("<QQ")

# Our own sentences and a few numbers need a tenth of it.
MAX_TEXT_BYTES: Final = 1 << 14

STRANGE: Final = (
    "The file can't be decoded: its decoder ended unexpectedly. Export it again."
)
TOO_MUCH: Final = (
    "Decoding the file takes more memory or time than is allowed; send one slice, "
    "uncompressed."
)


class MalformedAnswer(Exception):
    """What a process said is not what our program says: it may be taken over."""


def most_content(limits: Limits) -> int:
    """Return how many bytes the pixels of an answer may have."""
    return _most_pixels(limits) * np.dtype(np.float32).itemsize


def _most_pixels(limits: Limits) -> int:
    return min(limits.max_pixels, MOST_PIXELS)  # larger ones come reduced


def pack(fields: dict[str, Any], content: bytes | memoryview) -> tuple[bytes, Any]:
    """Put a message together.

    Args:
        fields: Of JSON's types.
        content: What comes with them.

    Returns:
        The head with the fields, and the content, to be sent in this order.
    """
    text = json.dumps(fields).encode()
    return HEAD.pack(len(text), len(content)) + text, content


def pack_slice(scan: Slice) -> tuple[bytes, Any]:
    """Put a scan into a message."""
    fields = {name: value for name, value in vars(scan).items() if name != "pixels"}
    affine = None if scan.affine is None else scan.affine.tolist()
    pixels = np.ascontiguousarray(scan.pixels, "<f4")
    fields |= {"shape": scan.shape, "affine": affine}
    return pack(fields, pixels.data.cast("B"))


def pack_refusal(refusal: UnusableScan) -> tuple[bytes, Any]:
    """Put the reason why a file can't be used into a message."""
    return pack({"code": refusal.code, "message": refusal.message}, b"")


def unpack_limits(fields: dict[str, Any]) -> Limits:
    """Read what the service asks for."""
    return Limits(**fields)


def pack_request(data: bytes, limits: Limits) -> tuple[bytes, Any]:
    """Ask for a file to be read."""
    return pack(asdict(limits), data)


def unpack_answer(text: bytes, content: bytes | bytearray, limits: Limits) -> Slice:
    """Read an answer, believing none of it.

    Args:
        text: The fields.
        content: The pixels.
        limits: How large the scan may be.

    Returns:
        The scan.

    Raises:
        UnusableScan: As the reader said.
        MalformedAnswer: If the answer is not as it should be: the file has made
            the process behave strangely.
    """
    try:
        fields = json.loads(text)
        if "code" not in fields:
            return _scan(fields, content, limits)
        refusal = _refusal(fields)
    except Exception as error:  # there are many ways to be wrong
        raise MalformedAnswer from error
    raise refusal


def _refusal(fields: dict[str, Any]) -> UnusableScan:
    waiting: list[type[UnusableScan]] = [UnusableScan]
    known: dict[str, type[UnusableScan]] = {}
    while waiting:
        each = waiting.pop()
        known[each.code] = each
        waiting.extend(each.__subclasses__())
    return known[str(fields["code"])](str(fields["message"])[:500])


def _scan(fields: dict[str, Any], content: bytes | bytearray, limits: Limits) -> Slice:
    rows, columns = (int(each) for each in fields["shape"])
    if not 0 < rows * columns <= _most_pixels(limits):
        raise ValueError(rows, columns)
    pixels = np.frombuffer(content, "<f4").reshape(rows, columns)
    if not np.isfinite(pixels).all():
        raise ValueError
    low, high = (_finite(each) for each in fields["display_range"])
    return Slice(
        pixels,
        str(fields["format"])[:20],
        (low, high),
        _spacing(fields["spacing_mm"]),
        _affine(fields["affine"]),
        _sentences(fields["notes"]),
        _sentences(fields["warnings"]),
    )


def _spacing(value: Any) -> tuple[float, float] | None:  # noqa: ANN401 - parsed JSON
    if value is None:
        return None
    first, second = (_finite(number) for number in value)
    if min(first, second) <= 0.0:
        raise ValueError(value)
    return first, second


def _affine(value: Any) -> NDArray[np.float64] | None:  # noqa: ANN401 - parsed JSON
    if value is None:
        return None
    affine = np.array(value, np.float64)
    if affine.shape != (4, 4) or not np.isfinite(affine).all():
        raise ValueError(value)
    return affine


def _finite(value: float) -> float:
    if not np.isfinite(value):
        raise ValueError(value)
    return float(value)


def _sentences(values: Any) -> tuple[str, ...]:  # noqa: ANN401 - parsed JSON
    return tuple(str(each)[:500] for each in values[:20])
