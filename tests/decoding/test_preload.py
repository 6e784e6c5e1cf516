"""What odd DICOM files need is loaded before a process gives up opening files."""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from alzer.decoding.process import DecodingProcess
from alzer.scans.formats import read_slice
from alzer.settings import DecodingLimits, Limits
from dicom_parts import encode_elements, functional_groups, item_of
from phantoms import as_bytes, as_picture, dicom_dataset, draw_brain, save_dicom

BRAIN: Final = draw_brain((64, 56))
GREY: Final = as_bytes(BRAIN)
EIGHT: Final = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
RAMP: Final = np.arange(4096, dtype="<u2").tobytes()


def table() -> Dataset:
    """Return a lookup table of twelve bits."""
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [4096, 0, 16])
    item.add_new("LUTData", "OW", RAMP)
    return item


def colours(kind: str, syntax: UID | None) -> Dataset:
    """Return an image of three equal channels."""
    dataset = dicom_dataset(
        BRAIN,
        **EIGHT,
        SamplesPerPixel=3,
        PhotometricInterpretation=kind,
        PlanarConfiguration=0,
        PixelData=np.dstack([GREY] * 3).tobytes(),
    )
    dataset["PixelData"].VR = "OB"
    if syntax is not None:
        dataset.compress(syntax, generate_instance_uid=False)
    return dataset


def palette() -> Dataset:
    """Return an image whose palette is in segments."""
    dataset = dicom_dataset(
        BRAIN,
        **EIGHT,
        PhotometricInterpretation="PALETTE COLOR",
        PixelData=GREY.tobytes(),
    )
    segments = np.array([0, 1, 0, 1, 255, 65535], "<u2").tobytes()
    for name in ("Red", "Green", "Blue"):
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(dataset, f"Segmented{name}PaletteColorLookupTableData", segments)
    return dataset


def colour_jpeg() -> Dataset:
    dataset = colours("YBR_FULL_422", None)
    dataset.PixelData = encapsulate([as_picture(BRAIN, "JPEG", quality=95)])
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME1"
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    return dataset


def big_endian() -> Dataset:
    dataset = dicom_dataset(BRAIN)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    swapped = np.frombuffer(dataset.PixelData, "<u2").astype(">u2")
    dataset.PixelData = swapped.tobytes()
    return dataset


def enhanced() -> Dataset:
    groups = functional_groups(
        PixelMeasuresSequence=item_of(PixelSpacing=[2, 1]),
        FrameVOILUTSequence=item_of(WindowCenter="2000", WindowWidth="3000"),
    )
    return dicom_dataset(BRAIN, PerFrameFunctionalGroupsSequence=groups)


def floats() -> Dataset:
    return dicom_dataset(
        BRAIN,
        PixelData=None,
        BitsAllocated=32,
        FloatPixelData=BRAIN.astype(np.float32).tobytes(),
    )


KINDS: Final[Mapping[str, bytes]] = {
    "RGB": save_dicom(colours("RGB", None)),
    "RGB, RLE": save_dicom(colours("RGB", RLELossless)),
    "RGB, JPEG 2000": save_dicom(colours("RGB", JPEG2000Lossless)),
    "RGB, JPEG-LS": save_dicom(colours("RGB", JPEGLSLossless)),
    "palette": save_dicom(palette()),
    "JPEG, MONOCHROME1": save_dicom(colour_jpeg()),
    "big endian": save_dicom(big_endian()),
    "functional groups": save_dicom(enhanced()),
    "floats": save_dicom(floats()),
    "modality table": save_dicom(
        dicom_dataset(BRAIN, ModalityLUTSequence=Sequence([table()]))
    ),
    "display table": save_dicom(
        dicom_dataset(BRAIN, VOILUTSequence=Sequence([table()]))
    ),
    "bare, implicit": encode_elements(dicom_dataset(BRAIN), is_implicit=True),
    "character set": save_dicom(
        dicom_dataset(BRAIN, SpecificCharacterSet="ISO_IR 192")
    ).replace(b"ISO_IR 192", b"shift_jisx"),
}


@pytest.fixture(scope="module")
def process() -> Iterator[DecodingProcess]:
    """Return a process that can open nothing any more."""
    process = DecodingProcess(DecodingLimits())
    process.wait_until_ready()
    yield process
    process.end()


@pytest.mark.parametrize("name", KINDS)
def test_odd_files_are_read_where_nothing_can_be_loaded(
    process: DecodingProcess, name: str
) -> None:
    scan = process.read(KINDS[name], Limits())
    expected = read_slice(KINDS[name])

    assert (scan.pixels == expected.pixels).all()
    assert scan.notes == expected.notes
    assert scan.display_range == expected.display_range
