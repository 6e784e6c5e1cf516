"""What all objects have: who made them, of whom, as part of what."""

from typing import Any, Final

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from alzer import __version__
from alzer.dicom_out.scene import Kind, Scene
from alzer.dicom_out.series import SourceSeries, new_uid

MANUFACTURER: Final = "alzer"
PRODUCT: Final = "alzer"

NOT_FOR_DIAGNOSIS: Final = "NOT FOR DIAGNOSIS"

_DOCUMENTS: Final = frozenset({"SR", "DOC"})

# UTF-8. Source: PS3.3 section C.12.1.1.2.
CHARACTER_SET: Final = "ISO_IR 192"

# Beyond the numbers that scanners give.
SERIES_NUMBERS: Final[dict[Kind, int]] = {
    "capture": 9901,
    "report": 9902,
    "map": 9903,
    "pdf": 9904,
}

DESCRIPTIONS: Final[dict[Kind, str]] = {
    "capture": "alzer overlay - not for diagnosis",
    "report": "alzer report - not for diagnosis",
    "map": "alzer evidence - not for diagnosis",
    "pdf": "alzer report (PDF) - not for diagnosis",
}


def own_part(kind: Kind, scene: Scene) -> dict[str, Any]:
    """Return what writers are told of an object, whatever its kind.

    Patient and study are nobody's until `give_context` sets them: those that write
    objects would judge, and repeat, what a source's header says of a person.

    Args:
        kind: Of the object.
        scene: What it is made from.

    Returns:
        Keyword arguments of highdicom's `SOPClass`.
    """
    return {
        "series_instance_uid": new_uid(),
        "series_number": SERIES_NUMBERS[kind],
        "sop_instance_uid": new_uid(),
        "instance_number": 1,
        "manufacturer": MANUFACTURER,
        "manufacturer_model_name": PRODUCT,
        "software_versions": str(scene.software.get("alzer") or __version__),
        "device_serial_number": serial_number(scene),
        "series_description": DESCRIPTIONS[kind],
        "specific_character_set": CHARACTER_SET,
        "transfer_syntax_uid": ExplicitVRLittleEndian,
    }


def serial_number(scene: Scene) -> str:
    """Return the digest of the model, which tells one device from another."""
    return str(scene.told.model.get("sha256") or "")[:64]


def nobody(series: SourceSeries) -> dict[str, Any]:
    """Return the patient and the study that an object has at first."""
    return {
        "study_instance_uid": series.context.StudyInstanceUID,
        "patient_id": "",
        "patient_name": None,
        "patient_birth_date": None,
        "patient_sex": None,
    }


def give_context(dataset: Dataset, series: SourceSeries) -> None:
    """Set patient and study of an object to those of its source.

    Args:
        dataset: The object; changed.
        series: The source.
    """
    for element in series.context:
        dataset.add(element)
    if dataset.Modality not in _DOCUMENTS:
        dataset.BodyPartExamined = "BRAIN"
