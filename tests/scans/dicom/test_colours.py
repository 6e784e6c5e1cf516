"""Grey images that are stored as colours."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    ExplicitVRBigEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from alzer.errors import ColourImage, TooManyPixels
from alzer.scans.formats import read_slice
from alzer.settings import Limits
from phantoms import as_bytes, as_png, dicom_dataset, draw_brain, save_dicom, set_raw

BRAIN = draw_brain((104, 88))
GREY = as_bytes(BRAIN)
TWIN = read_slice(as_png(BRAIN))
EIGHT = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}


def rgb_dataset(channels: NDArray[np.uint8], **elements: object) -> Dataset:
    """Return an image of three channels, shape (row, column, channel)."""
    dataset = dicom_dataset(
        BRAIN,
        **EIGHT,
        SamplesPerPixel=3,
        PhotometricInterpretation="RGB",
        PlanarConfiguration=0,
        PixelData=channels.tobytes(),
    )
    dataset["PixelData"].VR = "OB"
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def palette_dataset(tables: list[NDArray[np.integer]], bits: int) -> Dataset:
    """Return an image of places in a palette of red, green and blue."""
    dataset = dicom_dataset(
        BRAIN,
        **EIGHT,
        PhotometricInterpretation="PALETTE COLOR",
        PixelData=GREY.tobytes(),
    )
    for name, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        keyword = f"{name}PaletteColorLookupTable"
        setattr(dataset, f"{keyword}Descriptor", [256, 0, bits])
        setattr(dataset, f"{keyword}Data", table.tobytes())
    return dataset


LEVELS = np.arange(256)
THREE = np.dstack([GREY] * 3)


@pytest.mark.parametrize("syntax", [None, RLELossless, JPEG2000Lossless])
def test_equal_channels_are_read_like_their_png_twin(syntax: str | None) -> None:
    dataset = rgb_dataset(THREE)
    if syntax is not None:
        dataset.compress(syntax, generate_instance_uid=False)
    scan = read_slice(save_dicom(dataset))

    assert (scan.pixels == TWIN.pixels).all()
    assert scan.display_range == TWIN.display_range
    assert any("merged" in note for note in scan.notes)


def test_planes_of_equal_channels_are_read() -> None:
    planes = np.stack([GREY] * 3)

    scan = read_slice(save_dicom(rgb_dataset(planes, PlanarConfiguration=1)))

    assert (scan.pixels == TWIN.pixels).all()


def test_brightness_and_colour_differences_of_grey_are_read() -> None:
    neutral = np.full_like(GREY, 128)
    channels = np.dstack([GREY, neutral, neutral])

    scan = read_slice(
        save_dicom(rgb_dataset(channels, PhotometricInterpretation="YBR_FULL"))
    )

    assert np.abs(scan.pixels - TWIN.pixels).max() <= 1


def test_a_colour_jpeg_of_grey_is_read() -> None:
    file = io.BytesIO()
    Image.fromarray(THREE).save(file, "JPEG", quality=95)
    dataset = rgb_dataset(THREE, PhotometricInterpretation="YBR_FULL_422")
    dataset.PixelData = encapsulate([file.getvalue()])
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit

    scan = read_slice(save_dicom(dataset))

    assert np.corrcoef(scan.pixels.ravel(), GREY.ravel())[0, 1] > 0.999


@pytest.mark.parametrize(("kind", "factor"), [("<u2", 257), ("<u2", 256), ("u1", 1)])
def test_a_palette_of_greys_is_read_like_its_png_twin(kind: str, factor: int) -> None:
    table = (LEVELS * factor).astype(kind)
    dataset = palette_dataset([table] * 3, 16 if factor > 1 else 8)

    scan = read_slice(save_dicom(dataset))

    assert (scan.pixels == TWIN.pixels * factor).all()
    assert np.abs(scan.as_grey().astype(int) - TWIN.as_grey()).max() <= 1


def test_a_palette_of_greys_is_read_in_big_endian() -> None:
    dataset = palette_dataset([(LEVELS * 257).astype(">u2")] * 3, 16)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset["PixelData"].VR = "OB"

    assert (read_slice(save_dicom(dataset)).pixels == TWIN.pixels * 257).all()


def test_a_palette_in_segments_is_read() -> None:
    dataset = palette_dataset([LEVELS.astype("<u2")] * 3, 16)
    # One value, then a line up to another one (PS3.3 C.7.9.2).
    segments = np.array([0, 1, 0, 1, 255, 65535], "<u2").tobytes()
    for name in ("Red", "Green", "Blue"):
        del dataset[f"{name}PaletteColorLookupTableData"]
        setattr(dataset, f"Segmented{name}PaletteColorLookupTableData", segments)

    scan = read_slice(save_dicom(dataset))

    assert np.abs(scan.pixels - TWIN.pixels * 257).max() <= 257


def test_colours_are_refused() -> None:
    coloured = np.dstack([GREY, GREY // 2, 255 - GREY])
    tables = [LEVELS.astype("u1"), LEVELS.astype("u1"), np.zeros(256, "u1")]

    with pytest.raises(ColourImage, match="colours"):
        read_slice(save_dicom(rgb_dataset(coloured)))
    with pytest.raises(ColourImage, match="colours"):
        read_slice(save_dicom(palette_dataset(tables, 8)))


@pytest.mark.parametrize("kind", ["CMYK", "HSV", "ARGB", "Doe^Jane"])
def test_other_kinds_of_colour_are_refused(kind: str) -> None:
    dataset = rgb_dataset(THREE)
    set_raw(dataset, "PhotometricInterpretation", kind.encode())

    with pytest.raises(ColourImage) as refusal:
        read_slice(save_dicom(dataset))
    assert kind not in refusal.value.message


def test_colours_count_three_times_by_what_they_take() -> None:
    content = save_dicom(rgb_dataset(THREE))

    with pytest.raises(TooManyPixels, match="MiB"):
        read_slice(content, Limits(max_decoded_bytes=GREY.size * 20))
