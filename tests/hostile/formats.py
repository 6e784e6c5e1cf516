"""One small clean file of each format: to be cut, mutated and fuzzed."""

import gzip
from collections.abc import Mapping
from typing import Final

import nibabel
import numpy as np
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from phantoms import (
    as_dicom,
    as_nifti,
    as_picture,
    as_png,
    dicom_dataset,
    draw_brain,
    save_dicom,
)

# Small, since they are cut at every 64th byte.
_BRAIN: Final = draw_brain((104, 88))[::2, ::2]
_VOXELS: Final = (_BRAIN.T * 4000).astype(np.int16)[..., np.newaxis]


def _volume(kind: type) -> bytes:
    content: bytes = kind(_VOXELS, np.eye(4)).to_bytes()
    return content


def _compressed(syntax: UID) -> bytes:
    dataset = dicom_dataset(_BRAIN)
    dataset["PixelData"].VR = "OW"
    dataset.compress(syntax, generate_instance_uid=False)
    return save_dicom(dataset)


def _deflated() -> bytes:
    dataset = dicom_dataset(_BRAIN)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    return save_dicom(dataset)


def _jpeg() -> bytes:
    eight = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    dataset = dicom_dataset(_BRAIN, **eight)
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.PixelData = encapsulate([as_picture(_BRAIN, "JPEG", quality=90)])
    dataset["PixelData"].VR = "OB"
    return save_dicom(dataset)


FORMATS: Final[Mapping[str, bytes]] = {
    "PNG": as_png(_BRAIN),
    "JPEG": as_picture(_BRAIN, "JPEG", quality=90),
    "TIFF": as_picture(_BRAIN, "TIFF"),
    "BMP": as_picture(_BRAIN, "BMP"),
    "WebP": as_picture(_BRAIN, "WEBP"),
    "DICOM": as_dicom(_BRAIN),
    "DICOM, RLE": _compressed(RLELossless),
    "DICOM, JPEG": _jpeg(),
    "DICOM, JPEG-LS": _compressed(JPEGLSLossless),
    "DICOM, JPEG 2000": _compressed(JPEG2000Lossless),
    "DICOM, deflated": _deflated(),
    "NIfTI": as_nifti(_VOXELS[..., 0]),
    "NIfTI.gz": gzip.compress(as_nifti(_VOXELS[..., 0]), mtime=0),
    "NIfTI-2": _volume(nibabel.Nifti2Image),
    "MGH": _volume(nibabel.MGHImage),
}
