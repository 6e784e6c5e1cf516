"""Formats that are not read: by what they are known, and how to export from them."""

import codecs
import re
from dataclasses import dataclass
from typing import Final

_AS_PNG: Final = "Open it in an image viewer, save it as PNG and send that."
_FRAME: Final = "Save the frame that shows the slice as PNG and send that."
_PAGE: Final = "Export the image in it as PNG, or ask for the scan's DICOM file."
_UNPACK: Final = "Unpack it and send the scan's DICOM or NIfTI files."
_ARRAY: Final = "Save the array as a 16-bit PNG or as NIfTI and send that."
_AGAIN: Final = "Download the scan itself, such as DICOM or NIfTI."
_DATA: Final = "Choose the file of the scan itself, such as DICOM or NIfTI."


def _to_nifti(tool: str) -> str:
    return f"Convert it to NIfTI, for example with {tool}, and send that."


@dataclass(frozen=True)
class Foreign:
    """One format, or one family of formats.

    Attributes:
        name: What a file of it is, as in 'The file is ...'.
        signature: A regular expression for its first bytes; `.` is any byte.
        advice: How to get something out of it that is read.
    """

    name: str
    signature: bytes
    advice: str


# More special ones first. Brands behind `ftyp` are of ISO/IEC 14496-12, section 4.3.
FOREIGN: Final = (
    Foreign("an AVIF picture", rb".{4}ftypmif1.{4}[^\0]{0,12}avi[fs]", _AS_PNG),
    Foreign("a HEIC photograph", rb".{4}ftyp(hei|hev|mif1|msf1|miaf)", _AS_PNG),
    Foreign("an AVIF picture", rb".{4}ftypavi[fs]", _AS_PNG),
    Foreign(
        "a JPEG 2000 picture", rb"\0\0\0\x0cjP|\xff\x4f\xff\x51|.{4}ftypjp", _AS_PNG
    ),
    Foreign("a JPEG XL picture", rb"\xff\x0a|\0\0\0\x0cJXL |.{4}ftypjxl", _AS_PNG),
    Foreign("a JPEG XR picture", rb"II\xbc\x01", _AS_PNG),
    Foreign("a Photoshop picture", rb"8BPS", _AS_PNG),
    Foreign("a GIMP picture", rb"gimp xcf", _AS_PNG),
    Foreign("an OpenEXR picture", rb"v/1\x01", _AS_PNG),
    Foreign("a Netpbm picture (PGM, PPM)", rb"P[1-7Ff]\s", _AS_PNG),
    Foreign("an icon", rb"\0\0[\x01\x02]\0[^\0]\0|icns", _AS_PNG),
    Foreign("a QOI picture", rb"qoif", _AS_PNG),
    Foreign("a DDS picture", rb"DDS ", _AS_PNG),
    Foreign("a PCX picture", rb"\x0a[\0-\x05]\x01[\x01\x02\x04\x08]", _AS_PNG),
    Foreign("an SGI or Sun picture", rb"\x01\xda[\0\x01]|\x59\xa6\x6a\x95", _AS_PNG),
    Foreign("a Windows metafile", rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF", _AS_PNG),
    Foreign("a FITS image", rb"SIMPLE  =", _AS_PNG),
    Foreign("a raw photograph", rb"FUJIFILMCCD-RAW|II(RO|RS|U\0)|.{4}ftypcrx", _AS_PNG),
    Foreign("a video", rb".{4}(ftyp|moov|mdat)|RIFF.{4}AVI ", _FRAME),
    Foreign("a video", rb"\x1aE\xdf\xa3|\0\0\x01[\xb3\xba]|FLV|OggS", _FRAME),
    Foreign("a video", rb"0&\xb2u\x8ef\xcf\x11", _FRAME),
    Foreign("a PDF document", rb".{0,1020}%PDF-", _PAGE),
    Foreign("a PostScript document", rb"%!PS|\xc5\xd0\xd3\xc6", _PAGE),
    Foreign(
        "an Office document, or a folder's thumbnails (Thumbs.db)",
        rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        _PAGE,
    ),
    Foreign("an Office document", rb"{\\rtf", _PAGE),
    Foreign(
        "an Office document",
        rb"PK\x03\x04.*(\[Content_Types\]\.xml|word/|ppt/|xl/|vnd\.oasis)",
        _PAGE,
    ),
    Foreign("a NumPy archive (npz)", rb"PK\x03\x04.{26}[^/]{1,99}\.npy", _ARRAY),
    Foreign("a zip archive", rb"PK(\x03\x04|\x05\x06|\x07\x08)", _UNPACK),
    Foreign(
        "a tar archive",
        # Of old ones, mode and owners in octal digits behind a name of 100 bytes.
        rb".{257}ustar|[^\0].{99}([0-7 ]{6,7}[ \0]{1,2}){3}[0-7 ]{11}[ \0]",
        _UNPACK,
    ),
    Foreign("a 7-Zip archive", rb"7z\xbc\xaf\x27\x1c", _UNPACK),
    Foreign("a RAR archive", rb"Rar!\x1a\x07", _UNPACK),
    Foreign("packed with bzip2", rb"BZh[1-9]1AY&SY", _UNPACK),
    Foreign("packed with xz", rb"\xfd7zXZ\0", _UNPACK),
    Foreign("packed with lzma", rb"\x5d\0\0[\0-\xff]{2}(\xff{8}|.{4}\0{4})", _UNPACK),
    Foreign("packed with Zstandard", rb"\x28\xb5\x2f\xfd", _UNPACK),
    Foreign("packed with LZ4", rb"\x04\x22\x4d\x18", _UNPACK),
    Foreign("packed with compress", rb"\x1f[\x9d\xa0]", _UNPACK),
    Foreign("an NRRD image", rb"NRRD0", _to_nifti("3D Slicer")),
    Foreign(
        "a MetaImage (mhd, mha)",
        rb"\s*(ObjectType|NDims|Comment)\s*=",
        _to_nifti("3D Slicer"),
    ),
    Foreign("a MATLAB file", rb"MATLAB [57]\.\d MAT-file", _ARRAY),
    Foreign("a MINC 1 or NetCDF file", rb"CDF[\x01\x02\x05]", _to_nifti("`mnc2nii`")),
    Foreign(
        "a MINC 2 or other HDF5 file",
        rb"(.{512}|.{1024}|.{2048})?\x89HDF\r\n\x1a\n",
        _to_nifti("`mnc2nii`"),
    ),
    Foreign("a NumPy array (npy)", rb"\x93NUMPY", _ARRAY),
    Foreign(
        "an AFNI header (HEAD)",
        rb"\s*type\s*=\s*(string|integer|float)-attribute",
        _to_nifti("`3dAFNItoNIFTI`"),
    ),
    Foreign(
        "a Philips PAR header",
        rb"# === DATA DESCRIPTION FILE",
        _to_nifti("`dcm2niix`"),
    ),
    Foreign("an Interfile header", rb"!INTERFILE", _to_nifti("3D Slicer")),
    Foreign("a VTK file", rb"# vtk DataFile", _to_nifti("3D Slicer")),
    Foreign("an MRtrix image", rb"mrtrix image", _to_nifti("`mrconvert`")),
    Foreign("an ECAT image", rb"MATRIX7", _to_nifti("`dcm2niix`")),
    Foreign("a Bruker parameter file", rb"##TITLE", _to_nifti("`brkraw`")),
    Foreign("a FreeSurfer surface", rb"\xff\xff[\xfe\xff]", _DATA),
    Foreign("a file of fibre tracks", rb"TRACK\0|mrtrix tracks", _DATA),
    Foreign(
        "an image written as text (base64)",
        rb"data:image/|iVBORw0KGgo|/9j/4|SUkqA|H4sI",
        "Decode it and send the image.",
    ),
    Foreign("an SVG drawing", rb"(\xef\xbb\xbf)?\s*<[^\0]{0,1500}<?svg\b", _AS_PNG),
    Foreign(
        "a web page, perhaps an error message that was saved",
        rb"(?i)(\xef\xbb\xbf)?\s*(<\?xml[^>]{0,99}>\s*)?"
        rb"<(!doctype html|!--|html|head|body|title|script)",
        _AGAIN,
    ),
    Foreign("an XML document", rb"(\xef\xbb\xbf)?\s*<(\?xml|[A-Za-z!])", _AGAIN),
    Foreign(
        "a JSON document",
        rb'(\xef\xbb\xbf)?\s*(\{\s*["}]|\[\s*[\[{"\d\]-])[^\0]*\Z',
        _AGAIN,
    ),
    Foreign(
        "a macOS companion file, whose name begins with '._'",
        rb"\0\x05\x16[\x00\x07]\0[\x01\x02]\0\0",
        "Choose the file of the same name without '._'.",
    ),
    Foreign(
        "a shortcut",
        rb"L\0\0\0\x01\x14\x02\0|\[InternetShortcut\]",
        "Choose the file that it leads to.",
    ),
    Foreign("a folder's settings", rb"\0\0\0\x01Bud1", _DATA),
    Foreign("Python objects (pickle)", rb"\x80[\x02-\x05](\x95|\}|c|\])", _ARRAY),
    Foreign("a DjVu document", rb"AT&TFORM", _PAGE),
    Foreign(
        "a Targa picture",
        rb"\0\0[\x02\x03\x0a\x0b]\0{5}.{4}[^\0].[^\0].[\x08\x18\x20][\0\x08\x20\x28]",
        _AS_PNG,
    ),
    Foreign("a program", rb"MZ|\x7fELF|\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe|#!/", _DATA),
    Foreign("a database", rb"SQLite format 3\0", _DATA),
    Foreign("a sound", rb"ID3|fLaC|RIFF.{4}WAVE", _DATA),
    Foreign("plain text", rb"[^\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]+\Z", _DATA),
)


def describe(head: bytes) -> str | None:
    """Return what a file is, if it is of a format that is known but not read.

    Args:
        head: The file's first bytes, 4096 or as many as there are; unpacked.

    Returns:
        Two sentences: what it is and what to do; None if it is not known.

    Examples:
        >>> describe(b"%PDF-1.7")[:27]
        'The file is a PDF document.'
    """
    foreign = _find(head)
    return None if foreign is None else f"The file is {foreign.name}. {foreign.advice}"


def name_of(head: bytes) -> str | None:
    """Return the name of a format that is known but not read.

    Args:
        head: As for `describe`.

    Returns:
        Such as `a PDF document`; None if it is not known.
    """
    foreign = _find(head)
    return None if foreign is None else foreign.name


def _find(head: bytes) -> Foreign | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
        head = text.encode()
    return next(
        (one for one in FOREIGN if re.match(one.signature, head, re.DOTALL)), None
    )
