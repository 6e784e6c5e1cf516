"""Small files that would become large, or ask for much."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

import nibabel
import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, RLELossless

from phantoms import as_dicom, dicom_dataset, draw_brain, huge_png, save_dicom

BRAIN = draw_brain((104, 88))


def bombs() -> Iterator[tuple[str, bytes]]:
    """Give each bomb with its name."""
    yield "PNG 13000 x 13000", huge_png()
    yield "PNG 60000 x 60000 by header alone", _declared_png(60_000, 60_000)
    yield "PNG 2^31 wide", _declared_png(2**31 - 1, 1)
    yield "RGBA PNG of 40 million pixels", wide_png()
    yield "zip of zeros", _zip({"zeros": bytes(64 * 2**20)})
    yield "zip in zip in zip", _nested(6)
    yield "zip with overlapping entries", _overlapped()
    yield "NIfTI.gz that claims terabytes", gzip.compress(_claiming((32767,) * 3))
    yield "NIfTI that claims terabytes", _claiming((32767,) * 3)
    yield "NIfTI.gz of a large slice", gzip.compress(_claiming((32767, 32767, 1)))
    yield "NIfTI.gz of zeros", _zeros(_claiming((5000, 5000, 1)), 900)
    yield "gzip of zeros", _zeros(b"", 900)
    yield "gzip in gzip", gzip.compress(gzip.compress(_claiming((64, 64, 1))))
    yield "deflated DICOM of 2 GiB", deflated_dicom(2048)
    yield "RLE DICOM of 8 GiB", _rle_bomb()
    yield "DICOM of 65535 x 65535", as_dicom(BRAIN, Rows=65535, Columns=65535)
    yield "DICOM of 2^31 frames", as_dicom(BRAIN, NumberOfFrames=2**31 - 1)
    for depth in (100, 1_000, 10_000):
        yield f"DICOM with {depth} nested sequences", _nested_sequences(depth)
    yield "JPEG 2000 in DICOM that claims 60000 x 60000", _jpeg2000_bomb()
    yield "bare JPEG 2000", _jpeg2000(60_000, 60_000)
    yield "JPEG of 65535 x 65535", _declared_jpeg()


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def _declared_png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(1000)))
        + _chunk(b"IEND", b"")
    )


def wide_png(side: int = 6324) -> bytes:
    """Give a small file of the most pixels that the default limits allow."""
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    rows = [b"\0" + bytes((shade, shade, shade, 255)) * side for shade in (0, 9)]
    packer = zlib.compressobj(9)
    packed = [packer.compress(rows[row % 7 == 0]) for row in range(side)]
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", b"".join(packed) + packer.flush())
        + _chunk(b"IEND", b"")
    )


def _declared_jpeg() -> bytes:
    frame = struct.pack(">HBHHBBBB", 11, 8, 65535, 65535, 1, 1, 0x11, 0)
    return b"\xff\xd8\xff\xc0" + frame + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + bytes(99)


def _zip(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def _nested(depth: int) -> bytes:
    content = _zip({"zeros": bytes(2**22)})
    for _ in range(depth):
        content = _zip({f"{each}.zip": content for each in range(10)})
    return content


def _overlapped() -> bytes:
    """Let a thousand entries of the directory lead to the same content."""
    plain = _zip({"zeros": bytes(2**20)})
    place = plain.index(b"PK\1\2")
    end = plain.index(b"PK\5\6")
    entry, count = plain[place:end], 1000
    directory = entry * count
    tail = struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), place, 0
    )
    return plain[:place] + directory + tail


def _claiming(shape: tuple[int, ...]) -> bytes:
    header = nibabel.Nifti1Header()  # type: ignore[no-untyped-call]  # nibabel
    header.set_data_shape(shape)  # type: ignore[no-untyped-call]  # nibabel
    header.set_data_dtype(np.int16)  # type: ignore[no-untyped-call]  # nibabel
    header["magic"], header["vox_offset"] = b"n+1", 352
    content: bytes = header.binaryblock
    return content + bytes(352 - len(content))


def _zeros(head: bytes, mebibytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    return packer.compress(head) + _endless(packer, mebibytes)


def _endless(packer: "zlib._Compress", mebibytes: int) -> bytes:
    """Go on with zeros; each block is packed alike, so that one is made."""
    begun = packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return begun + block * mebibytes + packer.flush()


def deflated_dicom(mebibytes: int) -> bytes:
    dataset = dicom_dataset(BRAIN)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    file = save_dicom(dataset)
    (length,) = struct.unpack_from("<L", file, 140)
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    begun = packer.compress(zlib.decompress(file[144 + length :], -15)[:-9])
    return file[: 144 + length] + begun + _endless(packer, mebibytes)


def _rle_bomb() -> bytes:
    dataset = dicom_dataset(BRAIN, Rows=65535, Columns=65535)
    dataset.file_meta.TransferSyntaxUID = RLELossless
    segments = struct.pack("<16L", 2, 64, 66, *([0] * 13)) + b"\x81\0" * 2
    dataset.PixelData = encapsulate([segments])
    dataset["PixelData"].VR = "OB"
    return save_dicom(dataset)


def _nested_sequences(depth: int) -> bytes:
    # Written by hand: an encoder would recurse as well.
    begin = struct.pack("<HH2sHL", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    plain = as_dicom(BRAIN)
    place = 144 + int.from_bytes(plain[140:144], "little")
    return plain[:place] + (begin + item) * depth + plain[place:]


def long_sequence(count: int) -> bytes:
    """Give a DICOM file with a sequence of empty items, 8 bytes each.

    Reading one takes thousands of times as long as sending it.
    """
    begin = struct.pack("<HH2sHL", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0)
    end = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    plain = as_dicom(BRAIN)
    place = 144 + int.from_bytes(plain[140:144], "little")
    return plain[:place] + begin + item * count + end + plain[place:]


def many_elements(count: int) -> bytes:
    """Give a DICOM file with a long sequence, which is odd but right."""
    dataset = dicom_dataset(BRAIN)
    inner = Dataset()
    inner.PatientComments = "x"
    dataset.ReferencedImageSequence = Sequence([inner] * count)
    return save_dicom(dataset)


def _jpeg2000(rows: int, columns: int) -> bytes:
    size = struct.pack(">HHLLLLLLLLHBBB", 41, 0, columns, rows, 0, 0, columns, rows,
                       0, 0, 1, 7, 1, 1)  # fmt: skip
    return b"\xff\x4f\xff\x51" + size + bytes(200)


def _jpeg2000_bomb() -> bytes:
    dataset = dicom_dataset(BRAIN)
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    dataset.PixelData = encapsulate([_jpeg2000(60_000, 60_000)])
    dataset["PixelData"].VR = "OB"
    return save_dicom(dataset)
