"""Nobody's identity is in anything that the service writes or says."""

import io
import json
import logging
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from alzer.model.engine import Model
from logged import logged
from phantoms import as_dicom, as_nifti, as_png, draw_brain
from served import app_with

# Each in one place that real files have names in.
NAME = "Quixotte"
PLANTED = (f"{NAME}^Zebedee", f"{NAME}-19320714", f"ID{NAME}77")


def dicom_with_names() -> bytes:
    return as_dicom(
        draw_brain(),
        PatientName=PLANTED[0],
        PatientID=PLANTED[2],
        PatientBirthDate="19320714",
        InstitutionName=f"{NAME} Hospital",
        ReferringPhysicianName=PLANTED[0],
        StudyDescription=PLANTED[1],
        ImageComments=PLANTED[0],
    )


def jpeg_with_names() -> bytes:
    image = Image.open(io.BytesIO(as_png(draw_brain())))
    exif = Image.Exif()
    exif[0x010E], exif[0x013B], exif[0x9286] = PLANTED  # description, artist, comment
    file = io.BytesIO()
    image.save(file, "JPEG", exif=exif, comment=PLANTED[0].encode(), quality=95)
    return file.getvalue()


def png_with_names() -> bytes:
    image = Image.open(io.BytesIO(as_png(draw_brain())))
    info = PngInfo()
    info.add_text("Patient", PLANTED[0])
    info.add_text("Comment", PLANTED[1], zip=True)
    info.add_itxt("Author", PLANTED[2])
    file = io.BytesIO()
    image.save(file, "PNG", pnginfo=info)
    return file.getvalue()


def tiff_with_names() -> bytes:
    image = Image.open(io.BytesIO(as_png(draw_brain())))
    file = io.BytesIO()
    image.save(file, "TIFF", description=PLANTED[0], artist=PLANTED[1])
    return file.getvalue()


def nifti_with_names() -> bytes:
    pixels = (draw_brain().T * 4000).astype(np.uint16)[..., np.newaxis]
    image: Any = nibabel.Nifti1Image(pixels, np.eye(4))  # type: ignore[no-untyped-call]  # nibabel
    image.header["descrip"], image.header["db_name"] = PLANTED[0], NAME
    image.header["aux_file"], image.header["intent_name"] = PLANTED[2], NAME
    content: bytes = image.to_bytes()
    return content


GOOD = {
    "DICOM": dicom_with_names(),
    "JPEG": jpeg_with_names(),
    "PNG": png_with_names(),
    "TIFF": tiff_with_names(),
    "NIfTI": nifti_with_names(),
}
# Names come up in decoders' messages: values that do not fit, odd texts.
BAD = {
    "no number": as_dicom(draw_brain()).replace(b"MONOCHROME2", b"QUIXOTTE  "[:11]),
    "another modality": as_dicom(draw_brain(), Modality=NAME[:8].upper()),
    "cut DICOM": dicom_with_names()[:1200],
    "cut PNG": png_with_names()[:600],
    "cut NIfTI": nifti_with_names()[:500],
    "volume": as_nifti(np.ones((4, 5, 6))).replace(b"n+1", b"n+1"),
    "only a name": NAME.encode() * 20,
}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Give everything that is logged at the most talkative level."""
    with logged("debug") as stream:
        yield stream


def texts_in_png(content: bytes) -> bytes:
    """Unpack every chunk: a name may be compressed."""
    found, place = b"", 8
    while place < len(content):
        (length,) = struct.unpack_from(">L", content, place)
        chunk = content[place + 8 : place + 8 + length]
        found += chunk
        if content[place + 4 : place + 8] in {b"zTXt", b"iTXt"}:
            found += zlib.decompress(chunk.rpartition(b"\0")[2])
        place += 12 + length
    return found


def test_planted_names_are_found_nowhere(
    model: Model,
    tmp_path: Path,
    log: io.StringIO,
    capfd: pytest.CaptureFixture[str],
) -> None:
    said = b""
    app = app_with(model, data_dir=tmp_path)
    with TestClient(app, raise_server_exceptions=False) as client:
        for content in (*GOOD.values(), *BAD.values()):
            part = (f"{NAME}.dcm", content, f"image/{NAME}")
            for path in ("/predict?layers=true", "/preview"):
                response = client.post(path, files={"file": part})
                said += response.content + str(response.headers).encode()
        said += client.get(f"/analyses/{NAME}").content
        said += client.get(f"/{NAME}?{NAME}={NAME}").content
        for path in ("/analyses", "/metrics", "/readyz", "/docs", "/openapi.json"):
            said += client.get(path).content
        for each in client.get("/analyses").json()["analyses"]:
            said += texts_in_png(client.get(each["heatmap_url"]).content)
    written = b"".join(
        each.name.encode() + each.read_bytes()
        for each in tmp_path.rglob("*")
        if each.is_file()
    )
    printed = "".join(capfd.readouterr())

    assert NAME.encode() in b"".join(GOOD.values())
    for name in (NAME, NAME.upper()[:8], NAME.lower(), "Zebedee", "19320714"):
        for place in (said, written, printed.encode(), log.getvalue().encode()):
            assert name.encode() not in place
    assert written.count(b"heatmap_") >= len(GOOD)
    assert len(log.getvalue().splitlines()) >= 2 * len(GOOD)
    for line in log.getvalue().splitlines():
        assert json.loads(line)["level"]


@pytest.mark.parametrize("content", GOOD.values(), ids=GOOD)
def test_pictures_that_are_served_hold_pixels_alone(
    model: Model, tmp_path: Path, content: bytes
) -> None:
    with TestClient(app_with(model, data_dir=tmp_path)) as client:
        answer = client.post("/predict", files={"file": content}).json()
        heatmap = client.get(answer["heatmap_url"]).content
        preview = client.post("/preview", files={"file": content}).content

    for picture in (heatmap, preview):
        opened = Image.open(io.BytesIO(picture))
        opened.load()
        assert not opened.getexif()
        assert set(opened.info) <= {"srgb", "gamma"}


def test_a_failure_is_logged_without_its_message(log: io.StringIO) -> None:
    try:
        int(PLANTED[0])
    except ValueError:
        logging.getLogger("somewhere").exception("it failed")

    entry = json.loads(log.getvalue())
    assert entry["exception"] == "ValueError"
    assert "test_privacy.py" in entry["frames"][0]
    assert NAME not in log.getvalue()
