"""De-identification of what goes out, by the Basic Profile of DICOM PS3.15 Annex E.

It works on objects of our own, whose sentences, pictures and documents are made without
a word of the person (`Scene.anonymous`); so these stay, which the profile calls its
Clean Structured Content Option. Every other attribute of the table is treated as the
table says, in all sequences; private attributes go.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from highdicom.sr import CodedConcept
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID

_TABLE: Final = Path(__file__).with_name("basic_profile.txt")

# What is written without an identity in the first place: the sentences and numbers of
# a report, the document, and references, whose identifiers are replaced one by one.
_CLEAN: Final = frozenset(
    Tag(keyword)
    for keyword in (
        "ContentSequence", "EncapsulatedDocument", "SourceImageSequence",
        "ReferencedImageSequence", "ContentDescription", "DeviceSerialNumber",
        "SeriesDescription", "ImageComments",
    )
)  # fmt: skip

# Of overlays and curves: (50xx,xxxx), (60xx,3000) and (60xx,4000).
_REPEATING: Final = re.compile(r"50[0-9A-F]{6}|60[0-9A-F]{2}(3000|4000)")

# Values that say nothing, for what may not be empty.
# Source: PS3.5 section 6.2, of the forms alone.
_DUMMIES: Final[Mapping[str, object]] = {
    "DA": "19000101",
    "DT": "19000101000000",
    "TM": "000000",
    "PN": "ANONYMIZED",
    "AS": "000Y",
    "DS": "0",
    "IS": "0",
    "UR": "http://anonymized.invalid",
}
_DUMMY: Final = "ANONYMIZED"

# CID 7050.
_APPLIED: Final = (
    CodedConcept("113100", "DCM", "Basic Application Confidentiality Profile"),
    CodedConcept("113104", "DCM", "Clean Structured Content Option"),
    CodedConcept("113105", "DCM", "Clean Descriptors Option"),
    CodedConcept("113109", "DCM", "Retain Device Identity Option"),
)
_METHOD: Final = "alzer: DICOM PS3.15 Basic Profile"


def deidentify(objects: Iterable[Dataset]) -> list[Dataset]:
    """Return objects without identities, by the Basic Profile.

    Identifiers are replaced by others that nobody can lead back, the same for the same
    throughout: references among the objects still hold. Those to the source lead to
    a series that only somebody with its de-identified copy by the same key would have.

    Args:
        objects: Of one analysis, made from an anonymous scene; they stay as they are.

    Returns:
        Others, in their order, which say in (0012,0062) to (0012,0064) what was done.
    """
    replacing = _Replacing()
    return [replacing.in_object(one) for one in objects]


@dataclass(frozen=True)
class _Replacing:
    """Replaces values; identifiers by a key that nobody keeps."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def in_object(self, original: Dataset) -> Dataset:
        """Return one object without identities."""
        dataset = deepcopy(original)
        dataset.remove_private_tags()
        self._clean(dataset)
        # Its own: what the source says of itself no longer tells what was done.
        dataset.PatientIdentityRemoved = "YES"
        dataset.DeidentificationMethod = _METHOD
        dataset.DeidentificationMethodCodeSequence = Sequence(list(_APPLIED))
        # Source: PS3.15 section E.2, for a profile that removes dates.
        dataset.LongitudinalTemporalInformationModified = "REMOVED"
        if getattr(dataset, "file_meta", None):
            dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        return dataset

    def _clean(self, dataset: Dataset) -> None:
        for element in list(dataset):
            action = _action_for(element.tag)
            if action == "U":
                element.value = self._uids(element.value)
            elif action and element.tag not in _CLEAN:
                _apply(action, dataset, element)
            if element.VR == "SQ" and element.tag in dataset:
                for item in element.value:
                    self._clean(item)

    def _uids(self, value: object) -> object:
        if isinstance(value, (list, tuple, MultiValue)):
            return [self._uid(str(one)) for one in value]
        return self._uid(str(value)) if value else value

    def _uid(self, uid: str) -> UID:
        """Return the identifier that stands for another.

        Source: PS3.5 section B.2, UUID-derived identifiers.
        """
        digest = hmac.new(self.key, uid.encode(), hashlib.sha256).digest()
        return UID(f"2.25.{int.from_bytes(digest[:16])}")


def _apply(action: str, dataset: Dataset, element: DataElement) -> None:
    """Do what the table says: where it leaves a choice, what keeps objects valid."""
    if action == "X":
        del dataset[element.tag]
    elif "D" in action:
        element.value = [] if element.VR == "SQ" else _DUMMIES.get(element.VR, _DUMMY)
    elif element.VR == "SQ":
        element.value = []
    else:
        element.value = None


def _action_for(tag: BaseTag) -> str | None:
    """Return what the table says of an attribute; None if it is not in the table."""
    name = f"{tag:08X}"
    if _REPEATING.fullmatch(name):
        return "X"
    return _table().get(name)


@cache
def _table() -> Mapping[str, str]:
    lines = _TABLE.read_text("utf-8").splitlines()
    rows = (line.split() for line in lines if line and not line.startswith("#"))
    return {row[0]: row[1] for row in rows}
