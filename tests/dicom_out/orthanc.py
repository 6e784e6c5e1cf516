"""Orthanc, a small archive, started on loopback with a folder of its own."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

# Where Debian's orthanc-dicomweb keeps its plugin.
_PLUGIN: Final = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
_PATIENCE_S: Final = 60.0


@contextmanager
def archive(folder: Path) -> Iterator[tuple[str, int]]:
    """Run an archive for as long as the context lasts.

    Args:
        folder: For its configuration and what it keeps.

    Yields:
        Its address for HTTP, and its port for DICOM; its title is `ORTHANC`.
    """
    program = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin")
    assert program, "orthanc is missing: make test installs it"
    http, dicom = _free_ports()
    settings = {
        "Name": "tests",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": http,
        "DicomPort": dicom,
        "DicomAet": "ORTHANC",
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomAlwaysAllowStore": True,
        "Plugins": [str(_PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    configuration = folder / "orthanc.json"
    configuration.write_text(json.dumps(settings), "utf-8")
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - with settings of our own
            [program, str(configuration)], stdout=log, stderr=log
        )
        try:
            _wait(process, f"http://127.0.0.1:{http}/system")
            yield f"http://127.0.0.1:{http}", dicom
        finally:
            process.terminate()
            process.wait()


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def _wait(process: "subprocess.Popen[bytes]", address: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        assert process.poll() is None, "the archive has ended"
        try:
            with urlopen(address, timeout=5):  # noqa: S310 - on loopback
                return
        except (URLError, OSError):
            time.sleep(0.1)
    message = "the archive does not answer"
    raise AssertionError(message)
