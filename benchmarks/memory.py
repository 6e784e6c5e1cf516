"""What large pictures take, and how long others wait meanwhile.

Six files of up to 37 million pixels in 0.1 to 5 MB each are sent at once, while
somebody else sends small ones, one after the other. Counted is the resident memory of
the service and of all its decoding processes together, over what they hold when idle.
"""

import argparse
import gzip
import io
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from load import quantile
from loopback import ALZER, Service, form, running
from numpy.typing import NDArray
from PIL import Image
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)
from subjects import drawn_slice

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from phantoms import (
    as_bytes,
    as_nifti,
    as_png,
    dicom_dataset,
    draw_brain,
    save_dicom,
)

Grey = NDArray[np.float64]

SAMPLED_EVERY_S = 0.005

# Of 208 x 176 pixels each way: just below the limit of 40 million.
ENLARGED = 32

# Of these kinds fewer pixels are allowed, as decoding takes more of each.
ENLARGED_LESS: Final = {
    "RGBA;16": 28,
    "WebP": 20,
    "JPEG, progressive": 25,
    "DICOM, colours": 15,
}


def large_file(kind: str) -> bytes:
    """Draw an image of 37 million pixels, or nearly as many as its kind may have.

    Args:
        kind: A key of `KINDS`.

    Returns:
        A file of 0.1 to 3 MB.
    """
    enlarged = ENLARGED_LESS.get(kind, ENLARGED)
    return KINDS[kind](draw_brain().repeat(enlarged, 0).repeat(enlarged, 1))


def _png(mode: str, large: Grey) -> bytes:
    picture = Image.fromarray(as_bytes(large))
    if mode == "I;16":
        picture = Image.fromarray(as_bytes(large).astype(np.uint16) * 16)
    return _saved(picture.convert(mode), "PNG", compress_level=9)


