"""What large pictures take, and how long others wait meanwhile.

Six files of 37 million pixels in 0.1 MB each are sent at once, while somebody
else sends small ones, one after the other. Counted is the resident memory of the
service and of all its decoding processes together, over what they hold when idle.
"""

import argparse
import gzip
import io
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from load import quantile
from loopback import ALZER, Service, form, running
from PIL import Image
from pydicom.uid import RLELossless
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

SAMPLED_EVERY_S = 0.005

# Of 208 x 176 pixels each way: just below the limit of 40 million.
ENLARGED = 32


def large_file(kind: str) -> bytes:
    """Draw an image of 37 million pixels.

    Args:
        kind: NIfTI (gzipped), DICOM (run lengths), or Pillow's mode of a PNG: L, RGBA
            or I;16.

    Returns:
        A file of 0.1 MB, as DICOM 2.5 MB.
    """
    large = draw_brain().repeat(ENLARGED, 0).repeat(ENLARGED, 1)
    if kind == "NIfTI":
        return gzip.compress(as_nifti((large.T * 4000).astype(np.uint16)))
    if kind == "DICOM":
        dataset = dicom_dataset(large)
        dataset.compress(RLELossless, generate_instance_uid=False)
        return save_dicom(dataset)
    grey = as_bytes(large)
    picture = Image.fromarray(grey)
    if kind == "I;16":
        picture = Image.fromarray(grey.astype(np.uint16) * 16)
    file = io.BytesIO()
    picture.convert(kind).save(file, "PNG", compress_level=9)
    return file.getvalue()


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
    kinds = ["L", "RGBA", "I;16", "NIfTI", "DICOM"]
    parser.add_argument("--kinds", nargs="+", default=kinds, choices=kinds)
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
