"""Whole heads over HTTP: answer, stages in seconds, and memory, as a table.

The eight heads of the data, and one series of DICOM files in a part each, as a zip and
as NIfTI. Memory is that of the service and all its processes, over what they hold when
idle.
"""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from loopback import ALZER, form, running
from memory import resident_mb, watching
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
        connection = service.connect()
        connection.ask(form(drawn_slice()))
        idle_mb = resident_mb(service)
        for name, files in heads(data_folder()):
            request = form(*files)
            with watching(service) as peak:
                started = time.perf_counter()
                status, body = connection.ask(request)
                seconds = time.perf_counter() - started
            answer = json.loads(body)
            if status == 200:
                print(row(name, answer, seconds, peak.bytes_mb - idle_mb), flush=True)
            else:
                print(f"| {name} | {answer['detail']} |", flush=True)


if __name__ == "__main__":
    main()
