"""What a NIfTI header means, read as the tools that write such headers read it.

Headers in use break the standard in small ways that other programs accept. What
is put right here is said in a note.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import nibabel
import numpy as np

from alzer.errors import DamagedFile, UnsupportedVariant
from alzer.scans.signatures import VolumeKind
from alzer.scans.sizes import times

# Size of the header itself, and where values of a file that holds both begin at the
# earliest by the standard: four bytes say whether extensions follow.
_HEADER_BYTES: Final = {VolumeKind.NIFTI1: 348, VolumeKind.NIFTI2: 540}
_EXTENDER_BYTES: Final = 4

_CLASSES: Final = {
    VolumeKind.NIFTI1: nibabel.Nifti1Header,
    VolumeKind.NIFTI2: nibabel.Nifti2Header,
}

# Source: nifti1.h, field datatype. The last two are colours, channels last.
_VOXELS: Final = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2"}
_VOXELS_OF_NIFTI: Final = {768: "u4", 1024: "i8", 1280: "u8", 1536: "V16"}
_COLOURS: Final = {128: "3u1", 2304: "4u1"}
FLOAT128: Final = np.dtype("V16")

_SAVE_MAGNITUDE: Final = "complex numbers; save their magnitude"
_UNREAD_VOXELS: Final = {
    1: "single bits (data type 1); save them as 8-bit integers",
    **dict.fromkeys((32, 1792, 2048), _SAVE_MAGNITUDE),
}

_FLATTENED: Final = (
    "The slice lies beyond the file's axes of space (axes of one voxel were left "
    "out), so its orientation and spacing are not known."
)


@dataclass(frozen=True)
class VolumeHeader:
    """What of a header is needed to read the values.

    Attributes:
        shape: Voxels along each of seven axes.
        is_placed: Whether what the header says of the patient's axes is of these.
        voxel: numpy's type of one voxel in the file's byte order; of colours,
            with the channels as its shape.
        header_bytes: Its own size.
        offset: Where the values begin in the file that holds them, if it says so
            usably.
        is_whole: Whether its mark says that values are in the same file.
        slope: What stored values are multiplied by.
        intercept: What is added then.
        notes: What was put right.
        fields: The whole header, as nibabel reads it.
    """

    shape: tuple[int, ...]
    is_placed: bool
    voxel: np.dtype[Any]
    header_bytes: int
    offset: int | None
    is_whole: bool
    slope: float
    intercept: float
    notes: tuple[str, ...]
    fields: Any


def read_header(head: bytes, kind: VolumeKind) -> VolumeHeader:
    """Read a NIfTI-1, NIfTI-2 or Analyze 7.5 header in either byte order.

    Args:
        head: The file's first bytes, unpacked.
        kind: Which of them it is.

    Returns:
        What it means.

    Raises:
        DamagedFile: It is cut off or makes no sense.
        UnsupportedVariant: Its voxels are of a type that is not read.
    """
    header_class, size = _CLASSES[kind], _HEADER_BYTES[kind]
    order = {size.to_bytes(4, "little"): "<", size.to_bytes(4, "big"): ">"}.get(
        head[:4]
    )
    if len(head) < size:
        message = "The NIfTI file ends within its header; export it again."
        raise DamagedFile(message)
    # Constructed rather than read: extensions behind the header do not matter.
    fields: Any = header_class(head[:size], order, check=False)  # type: ignore[no-untyped-call]  # nibabel
    slope, intercept, notes = _scaling(fields)
    offset, more = _offset(fields)
    shape = _shape(fields)
    if is_flattened := _is_plane_beyond_space(shape):
        shape = (*(side for side in shape if side > 1), *[1] * 5)
        notes += (_FLATTENED,)
    if kind is VolumeKind.NIFTI1 and not bytes(head[344:347]).startswith(b"n"):
        notes += (
            "The header has no NIfTI mark: it is Analyze 7.5, or the mark is lost.",
        )
    return VolumeHeader(
        shape=shape,
        is_placed=not is_flattened,
        voxel=_voxel(fields),
        header_bytes=size,
        offset=offset,
        slope=slope,
        intercept=intercept,
        is_whole=head[344:348] == b"n+1\0" or head[4:8] == b"n+2\0",
        notes=notes + more,
        fields=fields,
    )


def begin_of_values(header: VolumeHeader, needed_bytes: int, held_bytes: int) -> int:
    """Return where the values begin in a file that holds header and values.

    Args:
        header: The file's.
        needed_bytes: What all values take.
        held_bytes: What the file has, unpacked.

    Returns:
        What the header says, or else the first place behind it where they can be.
    """
    if header.offset is not None and header.offset >= header.header_bytes:
        return header.offset
    standard = header.header_bytes + _EXTENDER_BYTES
    return min(standard, max(header.header_bytes, held_bytes - needed_bytes))


def _shape(fields: Any) -> tuple[int, ...]:  # noqa: ANN401 - nibabel has no types
    count, *sizes = (int(size) for size in fields["dim"])
    if 2 <= count <= 7:  # otherwise the sizes alone must tell
        sizes[count:] = [1] * (7 - count)
    if min(sizes[:2]) < 1:
        message = (
            f"The file declares the dimensions {times(tuple(sizes))}; export it again."
        )
        raise DamagedFile(message)
    # Other programs read a size of zero as one.
    return (*sizes[:2], *(max(1, size) for size in sizes[2:]))


def _is_plane_beyond_space(shape: tuple[int, ...]) -> bool:
    """Check whether a file holds one plane, but not in its three axes of space.

    Arrays of networks (batch, channel, row, column) are saved so.
    """
    long = [axis for axis, side in enumerate(shape) if side > 1]
    return len(long) == 2 and long[1] > 2


def _voxel(fields: Any) -> np.dtype[Any]:  # noqa: ANN401 - as above
    code = int(fields["datatype"])
    if code in _UNREAD_VOXELS:
        message = (
            f"The NIfTI file holds {_UNREAD_VOXELS[code]} and send the file again."
        )
        raise UnsupportedVariant(message)
    name = {**_VOXELS, **_VOXELS_OF_NIFTI, **_COLOURS}.get(code)
    if name is None:
        message = f"The header's type of voxel ({code}) is unknown; export it again."
        raise DamagedFile(message)
    return np.dtype(name).newbyteorder(fields.endianness)


def _scaling(fields: Any) -> tuple[float, float, tuple[str, ...]]:  # noqa: ANN401 - as above
    """Return slope and intercept; a slope of zero means that none is set.

    Source: nifti1.h, field scl_slope.
    """
    slope, intercept = float(fields["scl_slope"]), float(fields["scl_inter"])
    if slope == 0.0 or not math.isfinite(slope):
        note = f"The file sets no usable scaling (slope {slope:g}); read unscaled."
        return 1.0, 0.0, (note,)
    if not math.isfinite(intercept):
        note = f"The scaling's intercept ({intercept:g}) is no number; taken as 0."
        return slope, 0.0, (note,)
    return slope, intercept, ()


def _offset(fields: Any) -> tuple[int | None, tuple[str, ...]]:  # noqa: ANN401 - as above
    offset = float(fields["vox_offset"])
    if not math.isfinite(offset) or offset < 0.0:
        return None, ("The header does not say usably where values begin.",)
    notes: tuple[str, ...] = ()
    if offset != int(offset):
        notes = (f"Values were taken from byte {int(offset)} of the file on.",)
    return int(offset), notes
