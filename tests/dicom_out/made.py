"""Series of drawn heads with a patient, and what checks objects."""

import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydicom.dataset import Dataset

from alzer.analysis import Analysis
from alzer.dicom_out.objects import as_file
from phantoms import dicom_dataset
from volume_files import slice_elements

STUDY: Final = "1.2.826.0.1.3680043.8.498.4711"
SERIES: Final = f"{STUDY}.3"
FRAME_OF_REFERENCE: Final = f"{STUDY}.9"

# Nobody's: whatever of it is found where it must not be is a leak.
PATIENT: Final[dict[str, Any]] = {
    "SpecificCharacterSet": "ISO_IR 100",
    "PatientName": "Grünwald^Adelheid",
    "PatientID": "MRN-4711",
    "PatientBirthDate": "19370514",
    "PatientSex": "F",
    "PatientAge": "088Y",
    "StudyInstanceUID": STUDY,
    "StudyDate": "20250611",
    "StudyTime": "091733",
    "StudyID": "S77",
    "AccessionNumber": "ACC-99",
    "StudyDescription": "Schaedel Grünwald",
    "ReferringPhysicianName": "Quacksalber^Otto",
    "InstitutionName": "Klinik am Weiher",
    "Modality": "MR",
}
SECRETS: Final = (
    "Adelheid", "nwald", "MRN-4711", "19370514", "088Y", STUDY, "20250611", "091733",
    "ACC-99", "Quacksalber", "Weiher",
)  # fmt: skip


def headers_of(head: Analysis, **elements: object) -> list[Dataset]:
    """Return the series that the scan of a head may have come from."""
    assert head.preparation is not None
    volume = head.preparation.volume
    columns, rows, count = volume.voxels.shape
    made = []
    for number in range(count):
        dataset = dicom_dataset(np.zeros((rows, columns)))
        places = slice_elements(volume.affine, number)
        all_elements = {**PATIENT, **places, **elements}
        all_elements |= {
            "SeriesInstanceUID": SERIES,
            "FrameOfReferenceUID": FRAME_OF_REFERENCE,
            "SOPInstanceUID": f"{SERIES}.{number + 1}",
        }
        for keyword, value in all_elements.items():
            setattr(dataset, keyword, value)
        made.append(dataset)
    return made


def errors_of(dataset: Dataset, folder: Path) -> list[str]:
    """Return what `dciodvfy` of dicom3tools finds wrong with an object."""
    path = folder / "object.dcm"
    path.write_bytes(as_file(dataset))
    program = shutil.which("dciodvfy")
    assert program, "dicom3tools is missing: make test installs it"
    ran = subprocess.run(  # noqa: S603 - on a file of our own
        [program, str(path)], capture_output=True, text=True, check=False
    )
    lines = (ran.stdout + ran.stderr).splitlines()
    assert any(word in line for line in lines for word in ("SC", "SR", "Map", "PDF"))
    return [line for line in lines if line.startswith(("Error", "Abort"))]


def dumped(dataset: Dataset, folder: Path) -> str:
    """Return how `dsrdump` of DCMTK reads a structured report, without complaints."""
    path = folder / "report.dcm"
    path.write_bytes(as_file(dataset))
    program = shutil.which("dsrdump")
    assert program, "dcmtk is missing: make test installs it"
    ran = subprocess.run(  # noqa: S603 - likewise
        [program, "+Pl", str(path)], capture_output=True, text=True, check=True
    )
    return ran.stdout


def numbers_in(dataset: Dataset, name: str) -> list[float]:
    """Return all numbers of a report whose concept has this meaning."""
    return [
        float(item.MeasuredValueSequence[0].NumericValue)
        for item in items_of(dataset)
        if item.ValueType == "NUM" and meaning(item) == name
    ]


def codes_in(dataset: Dataset, name: str) -> list[str]:
    """Return the meanings of all codes of a report whose concept has this meaning."""
    return [
        str(item.ConceptCodeSequence[0].CodeMeaning)
        for item in items_of(dataset)
        if item.ValueType == "CODE" and meaning(item) == name
    ]


def texts_in(dataset: Dataset) -> str:
    """Return all sentences of a report."""
    found = (one for one in items_of(dataset) if one.ValueType == "TEXT")
    return "\n".join(str(item.TextValue) for item in found)


def items_of(dataset: Dataset) -> list[Dataset]:
    """Return all content items of a report, those below others too."""
    found: list[Dataset] = []
    for item in dataset.get("ContentSequence") or ():
        found += [item, *items_of(item)]
    return found


def meaning(item: Dataset) -> str:
    """Return the meaning of a content item's concept; empty if it has none."""
    names = item.get("ConceptNameCodeSequence")
    return str(names[0].CodeMeaning) if names else ""
