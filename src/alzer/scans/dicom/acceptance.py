"""Whether a file's header allows that its image is a slice of a head by MR."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from alzer.errors import NotBrainLike, NotMagneticResonance, UnsupportedVariant
from alzer.scans.dicom.elements import Frame, words

_MODALITY_UNKNOWN: Final = (
    "The file does not say by which modality it was made; taken as MR."
)
_BURNED_IN: Final = (
    "The file says that text is burnt into the picture; it can change the answer and "
    "identify the patient."
)
_SECONDARY: Final = (
    "The file says that its image was made from others (such as a reconstruction, a "
    "map or a copy of the screen); the model knows acquired images only."
)
_DERIVED: Final = "The file says that its pixels were derived from those acquired."

_MOSAIC: Final = (
    "The DICOM file is a Siemens mosaic: many slices in one picture, as of functional "
    "or diffusion series. Send the T1-weighted series of the head instead."
)

_MR: Final = frozenset({"MR", "MRI"})

# The standard has the first alone.
_YES: Final = frozenset({"YES", "Y", "TRUE", "T", "1"})

# What may be repeated (PS3.3 C.7.3.1.1.1): any other text could name a person.
_MODALITIES: Final = frozenset({
    "CR", "CT", "DX", "ES", "KO", "MG", "NM", "OT", "PR", "PT", "RF", "RTDOSE",
    "RTSTRUCT", "SC", "SEG", "SR", "US", "XA",
})  # fmt: skip

# Parts of the words by which head and brain are named, in the languages of scanners'
# users; PS3.16 annex L has the English ones.
_HEAD: Final = re.compile(
    "HEAD|BRAIN|SKULL|CRANI|CRANE|NEURO|CEREB|CEREV|CERVEAU|CERVELL|ENCEPH|ENCEF"
    "|KOPF|HIRN|SCHADEL|SCHAEDEL|CABEZA|CABECA|TETE|TESTA|HOOFD|HERSEN|HJERNE|HJARNA"
    "|BREIN|HUVUD|GLOWA|MOZG|MOZEK|HLAVA|GOLOV|HIPPOCAMP|PITUIT|HYPOPHY|SELLA"
    "|TEMPORALLOBE|POSTFOSSA|ORBIT|CEPHAL|STROKE|DEMENT|ALZHEIM"
    "|^(CNS|IAC|IAM|FACE)$"
)
# Words that hold one of these parts and are elsewhere.
_OTHER_HEADS: Final = re.compile(
    "FEMUR|FEMOR|HUMER|RADIAL|RADIUS|PANCREA|FIBUL|METATARS|HEADREST|CARDIA|HEART"
)

# What says nothing of the part.
_UNSAID: Final = frozenset({
    "", "UNDEFINED", "UNKNOWN", "UNSPECIFIED", "OTHER", "NONE", "NA", "WHOLEBODY",
    "ANY", "BODY", "EXAM", "SPECIAL", "RESEARCH", "MR", "MRI", "T", "MPRAGE", "FLAIR",
})  # fmt: skip

# Codes of head, brain, skull, and head with neck. Source: PS3.16, CID 4031, as
# SNOMED CT and as its older identifiers.
_HEAD_CODES: Final = frozenset(
    {
        "69536005", "12738006", "89546000", "774007",
        "T-D1100", "T-A0100", "T-11100", "T-D1000",
    }
)  # fmt: skip

# What may be repeated. Source: PS3.16 annex L.
_OTHER_PARTS: Final = frozenset({
    "ABDOMEN", "ABDOMENPELVIS", "ANKLE", "AORTA", "ARM", "BLADDER", "BREAST", "CALF",
    "CAROTID", "CHEST", "CLAVICLE", "COCCYX", "CSPINE", "CERVICALSPINE", "ELBOW",
    "EXTREMITY", "FINGER", "FOOT", "FOREARM", "HAND", "HEART", "HIP", "HUMERUS",
    "KIDNEY", "KNEE", "LEG", "LIVER", "LSPINE", "LUMBARSPINE", "LUNG", "NECK",
    "PANCREAS", "PELVIS", "PROSTATE", "RIB", "SHOULDER", "SPINE", "STERNUM", "THIGH",
    "THORAX", "THUMB", "TOE", "TSPINE", "THORACICSPINE", "UTERUS", "WRIST",
})  # fmt: skip


@dataclass(frozen=True)
class Remarks:
    """What a header says of its image.

    Attributes:
        notes: How the pixels came to be.
        warnings: What a reader of the result must know.
    """

    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def check_header(frame: Frame) -> Remarks:
    """Refuse what the header says is no MR slice of a head.

    Args:
        frame: The file's one image.

    Returns:
        What else it says of the image.

    Raises:
        NotMagneticResonance: If another modality made it.
        UnsupportedVariant: If it is a mosaic of slices.
    """
    modality = next(iter(frame.words("Modality")), "")
    if modality and modality not in _MR:
        shown = modality if modality in _MODALITIES else "other than MR"
        message = (
            f"The DICOM file was made by modality {shown}; send one of modality MR."
        )
        raise NotMagneticResonance(message)
    _check_part(frame)
    if "MOSAIC" in frame.words("ImageType"):
        raise UnsupportedVariant(_MOSAIC)
    warnings = () if modality else (_MODALITY_UNKNOWN,)
    if set(frame.words("BurnedInAnnotation")[:1]) & _YES:
        warnings = (*warnings, _BURNED_IN)
    kinds = frame.words("FrameType") or frame.words("ImageType")
    if "SECONDARY" in kinds[1:2] or frame.words("ConversionType"):
        return Remarks((), (*warnings, _SECONDARY))
    return Remarks((_DERIVED,) if kinds[:1] == ("DERIVED",) else (), warnings)


def _check_part(frame: Frame) -> None:
    parts = list(frame.words("BodyPartExamined"))
    for region in frame.items("AnatomicRegionSequence"):
        if set(words(region, "CodeValue")) & _HEAD_CODES:
            return
        parts += words(region, "CodeMeaning")
    said = [part for part in map(_letters, parts) if part not in _UNSAID]
    if not said or any(map(_is_head, said)):
        return
    known = [part for part in said if part in _OTHER_PARTS]
    shown = f"the part '{known[0]}'" if known else "another part of the body"
    message = f"The DICOM file says that it shows {shown}; send a scan of the head."
    raise NotBrainLike(message)


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("Ø", "O"))
    return re.sub("[^A-Z]", "", plain)


def _is_head(part: str) -> bool:
    return bool(_HEAD.search(part)) and not _OTHER_HEADS.search(part)
