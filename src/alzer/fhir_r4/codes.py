"""What codes the resources use: others' where they truly fit, else our own."""

from typing import Final, NamedTuple

from alzer.classes import CLASSES

# Names of ours; nothing has to answer there.
ROOT: Final = "https://github.com/alzer/alzer/fhir"
OWN: Final = f"{ROOT}/CodeSystem/alzer"
ANALYSIS: Final = f"{ROOT}/analysis"
REFERENCE: Final = f"{ROOT}/reference"
MODEL_DIGEST: Final = f"{ROOT}/model-sha256"

# Source: HL7 FHIR R4, "Using Codes in Resources", table of code systems.
SNOMED: Final = "http://snomed.info/sct"
UCUM: Final = "http://unitsofmeasure.org"
DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
ABSENT: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem"


class Code(NamedTuple):
    """A code with what it means.

    Attributes:
        system: Whose it is.
        code: The code.
        display: What it means, in words.
    """

    system: str
    code: str
    display: str


# Source: HL7 v2 table 0074 (diagnostic service section).
RADIOLOGY: Final = Code(f"{_TERMINOLOGY}/v2-0074", "RAD", "Radiology")
# Source: HL7 FHIR R4, Observation Category Codes.
IMAGING: Final = Code(f"{_TERMINOLOGY}/observation-category", "imaging", "Imaging")
# Source: HL7 AI Transparency on FHIR, value set ProvenanceVS: for `meta.security`.
BY_AI: Final = Code(
    f"{_TERMINOLOGY}/v3-ObservationValue", "AIAST", "Artificial Intelligence asserted"
)
# Source: SNOMED CT, below 49062001 (Device).
SOFTWARE: Final = Code(SNOMED, "706687001", "Software")
# Source: DICOM PS3.16, CID 7469 (generic intensity and size measurements).
VOLUME: Final = Code(SNOMED, "118565006", "Volume")
# Source: DICOM PS3.16, annex D.
BRAIN: Final = Code(SNOMED, "12738006", "Brain")

# By the names of `volumes.structures`. The cerebral cortex has no code there: grey
# matter is more than the cortex.
# Source: DICOM PS3.16, CID 7140 (brain structures for volumetric measurements).
STRUCTURES: Final = {
    "cerebral white matter": Code(SNOMED, "68523003", "Cerebral White Matter"),
    "lateral ventricles": Code(SNOMED, "66720007", "Lateral Ventricle"),
    "inferior lateral ventricles": Code(
        SNOMED, "53118009", "Inferior Horn of Lateral Ventricle"
    ),
    "cerebellar white matter": Code(SNOMED, "33060004", "Cerebellar White Matter"),
    "cerebellar cortex": Code(SNOMED, "25991003", "Cerebellar Cortex"),
    "thalamus": Code(SNOMED, "119406000", "Thalamus"),
    "caudate": Code(SNOMED, "11000004", "Caudate Nucleus"),
    "putamen": Code(SNOMED, "89278009", "Putamen"),
    "pallidum": Code(SNOMED, "14738005", "Globus Pallidus"),
    "third ventricle": Code(SNOMED, "49841001", "Third ventricle"),
    "fourth ventricle": Code(SNOMED, "35918002", "Fourth Ventricle"),
    "brain stem": Code(SNOMED, "119238007", "Brain Stem"),
    "hippocampus": Code(SNOMED, "5366008", "Hippocampus"),
    "amygdala": Code(SNOMED, "4958002", "Amygdala"),
    "accumbens": Code(SNOMED, "427667007", "Nucleus Accumbens"),
    "ventral diencephalon": Code(DICOM, "110700", "Ventral Diencephalon"),
}

# One row for each code of ours. A model's estimate of a rating is no rating, so the
# classes have no code of the CDR scale.
OWN_CODES: Final = {
    "impairment-analysis": "Estimated degree of cognitive impairment from brain MRI",
    "class-probabilities": "Probability of each degree of impairment",
    "prediction-set": "Degrees of impairment that can't be ruled out",
    "reliability": "Whether the model's answer can be relied on",
    "csf-opinion": "Second opinion from the share of dark fluid",
    "csf-share": "Share of dark fluid (CSF) inside the brain",
    "impairment-probability": "Probability of any impairment, by this measure alone",
    "opinions-agree": "Whether this measure and the model agree",
    "preparation": "How well the head was brought to the standard slices",
    "preparation-good": "Good",
    "preparation-check": "A person should look before the answer is trusted",
    "registration-similarity": "Correlation of the brain with the average brain",
    "rotation": "Turn of the head against its header",
    "scale": "Mean size against the average brain",
    "brain-volume": "Volume of the brain with its fluid",
    "structure-volume": "Volume of a structure of the brain, left and right together",
    "structure-share": "The same as a share of the brain mask",
    "engine": "What ran the model",
    "precision": "The arithmetic that it ran in",
    **{each.name.lower().replace(" ", "-"): each.name for each in CLASSES},
}


def own(code: str) -> Code:
    """Return a code of ours.

    Args:
        code: One of `OWN_CODES`.

    Raises:
        KeyError: There is none.
    """
    return Code(OWN, code, OWN_CODES[code])


def of_class(name: str) -> Code:
    """Return the code of a degree of impairment, by its name.

    Examples:
        >>> of_class("Very Mild Impairment").code
        'very-mild-impairment'
    """
    return own(name.lower().replace(" ", "-"))
