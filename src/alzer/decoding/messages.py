"""What the service and its decoding processes say to each other.

Neither side unpickles anything: a process that a hostile file has taken over
could otherwise take over the service as well.
"""

import json
import struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import SeveralSeries, UnusableScan
from alzer.scans.reduction import MOST_PIXELS
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.settings import Limits

# Lengths of the two parts of a message: JSON, then bytes.
HEAD: Final = struct.Struct("<QQ")

# Our own sentences and a few numbers need a tenth of it.
MAX_TEXT_BYTES: Final = 1 << 14

# What is read of a sentence; a list of series is the longest.
_MAX_SENTENCE: Final = 500
_MAX_LIST: Final = 4000
_MOST_SENTENCES: Final = 20

# Voxels whose values are checked at a time.
_CHECKED_AT_ONCE: Final = 1 << 22

STRANGE: Final = (
    "The file can't be decoded: its decoder ended unexpectedly. Export it again."
)
TOO_MUCH: Final = (
    "Decoding the file takes more memory or time than is allowed; send one slice or "
    "volume, uncompressed."
)


class MalformedAnswer(Exception):
    """What a process said is not what our program says: it may be taken over."""


def most_content(limits: Limits) -> int:
    """Return how many bytes the pixels of an answer may have."""
    return _most_pixels(limits) * np.dtype(np.float32).itemsize


def most_volume_content(limits: Limits) -> int:
    """Return how many bytes the voxels of an answer may have."""
    most = max(_most_pixels(limits), limits.max_voxels)
    return most * np.dtype(np.float32).itemsize


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


def pack_volume(volume: Volume) -> tuple[bytes, Any]:
    """Put a volume into a message, without a copy of its voxels."""
    planes = np.ascontiguousarray(volume.voxels.T, "<f4")
    fields = {
        "source": volume.source,
        "sizes": volume.voxels.shape,
        "affine": volume.affine.tolist(),
        "notes": volume.notes,
        "warnings": volume.warnings,
        "tells_sides": volume.tells_sides,
    }
    return pack(fields, planes.data.cast("B"))


def pack_refusal(refusal: UnusableScan) -> tuple[bytes, Any]:
    """Put the reason why a file can't be used into a message."""
    fields = {"code": refusal.code, "message": refusal.message}
    if isinstance(refusal, SeveralSeries):
        return pack({**fields, "found": refusal.found[:_MOST_SENTENCES]}, b"")
    return pack(fields, b"")


def unpack_answer(text: bytes, content: bytes | bytearray, limits: Limits) -> Slice:
    """Read an answer that should be a slice, believing none of it.

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
    scan = unpack_scan(text, content, limits)
    if not isinstance(scan, Slice):
        raise MalformedAnswer
    return scan


def unpack_scan(
    text: bytes, content: bytes | bytearray, limits: Limits
) -> Slice | Volume:
    """Read an answer that should be a slice or a volume, believing none of it.

    Args:
        text: As for `unpack_answer`, as are the others.
        content: The pixels, or the voxels.
        limits: How large the scan may be.

    Returns:
        The scan.

    Raises:
        UnusableScan: As the reader said.
        MalformedAnswer: If the answer is not as it should be.
    """
    try:
        fields = json.loads(text)
        if "code" not in fields:
            read = _volume if "sizes" in fields else _scan
            return read(fields, content, limits)
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
    failure = known[str(fields["code"])]
    if failure is SeveralSeries:
        message = str(fields["message"])[:_MAX_LIST]
        return SeveralSeries(message, _sentences(fields["found"]))
    return failure(str(fields["message"])[:_MAX_SENTENCE])


def _volume(
    fields: dict[str, Any], content: bytes | bytearray, limits: Limits
) -> Volume:
    columns, rows, planes = (int(size) for size in fields["sizes"])
    if min(columns, rows, planes) < 1 or columns * rows * planes > limits.max_voxels:
        raise ValueError(columns, rows, planes)
    voxels = np.frombuffer(content, "<f4")
    for first in range(0, len(voxels), _CHECKED_AT_ONCE):
        if not np.isfinite(voxels[first : first + _CHECKED_AT_ONCE]).all():
            raise ValueError
    affine = _affine(fields["affine"])
    if affine is None or np.linalg.det(affine) == 0.0:
        raise ValueError(affine)
    return Volume(
        voxels.reshape(planes, rows, columns).T,
        affine,
        str(fields["source"])[:20],
        _sentences(fields["notes"]),
        _sentences(fields["warnings"]),
        tells_sides=fields["tells_sides"] is True,
    )


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
        tells_sides=fields["tells_sides"] is True,
        tells_size=fields["tells_size"] is True,
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
    return tuple(str(each)[:_MAX_SENTENCE] for each in values[:_MOST_SENTENCES])