def _deep_colour_png(large: Grey) -> bytes:
    """Write a PNG of 16-bit red, green, blue and opacity; Pillow can't."""
    rows, columns = large.shape
    packer, packed = zlib.compressobj(9), bytearray()
    for row in (large * 65535.0).astype(">u2"):
        pixels = np.repeat(row[:, None], 4, axis=1)
        pixels[:, 3] = 65535
        packed += packer.compress(b"\0" + pixels.tobytes())
    packed += packer.flush()
    header = struct.pack(">IIBBBBB", columns, rows, 16, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", bytes(packed)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def _saved(picture: Image.Image, name: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, name, **options)
    return file.getvalue()


def _coloured(name: str, large: Grey, **options: object) -> bytes:
    return _saved(Image.fromarray(as_bytes(large)).convert("RGB"), name, **options)


def _dicom(syntax: str, large: Grey) -> bytes:
    dataset = dicom_dataset(large)
    dataset.compress(syntax, generate_instance_uid=False)
    return save_dicom(dataset)


def _deflated_dicom(large: Grey) -> bytes:
    """Write a small slice beside 300 MB in a private element, all of it deflated."""
    dataset = dicom_dataset(large[::ENLARGED, ::ENLARGED])
    dataset.add_new(0x00090010, "LO", "ALZER")
    dataset.add_new(0x00091001, "OB", bytes(300_000_000))
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    return save_dicom(dataset)


def _coloured_dicom(large: Grey) -> bytes:
    grey = as_bytes(large)
    dataset = dicom_dataset(large)
    dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, 0
    dataset.PhotometricInterpretation = "YBR_FULL"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    neutral = np.full_like(grey, 128)
    dataset.PixelData = np.stack([grey, neutral, neutral], axis=2).tobytes()
    dataset["PixelData"].VR = "OB"
    dataset.compress(RLELossless, generate_instance_uid=False)
    return save_dicom(dataset)


KINDS: Final[dict[str, Callable[[Grey], bytes]]] = {
    "L": partial(_png, "L"),
    "RGBA": partial(_png, "RGBA"),
    "I;16": partial(_png, "I;16"),
    "RGBA;16": _deep_colour_png,
    "WebP": partial(_coloured, "WEBP", lossless=True, method=0),
    "JPEG, progressive": partial(_coloured, "JPEG", progressive=True),
    "TIFF, floats": lambda large: _saved(
        Image.fromarray(large.astype(np.float32)), "TIFF", compression="tiff_deflate"
    ),
    "BMP": lambda large: _saved(Image.fromarray(as_bytes(large)), "BMP"),
    "NIfTI": lambda large: gzip.compress(as_nifti((large.T * 4000).astype(np.uint16))),
    "NIfTI, 64 bits": lambda large: gzip.compress(as_nifti(large.T.astype(np.float64))),
    "DICOM": partial(_dicom, RLELossless),
    "DICOM, JPEG 2000": partial(_dicom, JPEG2000Lossless),
    "DICOM, JPEG-LS": partial(_dicom, JPEGLSLossless),
    "DICOM, colours": _coloured_dicom,
    "DICOM, deflated": _deflated_dicom,
}


class Peak:
    """The most memory that a service held since this was made.

    Args:
        service: That is watched.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self.bytes_mb = 0.0
        self.is_over = threading.Event()

    def watch(self) -> None:
        """Look again and again until it is over."""
        while not self.is_over.wait(SAMPLED_EVERY_S):
            self.bytes_mb = max(self.bytes_mb, resident_mb(self._service))


def resident_mb(service: Service) -> float:
    """Return the resident memory of a service and its decoders together in MB."""
    task = Path(f"/proc/{service.pid}/task/{service.pid}/children")
    pids = [service.pid, *map(int, task.read_text("ascii").split())]
    pids += _children_of_threads(service.pid)
    return sum(_resident_kb(pid) for pid in set(pids)) / 1000.0


def _children_of_threads(pid: int) -> list[int]:
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            found += map(int, (thread / "children").read_text("ascii").split())
        except OSError:  # a thread that has ended since
            continue
    return found


def _resident_kb(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:  # it has ended since
        return 0
    return int(status.partition("VmRSS:")[2].split()[0])


@contextmanager
def watching(service: Service) -> Iterator[Peak]:
    """Watch the memory of a service for as long as the context lasts."""
    peak = Peak(service)
    watcher = threading.Thread(target=peak.watch)
    watcher.start()
    try:
        yield peak
    finally:
        peak.is_over.set()
        watcher.join()


def ask(service: Service, request: bytes) -> tuple[int, float]:
    """Ask once; give the status and the time in seconds."""
    connection, started = service.connect(), time.perf_counter()
    status, _ = connection.ask(request)
    connection.close()
    return status, time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=6)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    arguments = parser.parse_args()
    small = form(drawn_slice())
    apart = form(as_png(draw_brain()) + b" ")  # a decoding process reads this one
    with running(ALZER) as service:
        for request in (small, apart) * 20:
            ask(service, request)
        for kind in arguments.kinds:
            _measure(service, kind, arguments.count, small)


def _measure(service: Service, kind: str, count: int, small: bytes) -> None:
    request, others_s = form(large_file(kind)), []
    idle_mb = resident_mb(service)
    with watching(service) as peak, ThreadPoolExecutor(count) as senders:
        sent = [senders.submit(ask, service, request) for _ in range(count)]
        while not all(each.done() for each in sent):
            others_s.append(ask(service, small)[1])
    statuses = sorted({each.result()[0] for each in sent})
    longest_s = max(each.result()[1] for each in sent)
    print(
        f"{count} {kind} files of {len(request) / 1000:.0f} kB at once: "
        f"{peak.bytes_mb - idle_mb:+.0f} MB over {idle_mb:.0f} MB (aim: below 300), "
        f"answers {statuses} after {longest_s:.1f} s; others meanwhile: "
        f"p50 {quantile(others_s, 0.5) * 1000:.0f} ms, "
        f"longest {max(others_s) * 1000:.0f} ms (aim: below 1000)",
        flush=True,
    )


if __name__ == "__main__":
    main()
