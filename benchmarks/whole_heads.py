"""Whole heads over HTTP: answer, stages in seconds, and memory, as a table.

The eight heads of the data, and one series of DICOM files in a part each, as a zip and
as NIfTI. Memory is that of the service and all its processes, over what they hold when
idle.
"""

import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from loopback import ALZER, BOUNDARY, Service, form, running
from memory import SAMPLED_EVERY_S
from nibabel.nifti1 import Nifti1Image
from subjects import data_folder, drawn_slice

from alzer.scans.paths import read_scans
from alzer.scans.volume import Volume

STAGES = ("read", "brain", "register", "slices", "infer")


def heads(data: Path) -> Iterator[tuple[str, list[bytes]]]:
    """Yield each head's name with its files."""
    for path in sorted((data / "volumes").glob("*.nii.gz")):
        yield path.name.partition("_")[0], [path.read_bytes()]
    folder = data / "series" / "t1-384"
    files = [path.read_bytes() for path in sorted(folder.glob("*.dcm"))]
    yield "t1-384, parts", files
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as entries:
        for number, content in enumerate(files):
            entries.writestr(f"{number}", content)
    yield "t1-384, zip", [archive.getvalue()]
    (scan,) = (one for one in read_scans([folder]) if isinstance(one, Volume))
    voxels = scan.voxels.astype(np.int16)
    image = Nifti1Image(voxels, scan.affine)  # type: ignore[no-untyped-call]  # nibabel
    yield "t1-384, NIfTI", [image.to_bytes()]


def request_of(files: list[bytes]) -> bytes:
    """Put files into a request for a prediction, a part each."""
    parts = [
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=files; "
        f"filename={number}\r\n\r\n".encode()
        + content
        + b"\r\n"
        for number, content in enumerate(files)
    ]
    body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    head = (
        f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
    return head.encode() + body


def held_mb(pid: int) -> float:
    """Return the resident memory of a process and all below it in MB."""
    held = 0.0
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
        held = int(status.partition("VmRSS:")[2].split()[0]) / 1000.0
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        below = [(thread / "children").read_text("ascii") for thread in threads]
    except OSError:  # it has ended since
        return held
    return held + sum(held_mb(int(child)) for text in below for child in text.split())


def ask(service: Service, request: bytes) -> tuple[int, bytes, float, float]:
    """Ask once: status, body, seconds, and the most memory held meanwhile in MB."""
    peak_mb, is_over = [0.0], threading.Event()

    def watch() -> None:
        while not is_over.wait(4 * SAMPLED_EVERY_S):
            peak_mb[0] = max(peak_mb[0], held_mb(service.pid))

    watcher, connection = threading.Thread(target=watch), service.connect()
    watcher.start()
    started = time.perf_counter()
    status, body = connection.ask(request)
    seconds = time.perf_counter() - started
    is_over.set()
    watcher.join()
    connection.close()
    return status, body, seconds, peak_mb[0]


def row(name: str, answer: dict[str, Any], seconds: float, more_mb: float) -> str:
    """Return one line of the table."""
    usual = sum(one["reliable"] is not False for one in answer["slices"])
    stages = (f"{answer['timings_ms'][stage] / 1000.0:.1f}" for stage in STAGES)
    probability = answer["class_probabilities"]["No Impairment"]
    verdict = answer["preparation"]["quality"]
    cells = (name, answer["headline"], probability, usual, verdict, *stages)
    return f"| {' | '.join(map(str, cells))} | {seconds:.1f} | {more_mb:+.0f} |"


def main() -> None:
    """Measure and print."""
    columns = ("head", "headline", "P(No)", "in distribution", "verdict", *STAGES)
    print("|", " | ".join((*columns, "s in all", "MB")), "|")
    print("|", " | ".join(["---"] * (len(columns) + 2)), "|")
    with running(ALZER) as service:
        ask(service, form(drawn_slice()))
        idle_mb = held_mb(service.pid)
        for name, files in heads(data_folder()):
            status, body, seconds, peak_mb = ask(service, request_of(files))
            answer = json.loads(body)
            if status == 200:
                print(row(name, answer, seconds, peak_mb - idle_mb), flush=True)
            else:
                print(f"| {name} | {answer['detail']} |", flush=True)


if __name__ == "__main__":
    main()
