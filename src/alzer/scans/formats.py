"""The formats that are read, in the order in which they are tried.

A file is recognised by its content, whatever its name.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from alzer.limits import Limits
from alzer.scans import names
from alzer.scans.dicom.encoding import is_bare_dicom
from alzer.scans.pair import join_pair
from alzer.scans.raster import read_raster
from alzer.scans.recognition import Format, check_file, damage_named, recognise
from alzer.scans.reduction import reduce_slice
from alzer.scans.signatures import (
    VolumeKind,
    has_dicom_prefix,
    picture_format,
    volume_kind,
)
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume

DEFAULT_LIMITS = Limits()


def _samples_of(label: str) -> Callable[[], Iterator[bytes]]:
    def draw() -> Iterator[bytes]:
        from alzer.scans.samples import draw_files  # noqa: PLC0415 - it imports all

        return draw_files(label)

    return draw


def _picture(label: str) -> Format:
    return Format(
        label,
        lambda data, _: picture_format(data) == label,
        lambda data, limits: read_raster(data, label, limits),
        _samples_of(label),
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


def _describe_nifti(data: bytes) -> str | None:
    from alzer.scans.nifti import describe_nifti  # noqa: PLC0415 - see above

    return describe_nifti(data)


def _describe_mgh(data: bytes) -> str | None:
    from alzer.scans.mgh import describe_mgh  # noqa: PLC0415 - see above

    return describe_mgh(data)


FORMATS: Final = (
    # First: a DICOM file's free first bytes may hold another format's mark.
    Format("DICOM", _is_dicom_file, _read_dicom, _samples_of("DICOM")),
    _picture("PNG"),
    _picture("JPEG"),
    _picture("TIFF"),
    _picture("BMP"),
    _picture("WebP"),
    _picture("GIF"),
    Format(
        "NIfTI",
        _is_nifti,
        _read_nifti,
        _samples_of("NIfTI"),
        _read_nifti_scan,
        _describe_nifti,
    ),
    Format(
        "MGH", _is_mgh, _read_mgh, _samples_of("MGH"), _read_mgh_scan, _describe_mgh
    ),
    # Last: it has no mark.
    Format("DICOM", _is_bare_dicom, _read_dicom, _samples_of("DICOM")),
)

# For people: in the order in which they know them.
FORMAT_LIST: Final = names.FORMAT_LIST


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
        found = recognise(data, FORMATS, limits)
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
