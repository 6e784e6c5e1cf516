"""A PACS of the tests' own: Debian's Orthanc with DICOMweb, on loopback."""

import json
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

from servers import free_port

_PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


@dataclass(frozen=True)
class Pacs:
    """A running Orthanc.

    Attributes:
        dicom_port: For C-STORE.
        http_port: For its own interface and DICOMweb.
    """

    dicom_port: int
    http_port: int

    @property
    def dicomweb(self) -> str:
        """The base address of its DICOMweb service."""
        return f"http://127.0.0.1:{self.http_port}/dicom-web"

    def ask(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Ask its own interface."""
        answer = httpx.get(f"http://127.0.0.1:{self.http_port}{path}", timeout=30)
        return answer.raise_for_status().json()

    def store(self, files: Sequence[bytes]) -> None:
        """Put files into it."""
        for content in files:
            address = f"http://127.0.0.1:{self.http_port}/instances"
            httpx.post(address, content=content, timeout=30).raise_for_status()

    def modalities(self, study: str) -> Counter[str]:
        """Count the objects of a study by their modality."""
        found: Counter[str] = Counter()
        for series in self.ask("/series?expand"):
            parent = self.ask(f"/studies/{series['ParentStudy']}")
            if parent["MainDicomTags"]["StudyInstanceUID"] == study:
                modality = series["MainDicomTags"]["Modality"]
                found[modality] += len(series["Instances"])
        return found


@contextmanager
def pacs(folder: Path, at: Pacs | None = None) -> Iterator[Pacs]:
    """Run an Orthanc for as long as the context lasts.

    Args:
        folder: For its files; it goes on with what is there.
        at: Where it answers; None: anywhere.
    """
    program = shutil.which("Orthanc", path="/usr/sbin:/usr/bin")
    assert program, "the tests need orthanc and orthanc-dicomweb: make test installs it"
    running = at or Pacs(free_port(), free_port())
    configuration = {
        "Name": "tests",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "Plugins": [str(_PLUGIN)],
        "HttpPort": running.http_port,
        "DicomPort": running.dicom_port,
        "DicomAet": "PACS",
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "HttpDescribeErrors": False,
        "ConcurrentJobs": 1,
        "DicomThreadsCount": 2,
        "HttpThreadsCount": 8,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    path = folder / "orthanc.json"
    path.write_text(json.dumps(configuration), encoding="utf-8")
    with (folder / "orthanc.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - Debian's
            [program, str(path)], stdout=log, stderr=log, cwd=folder
        )
        try:
            _wait_for(running, process)
            yield running
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(running: Pacs, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        assert process.poll() is None, "Orthanc ended"
        try:
            running.ask("/system")
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(running)
