"""NIfTI-1 and NIfTI-2, plain or gzipped; whole or as a pair of files."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alzer.errors import ColourImage, DamagedFile, NotAnImage, NotOneSlice
from alzer.scans.bands import Rows
from alzer.scans.colour import (
    EQUAL_CHANNELS,
    count_coloured,
    merge_channels,
    require_grey,
)
from alzer.scans.grid import describe_volume, tall_shape, volume_of
from alzer.scans.nifti_header import (
    FLOAT128,
    VolumeHeader,
    begin_of_values,
    read_header,
)
from alzer.scans.packing import unpacked_head
from alzer.scans.placement import UNPLACED, Placement, place_nifti
from alzer.scans.plane import picture_shape, slice_of
from alzer.scans.signatures import VolumeKind, volume_kind
from alzer.scans.sizes import check_pixels, check_voxels, times
from alzer.scans.slice import Slice
from alzer.scans.unpacked import MOST_HELD_BYTES, Unpacked, open_unpacked
from alzer.scans.values import to_pixels
from alzer.scans.volume import Volume
from alzer.settings import Limits

# Headers may have extensions, and some programs write behind the values: some
# kilobytes.
_TOLD_BESIDES_BYTES = 1 << 20

LONE_HEADER = (
    "The file is only the header (.hdr) of a pair of files, Analyze 7.5 or NIfTI; "
    "the values are in the .img file of the same name. Send both together, or convert "
    "the pair to one NIfTI file (.nii), for example with `fslchfiletype NIFTI` or 3D "
    "Slicer."
)


def read_nifti(data: bytes, limits: Limits) -> Slice:
    """Read an image of one slice.

    Args:
        data: The file.
        limits: How large it may be; the header is checked before more is unpacked.

    Returns:
        The slice, on the file's own grid.

    Raises:
        DamagedFile: The file is shorter than its header says, or not NIfTI.
        NotAnImage: It is only the header of a pair of files.
    """
    header = _header(data)
    _check_declared(header, limits)
    header, content, first = _open(data, header, limits, MOST_HELD_BYTES)
    shape = picture_shape(header.shape[:3])
    pixels, notes = _pixels(header, content.rows(first, header.voxel, shape))
    return slice_of(pixels, header.shape[:3], _placement(header), "NIfTI", notes)


def read_nifti_scan(data: bytes, limits: Limits) -> Slice | Volume:
    """Read an image of one slice or of one volume.

    Args:
        data: The file.
        limits: As for `read_nifti`.

    Returns:
        A slice, or if the file has more of them a volume, on the file's own grid.

    Raises:
        NotOneSlice: The file holds several images, such as points in time.
    """
    header = _header(data)
    if min(header.shape[:3]) == 1:
        return read_nifti(data, limits)
    check_voxels(_squeezed(header.shape), limits)
    if (images := math.prod(header.shape[3:])) > 1:
        message = (
            f"The file holds {images} volumes of {times(header.shape[:3])} voxels "
            "(points in time, echoes or directions); send one of them."
        )
        raise NotOneSlice(message)
    header, content, first = _open(data, header, limits, limits.max_decoded_bytes)
    stored = content.rows(first, header.voxel, tall_shape(header.shape[:3]))
    pixels, notes = _pixels(header, stored)
    return volume_of(pixels, header.shape[:3], _placement(header), "NIfTI", notes)


def describe_nifti(data: bytes) -> str | None:
    """Describe the volume that a file holds, by its header.

    Args:
        data: The file.

    Returns:
        Its size; None if the file holds a slice.

    Raises:
        DamagedFile: The header makes no sense.
    """
    header = _header(data)
    if min(header.shape[:3]) == 1:
        return None
    return describe_volume("NIfTI", _squeezed(header.shape), _placement(header))


def _header(data: bytes) -> VolumeHeader:
    head = unpacked_head(data)
    kind = volume_kind(head)
    if kind not in {VolumeKind.NIFTI1, VolumeKind.NIFTI2}:
        message = "The header is not of a NIfTI or Analyze 7.5 file; export it again."
        raise DamagedFile(message)
    return read_header(head, kind)


def _open(
    data: bytes, header: VolumeHeader, limits: Limits, most_held_bytes: int
) -> tuple[VolumeHeader, Unpacked, int]:
    """Unpack a file.

    Returns:
        The header, what the file holds, and where in it the values begin.

    Raises:
        DamagedFile: The file is shorter than its header says.
        NotAnImage: It is only the header of a pair of files.
    """
    needed = _needed_bytes(header)
    most_bytes = _most_bytes(header, needed, limits)
    content = open_unpacked(data, most_bytes, needed, most_held_bytes)
    first = begin_of_values(header, needed, content.length)
    held = content.length - first
    if held < needed:
        if not header.is_whole and held < needed // 2:
            raise NotAnImage(LONE_HEADER)
        message = (
            "The NIfTI file is damaged or incomplete: its header promises "
            f"{needed} bytes of values, and {max(0, held)} are there. Export it again."
        )
        raise DamagedFile(message)
    if not header.is_whole:
        note = "The header is marked as one of a pair; the values behind it were read."
        header = replace(header, notes=(*header.notes, note))
    return header, content, first


def _check_declared(header: VolumeHeader, limits: Limits) -> None:
    *space, images, values = (*header.shape[:4], math.prod(header.shape[4:]))
    declared = _squeezed(header.shape)
    check_voxels(declared, limits)
    if images == 1 and values in {3, 4} and min(space) == 1:
        message = (
            f"The file holds {values} values for each pixel: colours or vectors. An "
            "MRI slice is grey; export the slice itself."
        )
        raise ColourImage(message)
    if images * values > 1 and min(space) == 1:
        message = (
            f"The file holds {images * values} images ({times(declared)} voxels: "
            "points in time, echoes or colours); send one of them."
        )
        raise NotOneSlice(message)
    if images * values > 1 or min(space) > 1:
        message = (
            f"The file is a volume of {times(declared)} voxels; send one slice of it."
        )
        raise NotOneSlice(message)
    check_pixels(tuple(space), limits)


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Drop sizes of one at the end, which files have in any number."""
    used = max((axis + 1 for axis, size in enumerate(shape) if size > 1), default=0)
    return shape[: max(3, used)]


