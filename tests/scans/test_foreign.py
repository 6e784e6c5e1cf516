"""Files of formats that are not read: each is named, with what to do."""

import gzip
import lzma
import pickle

import pytest

from alzer.errors import NotAnImage
from alzer.scans.foreign import FOREIGN, describe
from alzer.scans.formats import read_slice

XML = b'<?xml version="1.0"?>'
HDF5 = b"\x89HDF\r\n\x1a\n"


def brand(name: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + name + bytes(4) + b"mif1heic"


def zipped(name: bytes) -> bytes:
    return b"PK\x03\x04" + bytes(26) + name + b"content"


# First bytes of real files, by the names that they should get.
SAMPLES = {
    "a HEIC photograph": [brand(b"heic"), brand(b"heix"), brand(b"mif1")],
    "an AVIF picture": [
        brand(b"avif"),
        brand(b"avis"),
        b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf",
    ],
    "a JPEG 2000 picture": [
        b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ",
        b"\xff\x4f\xff\x51\0\x2f",
    ],
    "a JPEG XL picture": [b"\xff\x0a\xfa\x17", b"\0\0\0\x0cJXL \r\n\x87\n"],
    "a JPEG XR picture": [b"II\xbc\x01 \0\0\0"],
    "a Photoshop picture": [b"8BPS\0\x01"],
    "a GIMP picture": [b"gimp xcf v011\0"],
    "an OpenEXR picture": [b"v/1\x01\x02\0\0\0"],
    "a Netpbm picture (PGM, PPM)": [b"P5\n176 208\n255\n\0", b"P6 1 1 255 abc\0"],
    "an icon": [b"\0\0\x01\0\x01\0\x10\x10", b"icns\0\0\x01\0"],
    "a QOI picture": [b"qoif\0\0\0\x01"],
    "a DDS picture": [b"DDS |\0\0\0"],
    "a PCX picture": [b"\x0a\x05\x01\x08\0\0"],
    "an SGI or Sun picture": [b"\x01\xda\x01\x01\0\x02", b"\x59\xa6\x6a\x95\0"],
    "a Windows metafile": [
        b"\xd7\xcd\xc6\x9a\0\0",
        b"\x01\0\0\0" + bytes(36) + b" EMF",
    ],
    "a FITS image": [b"SIMPLE  =                    T"],
    "a raw photograph": [b"FUJIFILMCCD-RAW 0201", brand(b"crx ")],
    "a video": [
        brand(b"isom"),
        brand(b"qt  "),
        b"RIFF\0\0\0\0AVI LIST",
        b"\x1aE\xdf\xa3\x01\0",
        b"\0\0\x01\xbaD\0",
        b"FLV\x01\x05\0",
        b"OggS\0\x02",
        b"0&\xb2u\x8ef\xcf\x11\xa6\xd9",
    ],
    "a PDF document": [b"%PDF-1.7\n", b"\r\n junk %PDF-1.4"],
    "a PostScript document": [b"%!PS-Adobe-3.0", b"\xc5\xd0\xd3\xc6\x1e\0"],
    "an Office document, or a folder's thumbnails (Thumbs.db)": [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    ],
    "an Office document": [
        zipped(b"[Content_Types].xml"),
        zipped(b"word/document.xml"),
        zipped(b"mimetypeapplication/vnd.oasis.opendocument.text"),
        b"{\\rtf1\\ansi",
    ],
    "a NumPy archive (npz)": [zipped(b"arr_0.npy")],
    "a zip archive": [zipped(b"series/IM1.dcm"), b"PK\x05\x06" + bytes(18)],
    "a tar archive": [
        b"series/IM1.dcm".ljust(257, b"\0") + b"ustar\x0000",
        b"IM1.dcm".ljust(100, b"\0") + b"0000644\0" * 3 + b"00000001000\0",
        b"IM1.dcm".ljust(100, b"\0") + b"   644 \0" * 3 + b"       1000 ",
    ],
    "a 7-Zip archive": [b"7z\xbc\xaf\x27\x1c\0\x04"],
    "a RAR archive": [b"Rar!\x1a\x07\x01\0"],
    "packed with bzip2": [b"BZh91AY&SY\x12"],
    "packed with xz": [b"\xfd7zXZ\0\0\x04"],
    "packed with lzma": [lzma.compress(b"slice", lzma.FORMAT_ALONE)],
    "packed with Zstandard": [b"\x28\xb5\x2f\xfd\x04\0"],
    "packed with LZ4": [b"\x04\x22\x4d\x18d\0"],
    "packed with compress": [b"\x1f\x9d\x90\0"],
    "an NRRD image": [b"NRRD0004\ntype: short\n"],
    "a MetaImage (mhd, mha)": [b"ObjectType = Image\nNDims = 3\n", b"NDims = 2\n"],
    "a MATLAB file": [b"MATLAB 5.0 MAT-file, Platform", b"MATLAB 7.3 MAT-file"],
    "a MINC 1 or NetCDF file": [b"CDF\x01\0\0", b"CDF\x02\0\0"],
    "a MINC 2 or other HDF5 file": [HDF5 + bytes(8), bytes(512) + HDF5],
    "a NumPy array (npy)": [b"\x93NUMPY\x01\0v\0{'descr': "],
    "an AFNI header (HEAD)": [b"\ntype  = string-attribute\nname  = TYPESTRING\n"],
    "a Philips PAR header": [b"# === DATA DESCRIPTION FILE ====\n"],
    "an Interfile header": [b"!INTERFILE :=\n"],
    "a VTK file": [b"# vtk DataFile Version 3.0\n"],
    "an MRtrix image": [b"mrtrix image\ndim: 176,208,1\n"],
    "an ECAT image": [b"MATRIX72v\0\0"],
    "a Bruker parameter file": [b"##TITLE=Parameter List\n"],
    "a FreeSurfer surface": [b"\xff\xff\xfecreated by\n\n"],
    "a file of fibre tracks": [b"TRACK\0\xb0\0", b"mrtrix tracks\n"],
    "an image written as text (base64)": [
        b"data:image/png;base64,iVBORw0KGgo",
        b"iVBORw0KGgoAAAANSUhEUg",
        b"/9j/4AAQSkZJRgABAQAAAQABAAD",
    ],
    "an SVG drawing": [b'<svg width="1"></svg>', XML + b"<svg></svg>"],
    "a web page, perhaps an error message that was saved": [
        b"<!DOCTYPE html><html>",
        b"\n <html><head><title>404</title>",
        b"\xef\xbb\xbf<HTML>",
        XML + b"<!DOCTYPE html><html>",
        "<html><body>404</body></html>".encode("utf-16"),
    ],
    "an XML document": [XML + b"<GIFTI Version='1.0'>", b"<error>no</error>"],
    "a JSON document": [b'{"detail": "not found"}', b'[{"a": 1}]', b"[1, 2]"],
    "a macOS companion file, whose name begins with '._'": [
        b"\0\x05\x16\x07\0\x02\0\0Mac OS X        "
    ],
    "a shortcut": [b"L\0\0\0\x01\x14\x02\0\0\0", b"[InternetShortcut]\r\nURL="],
    "a folder's settings": [b"\0\0\0\x01Bud1\0\0"],
    "Python objects (pickle)": [pickle.dumps({"slice": 1}), pickle.dumps([1], 2)],
    "a DjVu document": [b"AT&TFORM\0\0\1\0DJVU"],
    "a Targa picture": [
        b"\0\0\x03" + bytes(9) + b"\xb0\0\xd0\0\x08\0",
        b"\0\0\x02" + bytes(9) + b"\xb0\0\xd0\0\x18\x20",
    ],
    "a program": [b"MZ\x90\0\x03", b"\x7fELF\x02\x01", b"#!/bin/sh\n"],
    "a database": [b"SQLite format 3\0"],
    "a sound": [b"ID3\x04\0", b"fLaC\0\0", b"RIFF\0\0\0\0WAVEfmt "],
    "plain text": [b"subject;age;mmse\n1;75;29\n", "Größe\r\n".encode()],
}


def test_every_row_of_the_table_has_a_sample() -> None:
    assert set(SAMPLES) == {foreign.name for foreign in FOREIGN}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_foreign_file_is_named_with_what_to_do(name: str) -> None:
    advice = {foreign.name: foreign.advice for foreign in FOREIGN}[name]

    for sample in SAMPLES[name]:
        with pytest.raises(NotAnImage) as refusal:
            read_slice(sample)
        said = refusal.value.message
        assert said == f"The file is {name}. {advice}"


@pytest.mark.parametrize("name", SAMPLES)
def test_it_is_named_within_gzip_too(name: str) -> None:
    for sample in SAMPLES[name]:
        with pytest.raises(NotAnImage) as refusal:
            read_slice(gzip.compress(sample))
        assert f"What is in it is {name}." in refusal.value.message


@pytest.mark.parametrize("foreign", FOREIGN, ids=lambda foreign: foreign.name)
def test_every_advice_says_what_to_do(foreign: object) -> None:
    advice = getattr(foreign, "advice", "")

    assert advice.split()[0] in {
        *("Choose", "Convert", "Decode", "Download", "Export", "Open", "Save"),
        "Unpack",
    }


@pytest.mark.parametrize("head", [b"", b"\0" * 600, bytes(range(256)) * 4])
def test_what_is_not_known_is_not_named(head: bytes) -> None:
    assert describe(head) is None
