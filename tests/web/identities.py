"""Files of every format with identities in all places that real files have them in.

Beside the usual fields: private and nested ones, comments, profiles, extensions,
what precedes and what follows the picture, and texts in several encodings.
"""

import gzip
import io
from typing import Any

import nibabel
import numpy as np
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo
from pydicom.dataset import Dataset
from pydicom.uid import UID

from phantoms import as_bytes, dicom_dataset, draw_brain, save_dicom

NAME = "Quixotte"
ACCENTED = "Zébédée"
BORN = "19320714"
PERSON = f"{NAME}^{ACCENTED}"

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/'
    '02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/'
    f'1.1/" dc:creator="{NAME}" dc:title="{ACCENTED}"/></rdf:RDF></x:xmpmeta>'
).encode()


def picture() -> Image.Image:
    return Image.fromarray(as_bytes(draw_brain()))


def exif() -> Image.Exif:
    made = Image.Exif()
    made[0x010E], made[0x013B], made[0x8298] = NAME, PERSON, f"{NAME} {BORN}"
    inner = made.get_ifd(0x8769)
    inner[0x9286] = b"UNICODE\0" + PERSON.encode("utf-16-le")  # user comment
    inner[0xA430] = NAME  # owner of the camera
    made.get_ifd(0x8825)[0x001D] = BORN  # of GPS
    return made


def profile() -> bytes:
    """Give a colour profile whose description, in UTF-16, is somebody's."""
    content = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    before, after = "sRGB built-in", f"{NAME}-{BORN[:4]}"
    assert len(before) == len(after)
    changed = content.replace(before.encode("utf-16-be"), after.encode("utf-16-be"))
    assert changed != content
    return changed


def saved(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture().save(file, kind, **options)
    return file.getvalue()


def png() -> bytes:
    info = PngInfo()
    info.add_text("Patient", PERSON)
    info.add_text("Comment", f"{NAME} {BORN}", zip=True)
    info.add_itxt("Author", PERSON, tkey=NAME)
    info.add_itxt("Title", PERSON, zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    content = saved("PNG", pnginfo=info, exif=exif(), icc_profile=profile())
    return content + NAME.encode()


def jpeg(**options: object) -> bytes:
    return saved(
        "JPEG", quality=95, exif=exif(), xmp=XMP, comment=PERSON.encode(),
        icc_profile=profile(), **options,
    ) + PERSON.encode("utf-16-le")  # fmt: skip


def tiff() -> bytes:
    tags = {270: NAME, 305: NAME, 306: BORN, 315: NAME, 316: NAME, 33432: NAME,
            285: NAME, 700: XMP, 65000: PERSON.encode("latin-1")}  # fmt: skip
    return saved("TIFF", tiffinfo=tags, icc_profile=profile())


def webp() -> bytes:
    options = {"exif": exif(), "xmp": XMP, "icc_profile": profile()}
    return saved("WEBP", lossless=True, **options)


def nested() -> Dataset:
    """Give a data set that names somebody two levels further down."""
    code, item = Dataset(), Dataset()
    code.CodeMeaning, code.LongCodeValue = NAME, PERSON
    item.ScheduledProtocolCodeSequence = [code]
    item.RequestedProcedureDescription, item.PatientName = NAME, PERSON
    return item


def dicom(**elements: object) -> bytes:
    dataset = dicom_dataset(
        draw_brain(),
        SpecificCharacterSet="ISO_IR 100",
        PatientName=PERSON,
        PatientID=f"ID{NAME}",
        PatientBirthDate=BORN,
        InstitutionName=f"{NAME} {ACCENTED}",
        ReferringPhysicianName=PERSON,
        ProtocolName=NAME,
        ImageComments=f"{NAME} {BORN}",
        RequestAttributesSequence=[nested()],
        DataSetTrailingPadding=PERSON.encode("utf-16-le"),
        **elements,
    )
    block = dataset.private_block(0x0099, f"{NAME} PRIVATE", create=True)
    block.add_new(0x01, "LO", NAME)
    block.add_new(0x02, "UN", PERSON.encode("utf-16-be"))
    block.add_new(0x03, "SQ", [nested()])
    meta = dataset.file_meta
    meta.SourceApplicationEntityTitle = NAME.upper()
    meta.PrivateInformationCreatorUID = UID("1.2.3")
    meta.PrivateInformation = PERSON.encode("latin-1")
    dataset.preamble = NAME.encode().ljust(128, b"\0")
    return save_dicom(dataset)


def voxels() -> Any:  # noqa: ANN401 - an array of any type
    return (draw_brain().T * 4000).astype(np.int16)[..., np.newaxis]


def nifti() -> bytes:
    image: Any = nibabel.Nifti1Image(voxels(), np.eye(4))  # type: ignore[no-untyped-call]  # nibabel
    header = image.header
    header["descrip"], header["db_name"] = f"{NAME} {BORN}", NAME
    header["aux_file"], header["intent_name"] = f"{NAME}.txt", NAME
    for code in ("comment", "afni", 44):
        extension = nibabel.nifti1.Nifti1Extension(code, PERSON.encode())
        header.extensions.append(extension)
    content: bytes = image.to_bytes()
    return content + PERSON.encode()


def gzipped_nifti() -> bytes:
    file = io.BytesIO()
    with gzip.GzipFile(f"{NAME}.nii", "wb", fileobj=file) as packed:
        packed.write(nifti())
    return file.getvalue()


def mgh() -> bytes:
    image: Any = nibabel.MGHImage(voxels(), np.eye(4))  # type: ignore[no-untyped-call]  # nibabel
    command = f"mri_convert {PERSON}\0".encode()
    # Source: FreeSurfer's tags: TAG_CMDLINE is 3, then the length.
    tail = (3).to_bytes(4, "big") + len(command).to_bytes(8, "big") + command
    return bytes(image.to_bytes()) + tail


FILES = {
    "DICOM": dicom(),
    "JPEG": jpeg(),
    "progressive JPEG": jpeg(progressive=True),
    "PNG": png(),
    "TIFF": tiff(),
    "WebP": webp(),
    "BMP": saved("BMP") + PERSON.encode(),
    "NIfTI": nifti(),
    "gzipped NIfTI": gzipped_nifti(),
    "MGH": mgh(),
}

# Each likewise, but refused, so that what is said of failures is seen, too.
REFUSED = {
    **{f"cut {kind}": content[: len(content) // 2] for kind, content in FILES.items()},
    "another modality": dicom(Modality="CT"),
    "modality of a name": dicom(Modality=NAME.upper()),
    "photometric name": dicom(PhotometricInterpretation=NAME.upper()),
    "several frames of a name": dicom(NumberOfFrames=2),
    "only a name": PERSON.encode() * 20,
}


def spellings() -> set[bytes]:
    """Give all ways in which an identity could be written, in small letters."""
    encodings = ("utf-8", "latin-1", "utf-16-le", "utf-16-be")
    written = {
        name.encode(encoding)
        for name in (NAME, ACCENTED, BORN)
        for encoding in encodings
    }
    return {
        each.lower()
        for each in (*written, b"Z\\u00e9b\\u00e9d", b"Z%C3%A9b%C3%A9d", b"UXVpeG90dG")
    }
