"""NIfTI-1, NIfTI-2 and MGH, plain or gzipped, of one slice.

Convention: both store RAS+ world coordinates (x grows to the right, y to the
front, z to the head). Of a slice's two axes, the first runs across the page.
"""

import io
import math
import zlib
from typing import Any

import nibabel
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from alzer.errors import (
    ColourImage,
    DamagedFile,
    InvalidValues,
    NotOneSlice,
    TooManyPixels,
)
from alzer.scans.signatures import GZIP, VolumeKind, unpacked_head, volume_kind
from alzer.scans.sizes import check_pixels, check_voxels, times
from alzer.scans.slice import DISPLAY_PERCENTILES, Slice
from alzer.settings import Limits

_CLASSES: dict[VolumeKind, tuple[str, Any]] = {
    VolumeKind.NIFTI1: ("NIfTI", nibabel.Nifti1Image),
    VolumeKind.NIFTI2: ("NIfTI", nibabel.Nifti2Image),
    VolumeKind.MGH: ("MGH", nibabel.MGHImage),
}

# FreeSurfer writes the commands that made an image behind its values, and headers
# may have extensions: some kilobytes.
_TOLD_BESIDES_BYTES = 1 << 20


def read_nifti(data: bytes, limits: Limits) -> Slice:
    """Read an image of one slice.

    Args:
        data: The file.
        limits: How large it may be; the header is checked before more is unpacked.

    Returns:
        The slice, on the file's own grid.

    Raises:
        DamagedFile: If header and data do not fit together.
        InvalidValues: If values or their scaling are not finite numbers.
    """
    head = unpacked_head(data)
    kind = volume_kind(head)
    if kind is None:
        message = "The file is not NIfTI or MGH; export it again."
        raise DamagedFile(message)
    name, image_class = _CLASSES[kind]
    header = _header(image_class, head)
    _check_declared(header, limits)
    try:
        image = image_class.from_bytes(_unpack(data, _needed_bytes(header, limits)))
        values = np.asarray(image.dataobj, np.float32)
    except (HeaderDataError, ImageFileError, OSError, ValueError) as error:
        message = f"The {name} file is damaged or incomplete; export it again."
        raise DamagedFile(message) from error
    if not np.isfinite(values).all():
        message = f"The {name} file holds values that are not finite; export it again."
        raise InvalidValues(message)
    pixels, spacing_mm, affine = _lay_out(image, values)
    low, high = map(float, np.percentile(pixels, DISPLAY_PERCENTILES))
    is_told = all(0.0 < each < math.inf for each in spacing_mm)
    spacing = spacing_mm if is_told else None
    return Slice(pixels, name, (low, high), spacing, affine)


def _header(image_class: Any, head: bytes) -> Any:  # noqa: ANN401 - nibabel has no types
    try:
        return image_class.header_class.from_fileobj(io.BytesIO(head), check=False)
    except (HeaderDataError, ValueError) as error:
        message = "The header of the NIfTI or MGH file is damaged; export it again."
        raise DamagedFile(message) from error


def _check_declared(header: Any, limits: Limits) -> None:  # noqa: ANN401 - as above
    try:
        shape = tuple(int(size) for size in header.get_data_shape())
        kind = header.get_data_dtype()
    except (HeaderDataError, ValueError, KeyError) as error:
        message = "The header of the NIfTI or MGH file is damaged; export it again."
        raise DamagedFile(message) from error
    if min(shape, default=0) < 1:
        message = f"The file declares the dimensions {times(shape)}; export it again."
        raise DamagedFile(message)
    check_voxels(shape, limits)
    if sum(size > 1 for size in shape) > 2:
        message = (
            f"The file is a volume of {times(shape)} voxels; send one slice of it."
        )
        raise NotOneSlice(message)
    check_pixels(shape, limits)
    if kind.fields is not None:
        message = "The image has colours; an MRI slice is grey. Send the slice itself."
        raise ColourImage(message)
    slope = float(header["scl_slope"]) if "scl_slope" in header else 1.0
    intercept = float(header["scl_inter"]) if "scl_inter" in header else 0.0
    # A slope of zero means that none is set (NIfTI-1 header, field scl_slope).
    if kind.kind not in "iuf" or not math.isfinite(slope + intercept):
        message = "The file's values or their scaling are not real, finite numbers."
        raise InvalidValues(message)


def _needed_bytes(header: Any, limits: Limits) -> int:  # noqa: ANN401 - as above
    count = math.prod(int(size) for size in header.get_data_shape())
    values = count * int(header.get_data_dtype().itemsize)
    try:
        offset = int(header.get_data_offset())
    except (ValueError, OverflowError):  # not a number: nibabel will complain
        offset = 0
    return min(max(offset, 0) + values + _TOLD_BESIDES_BYTES, limits.max_decoded_bytes)


def _unpack(data: bytes, most_bytes: int) -> bytes:
    if not data.startswith(GZIP):
        return data
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        content = unpacker.decompress(data, most_bytes)
    except zlib.error as error:
        message = "The gzipped file is damaged; compress and send it again."
        raise DamagedFile(message) from error
    if unpacker.unconsumed_tail:
        message = (
            f"The file unpacks to more than {most_bytes / 2**20:.1f} MiB, which its "
            "header or the limit allows; send one slice."
        )
        raise TooManyPixels(message)
    return content


def _lay_out(
    image: Any,  # noqa: ANN401 - nibabel has no types
    values: NDArray[np.float32],
) -> tuple[NDArray[np.float32], tuple[float, float], NDArray[np.float64] | None]:
    """Return pixels, spacing and affine of the one slice."""
    values = values.reshape((*values.shape, 1, 1, 1)[:3]) if values.ndim < 3 else (
        values.reshape(values.shape[:3]))  # fmt: skip
    thin = min(range(3), key=lambda axis: values.shape[axis])
    across, down = (axis for axis in range(3) if axis != thin)
    plane: NDArray[np.float32] = values.squeeze(axis=thin)
    zooms = tuple(float(abs(each)) for each in (*image.header.get_zooms(), 1.0, 1.0))
    affine = _affine(image)
    if affine is not None:
        affine = affine[:, [down, across, thin, 3]]
    return np.ascontiguousarray(plane.T), (zooms[down], zooms[across]), affine


def _affine(image: Any) -> NDArray[np.float64] | None:  # noqa: ANN401 - as above
    header = image.header
    placed = "sform_code" not in header or header["sform_code"] or header["qform_code"]
    if not placed or not np.isfinite(image.affine).all():
        return None
    affine: NDArray[np.float64] = np.asarray(image.affine, np.float64)
    return affine
