"""The formats, in the order in which they are tried; recognised by content."""

from alzer.errors import (
    DamagedFile,
    EmptyFile,
    NotAnImage,
    UnusableScan,
)
from alzer.scans.dicom.encoding import is_bare_dicom
from alzer.scans.quiet import quiet_libraries
from alzer.scans.raster import read_raster
from alzer.scans.reduction import reduce_slice
from alzer.scans.signatures import (
    has_dicom_prefix,
    picture_format,
    unpacked_head,
    volume_kind,
)
from alzer.scans.sizes import check_bytes
from alzer.scans.slice import Slice
from alzer.settings import Limits

DEFAULT_LIMITS = Limits()


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
        NotAnImage: If its format is not known.
        DamagedFile: If the format is known but the content is not as it should be.
    """
    if not data:
        message = "The file is empty; choose the file again."
        raise EmptyFile(message)
    check_bytes(len(data), limits.max_file_bytes)
    try:
        with quiet_libraries():
            scan = _read_known(data, limits)
    except UnusableScan:
        raise
    except Exception as error:  # decoders fail in every way there is
        message = (
            "The file is damaged or incomplete; export it again and send the new one."
        )
        raise DamagedFile(message) from error
    if scan is None:
        message = (
            "The file is of no known image format; send a PNG, JPEG, TIFF, BMP, WebP, "
            "DICOM, NIfTI or MGH file."
        )
        raise NotAnImage(message)
    return reduce_slice(scan)


def _read_known(data: bytes, limits: Limits) -> Slice | None:
    # A DICOM file's free first bytes may hold another format's mark.
    prefixed = has_dicom_prefix(data)
    if not prefixed and (name := picture_format(data)):
        return read_raster(data, name, limits)
    # pydicom and nibabel take longer to import than a picture to be analysed.
    if not prefixed and volume_kind(unpacked_head(data)):
        from alzer.scans.nifti import read_nifti  # noqa: PLC0415 - see above

        return read_nifti(data, limits)
    if prefixed or is_bare_dicom(data):
        from alzer.scans.dicom.reader import read_dicom  # noqa: PLC0415 - see above

        return read_dicom(data, limits)
    return None
