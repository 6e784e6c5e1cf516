"""Coded concepts: of DICOM, SNOMED CT and UCUM where there are such, else our own.

Source: DICOM PS3.16, annexes B and D, and the context groups that are named below.
"""

from collections.abc import Mapping
from typing import Final

from highdicom import UID
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from highdicom.sr import CodedConcept

from alzer.classes import CLASS_NAMES, CLASSES

# Of concepts that no scheme has. Private designators begin with 99.
# Source: PS3.16 section 8.
OWN_SCHEME: Final = "99ALZER"


def own(value: str, meaning: str) -> CodedConcept:
    """Return a concept of our own.

    Args:
        value: Its code, at most 16 characters.
        meaning: In words, at most 64 characters.
    """
    return CodedConcept(value, OWN_SCHEME, meaning)


def own_scheme() -> CodingSchemeIdentificationItem:
    """Return what says whose concepts those are."""
    return CodingSchemeIdentificationItem(
        designator=OWN_SCHEME,
        name="alzer's own concepts",
        responsible_organization="alzer",
    )


# CID 646: CID 100 has no magnetic resonance of the head.
PROCEDURE: Final = CodedConcept("24590-2", "LN", "Brain MRI")
# CID 7021.
TITLE: Final = CodedConcept("126000", "DCM", "Imaging Measurement Report")
# Annex D.
FINDING: Final = CodedConcept("121071", "DCM", "Finding")
COMMENT: Final = CodedConcept("121106", "DCM", "Comment")
PROBABILITY: Final = CodedConcept("122157", "DCM", "Probability")
SOURCE_IMAGE: Final = CodedConcept(
    "121322", "DCM", "Source image for image processing operation"
)
# TID 1500, rows 12 to 14.
EVALUATIONS: Final = CodedConcept("C0034375", "UMLS", "Qualitative Evaluations")
# CID 4, CID 7469 and CID 230.
BRAIN: Final = CodedConcept("12738006", "SCT", "Brain")
VOLUME: Final = CodedConcept("118565006", "SCT", "Volume")
YES: Final = CodedConcept("373066001", "SCT", "Yes")
NO: Final = CodedConcept("373067005", "SCT", "No")
UNKNOWN: Final = CodedConcept("261665006", "SCT", "Unknown")

# Units, of UCUM; words in braces annotate the unit 1.
RATIO: Final = CodedConcept("1", "UCUM", "no units")
PERCENT: Final = CodedConcept("%", "UCUM", "Percent")
MILLILITRE: Final = CodedConcept("ml", "UCUM", "milliliter")
DEGREE: Final = CodedConcept("deg", "UCUM", "Degree")
LOGIT: Final = CodedConcept("{logit}", "UCUM", "logit")

IMPAIRMENT: Final = own("IMPAIRMENT", "Degree of cognitive impairment as rated (CDR)")
PREDICTION_SET: Final = own("POSSIBLE", "Class that can't be ruled out")
MOST_PROBABLE: Final = own("PREDICTION", "Most probable class")
RELIABLE: Final = own("RELIABLE", "Answer can be relied on, as far as is checked")
CALIBRATED: Final = own("CALIBRATED", "Probabilities are calibrated")
EVIDENCE: Final = own("EVIDENCE", "Evidence for a class, as the network weighs it")
NETWORK_EVIDENCE: Final = own("NETWORK_MAP", "Map of evidence by a neural network")
CSF_FRACTION: Final = own("CSF_FRACTION", "CSF fraction inside the brain")
CSF_IMPAIRED: Final = own("CSF_IMPAIRED", "Probability of impairment by CSF fraction")
AGREES: Final = own("CSF_AGREES", "CSF fraction agrees with the model")
SIMILARITY: Final = own("SIMILARITY", "Likeness to the average brain (correlation)")
ROTATION: Final = own("ROTATION", "Turned against the header by")
SCALE: Final = own("SCALE", "Size against the average brain, along one axis")
REFUSAL: Final = own("REFUSAL", "Reason why there is no answer")
DEEP_LEARNING: Final = own("CONVOLUTIONAL", "Convolutional neural network")

# By the name of a class; CDR 0, 0.5, 1 and 2.
CLASS_CODES: Final[Mapping[str, CodedConcept]] = {
    one.name: own(f"CDR_{one.cdr:g}", f"{one.name} (CDR {one.cdr:g})")
    for one in CLASSES
}

# By the name of a verdict as reports have it.
VERDICTS: Final[Mapping[str, CodedConcept]] = {
    "Reliability of the answer": own("V_RELIABILITY", "Reliability of the answer"),
    "Preparation of the head": own("V_PREPARATION", "Preparation of the head"),
    "Where the evidence lies": own("V_MAP_QUALITY", "Where the evidence lies"),
    "Does what the map marks matter?": own("V_MAP_CHECK", "Faithfulness of the map"),
    "Second opinion": own("V_SECOND_OP", "Second opinion"),
}

# By the level of a verdict.
LEVELS: Final[Mapping[str, CodedConcept]] = {
    "good": own("GOOD", "Nothing speaks against it"),
    "doubt": own("DOUBT", "Doubtful"),
    "bad": own("BAD", "Not to be relied on"),
    "unknown": own("NOT_KNOWN", "Not known or not checked"),
}


def yes_or_no(value: bool | None) -> CodedConcept:  # noqa: FBT001 - it is the value
    """Return the code of a truth value."""
    return UNKNOWN if value is None else YES if value else NO


def class_code(name: str) -> CodedConcept:
    """Return the code of a class.

    Args:
        name: One of CLASS_NAMES.
    """
    return CLASS_CODES[CLASS_NAMES[CLASS_NAMES.index(name)]]


def uid_of_digest(sha256: str) -> UID:
    """Return an identifier that a digest determines.

    Source: PS3.5 section B.2, UUID-derived identifiers.

    Args:
        sha256: Hexadecimal.
    """
    return UID(f"2.25.{int(sha256[:32], 16)}")