def _needed_bytes(header: VolumeHeader) -> int:
    return math.prod(header.shape) * header.voxel.itemsize


def _most_bytes(header: VolumeHeader, needed: int, limits: Limits) -> int:
    first = max(header.offset or 0, header.header_bytes)
    return min(first + needed + _TOLD_BESIDES_BYTES, limits.max_decoded_bytes)


def _pixels(header: VolumeHeader, stored: Rows) -> tuple[Rows, tuple[str, ...]]:
    notes, order = header.notes, header.fields.endianness
    if header.voxel == FLOAT128:
        stored = stored.map(lambda band: _from_float128(band, order))
    if header.voxel.shape:
        stored, notes = _grey(stored), (*notes, EQUAL_CHANNELS)
    pixels, more = to_pixels(stored, header.slope, header.intercept)
    return pixels, notes + more


def _placement(header: VolumeHeader) -> Placement:
    return place_nifti(header.fields) if header.is_placed else UNPLACED


def _grey(channels: Rows) -> Rows:
    require_grey(sum(map(count_coloured, channels.bands())), channels.size)
    return channels.map(lambda band: merge_channels(band)[0])


def _from_float128(values: NDArray[np.void], order: str) -> NDArray[np.float64]:
    """Convert floats of 16 bytes, whose first 64 bits are more than float32 keeps.

    Source: IEEE 754-2019, binary128: sign, 15 bits of exponent, 112 of fraction.
    """
    words = values.view(np.dtype(f"{order}u8")).reshape(*values.shape, 2)
    high = words[..., 0 if order == ">" else 1].astype(np.uint64)
    exponent = (high >> np.uint64(48)).astype(np.int64) & 0x7FFF
    fraction = (high & np.uint64(2**48 - 1)).astype(np.float64) * 2.0**-48
    with np.errstate(over="ignore"):
        size = np.ldexp(1.0 + fraction, np.clip(exponent - 16383, -2000, 2000))
    size[exponent == 0] = 0.0
    size[exponent == 0x7FFF] = np.nan
    return np.asarray(np.where(high >> np.uint64(63), -size, size), np.float64)
