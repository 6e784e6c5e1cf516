"""One limit for what all images of a file declare, whatever its format."""

import io
import struct

import nibabel
import numpy as np
import pytest
from PIL import Image

from alzer.errors import NotOneSlice, TooManyPixels
from alzer.scans.formats import read_slice
from alzer.scans.sizes import check_memory, compressed_sizes
from alzer.settings import Limits
from phantoms import as_dicom, as_nifti, draw_brain

BRAIN = draw_brain((20, 10))
VOXELS = 20 * 10 * 3


def as_mgh() -> bytes:
    image = nibabel.MGHImage(np.ones((20, 10, 3), np.float32), np.eye(4))  # type: ignore[no-untyped-call]  # nibabel
    content: bytes = image.to_bytes()
    return content


def as_tiff() -> bytes:
    file, page = io.BytesIO(), Image.new("L", (10, 20))
    page.save(file, "TIFF", save_all=True, append_images=[page, page])
    return file.getvalue()


VOLUMES = {
    "NIfTI": as_nifti(np.ones((20, 10, 3), np.int16)),
    "MGH": as_mgh(),
    "DICOM": as_dicom(BRAIN, NumberOfFrames=3),
    "TIFF": as_tiff(),
}


@pytest.mark.parametrize("name", VOLUMES)
def test_a_volume_over_the_limit_is_refused_by_what_it_declares(name: str) -> None:
    with pytest.raises(TooManyPixels, match="voxels, over the limit"):
        read_slice(VOLUMES[name], Limits(max_voxels=VOXELS - 1))
    # One within it is refused for another reason.
    with pytest.raises(NotOneSlice):
        read_slice(VOLUMES[name], Limits(max_voxels=VOXELS))


def test_one_image_counts_as_a_volume_too() -> None:
    content = as_dicom(BRAIN)

    assert read_slice(content, Limits(max_voxels=200)).shape == (20, 10)
    with pytest.raises(TooManyPixels):
        read_slice(content, Limits(max_voxels=199))


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    """Return the beginning of a JPEG image."""
    return b"\xff\xd8" + b"".join(
        struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content
        for marker, content in segments
    )


def frame_header(rows: int, columns: int) -> bytes:
    return struct.pack(">BHHB", 8, rows, columns, 1) + b"\1\x11\0"


LARGE, SMALL = frame_header(60_000, 50_000), frame_header(10, 10)


@pytest.mark.parametrize(
    "frame",
    [
        jpeg((0xC0, LARGE)),
        jpeg((0xF7, LARGE)),
        jpeg((0xC3, LARGE)),
        jpeg((0xE0, jpeg((0xC0, SMALL))), (0xC0, LARGE)),
        jpeg((0xFE, b"\xff\xc0\0\x0b" + SMALL), (0xC1, LARGE)),
        jpeg(*[(0xE1, bytes(60_000))] * 5, (0xC0, LARGE)),
        b"\xff\xd8\xff\xff" + jpeg((0xC0, LARGE))[2:],
    ],
    ids=range(7),
)
def test_a_jpeg_frame_declares_its_size_behind_any_segment(frame: bytes) -> None:
    assert list(compressed_sizes(frame)) == [(60_000, 50_000)]


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\0\0\0\0\0",
        jpeg((0xE0, b"x")),
        jpeg((0xC0, LARGE))[:9],
    ],
)
def test_a_frame_without_a_size_declares_none(frame: bytes) -> None:
    assert list(compressed_sizes(frame)) == []


def test_every_codestream_of_a_jp2_file_counts() -> None:
    def codestream(rows: int, columns: int) -> bytes:
        return b"\xff\x4f\xff\x51\0\x29\0\0" + struct.pack(">LL", columns, rows)

    small, large = codestream(10, 10), codestream(60_000, 50_000)

    assert list(compressed_sizes(large + small)) == [(60_000, 50_000)]
    assert (60_000, 50_000) in compressed_sizes(b"\0\0\0\x0cjP  " + small + large)


def test_one_image_may_take_six_bytes_of_each_pixel_that_is_allowed() -> None:
    limits = Limits(max_pixels=10_000_000)

    check_memory(60_000_000, limits)
    with pytest.raises(TooManyPixels, match="over the limit"):
        check_memory(60_000_001, limits)


def test_grey_of_sixteen_bits_may_have_all_the_pixels_that_are_allowed() -> None:
    limits = Limits(max_pixels=BRAIN.size)

    for content in (as_dicom(BRAIN), sixteen_bit_png()):
        assert read_slice(content, limits).pixels.shape == BRAIN.shape


def sixteen_bit_png() -> bytes:
    file = io.BytesIO()
    Image.fromarray((BRAIN * 4095).astype(np.uint16)).save(file, "PNG")
    return file.getvalue()
