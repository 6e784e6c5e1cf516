"""Series of drawn heads, those who send them, and the node as people run it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE

from alzer.scans.volume import Volume
from head_cohorts import coarse_head
from phantoms import dicom_dataset, save_dicom
from servers import free_port
from volume_files import slice_elements

# Identifiers of people who don't exist; none of it may be found outside of objects.
NAME, PATIENT, ROOT = "Mustermann^Erika", "PAT-4711-X", "1.2.826.0.1.3680043.10.999"


@dataclass(frozen=True)
class Person:
    """Somebody who was examined.

    Attributes:
        number: Of the person, from 1 on.
        description: Of the series.
    """

    number: int = 1
    description: str = "T1 MPRAGE sag"

    @property
    def study(self) -> str:
        """UID of the study."""
        return f"{ROOT}.{self.number}.1"

    @property
    def series(self) -> str:
        """UID of the series."""
        return f"{ROOT}.{self.number}.2"


@cache
def head_files(person: Person = Person(), **elements: str) -> tuple[bytes, ...]:
    """Return the series of a person's head, one file a slice.

    Args:
        person: Whose.
        elements: More of each file, by keyword.
    """
    return tuple(save_dicom(one) for one in _datasets(person, **elements))


@cache
def _head() -> Volume:
    return coarse_head(2)


def _datasets(person: Person, **elements: str) -> Iterator[Dataset]:
    head = _head()
    for number in range(head.voxels.shape[2]):
        pixels = head.voxels[:, :, number].T.astype(np.float64) / 4095.0
        uid = f"{person.series}.{number + 1}"
        told: dict[str, object] = {
            "PatientName": NAME,
            "PatientID": f"{PATIENT}{person.number}",
            "PatientBirthDate": "19480212",
            "PatientSex": "F",
            "StudyInstanceUID": person.study,
            "SeriesInstanceUID": person.series,
            "SOPInstanceUID": uid,
            "FrameOfReferenceUID": f"{person.study}.9",
            "StudyID": "1",
            "StudyDate": "20200131",
            "StudyTime": "101500",
            "AccessionNumber": "A-0815",
            "ReferringPhysicianName": "",
            "SeriesNumber": 3,
            "InstanceNumber": number + 1,
            "SeriesDescription": person.description,
            "ProtocolName": "t1_mprage",
            "BodyPartExamined": "HEAD",
            "PatientPosition": "HFS",
            "Manufacturer": "drawn",
            "MRAcquisitionType": "3D",
            "ScanningSequence": ["GR", "IR"],
            "SequenceVariant": "MP",
            "ScanOptions": "",
            "EchoTime": "2.9",
            "RepetitionTime": "2300",
            "InversionTime": "900",
            "EchoTrainLength": 1,
            "SliceThickness": "4",
            "ImageType": ["ORIGINAL", "PRIMARY", "M"],
            **slice_elements(head.affine, number),
            **elements,
        }
        dataset = dicom_dataset(pixels, **told)
        dataset.file_meta.MediaStorageSOPInstanceUID = UID(uid)
        yield dataset


def send(
    port: int,
    files: Sequence[bytes],
    *,
    calling: str = "SCANNER",
    called: str = "ALZER",
    patience_s: float = 60.0,
) -> list[int | None]:
    """Send files by C-STORE as a scanner does.

    Returns:
        The status of each up to the end of the association; none if it was rejected,
        and None where no answer came.
    """
    datasets = [pydicom.dcmread(BytesIO(one), force=True) for one in files]
    entity = AE(ae_title=calling)
    for name in ("acse_timeout", "dimse_timeout", "network_timeout"):
        setattr(entity, name, patience_s)
    for one in {each.SOPClassUID for each in datasets}:
        entity.add_requested_context(one)
    association = entity.associate("127.0.0.1", port, ae_title=called)
    if not association.is_established:
        return []
    statuses = []
    while datasets and association.is_established:
        answer = association.send_c_store(datasets.pop(0))
        statuses.append(answer.get("Status"))
    association.release()
    return statuses


@dataclass
class RunningNode:
    """A node in a process of its own.

    Attributes:
        port: For C-STORE.
        folder: Its data folder.
        log: What it says.
    """

    port: int
    folder: Path
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it, and wait until it takes objects in.

        Raises:
            AssertionError: It does not.
        """
        with self.log.open("ab") as output:
            start = output.tell()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "alzer.cli", "node"],
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=output,
            )
        for _ in range(6000):  # a busy machine takes a minute and more
            assert self.process.poll() is None, self.said[start:]
            if "The node is ready." in self.said[start:]:
                return
            time.sleep(0.05)
        self.kill()
        raise AssertionError(self.said)

    @property
    def said(self) -> str:
        """All that it has said."""
        return self.log.read_text("utf-8")

    def kill(self) -> None:
        """End it as a power failure would."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def stop(self) -> int:
        """Ask it to end; return its exit code."""
        assert self.process
        self.process.terminate()
        return self.process.wait(60)


@contextmanager
def running_node(
    folder: Path, bundle: Path, destination: str, **settings: object
) -> Iterator[RunningNode]:
    """Run a node for as long as the context lasts.

    Args:
        folder: For its data.
        bundle: Of its model.
        destination: Where results go.
        settings: More `ALZER_NODE_*`, by name.
    """
    node = RunningNode(free_port(), folder / "data", folder / "node.log")
    values = {
        "dicom_port": node.port,
        "destinations": destination,
        "quiet_seconds": 2,
        "min_free_bytes": 0,
        "results": "capture,report",
        **settings,
    }
    node.environment = {
        "ALZER_DATA_DIR": str(node.folder),
        "ALZER_MODEL": str(bundle),
        "ALZER_ENGINE": "openvino",
        "ALZER_PRECISION": "fp32",
        "PYTHONUNBUFFERED": "1",
        **{f"ALZER_NODE_{name.upper()}": str(one) for name, one in values.items()},
    }
    node.log.touch()
    node.start()
    try:
        yield node
    finally:
        if node.process and node.process.poll() is None:
            node.stop()
