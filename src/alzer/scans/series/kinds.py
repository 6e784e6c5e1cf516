"""What a DICOM image shows by its header: whether it is a T1-weighted head.

Times are in milliseconds. Bounds on them separate the sequences that scanners of
0.5 to 7 T use for heads; what lies between is left to be judged by the image.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from alzer.errors import (
    NotBrainLike,
    NotMagneticResonance,
    OtherContrast,
    UnsupportedVariant,
    UnusableScan,
)
from alzer.scans.dicom.acceptance import check_header
from alzer.scans.dicom.elements import Frame


class T1(Enum):
    """Whether an image is T1-weighted."""

    YES = auto()
    MAYBE = auto()
    NO = auto()


@dataclass(frozen=True)
class Kind:
    """What an image shows.

    Attributes:
        name: As in a list; of our own words alone.
        t1: Whether it is T1-weighted.
        is_enhanced: Whether a contrast agent was given.
        is_reformatted: Whether it was computed from another series' slices.
        refusal: Why it can't be analysed, if the header says so.
    """

    name: str
    t1: T1 = T1.MAYBE
    is_enhanced: bool = False
    is_reformatted: bool = False
    refusal: UnusableScan | None = None


# Source: PS3.4 annex B.5, Secondary Capture Image Storage and its variants.
_SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"

# Words of ImageType and FrameType, third and later ones are the maker's.
# Source: PS3.3 C.8.3.1.1.1 and C.8.13.3.1.1.
_TYPES: Final = (
    ({"LOCALIZER", "SCOUT"}, "localiser"),
    ({"PROJECTION IMAGE", "MAX_IP", "MIN_IP", "MIP", "MINIP", "MNIP"}, "projection"),
    ({"P", "PHASE", "PHASE MAP", "R", "REAL", "I", "IMAGINARY"}, "phase image"),
    ({"DIFFUSION", "ADC", "TRACEW", "FA", "EADC", "COLFA"}, "diffusion image or map"),
    ({"PERFUSION", "ASL", "CBF", "CBV", "RCBF", "RCBV", "MTT", "TTP"}, "perfusion map"),
    ({"FMRI", "FUNCTIONAL", "T_MAP", "Z_MAP", "B0", "FIELD_MAP"}, "functional image"),
    ({"T1 MAP", "T2 MAP", "T2_STAR MAP", "VELOCITY"}, "quantitative map"),
    ({"SWI"}, "T2*-weighted"),
    ({"SUBTRACTION", "SUB"}, "subtraction"),
)  # fmt: skip

_REFORMATTED: Final = frozenset({"MPR", "REFORMATTED", "RESAMPLED", "CSA MPR"})

_OF_OTHER_KIND: Final = (
    "By its header the series is of another kind than is needed ({}); send the "
    "T1-weighted series of the head."
)

# Source: PS3.3 C.8.13.3.1.3, AcquisitionContrast.
_CONTRASTS: Final = {
    "T2": "T2-weighted", "T2_STAR": "T2*-weighted", "FLUID_ATTENUATED": "FLAIR",
    "STIR": "STIR", "PROTON_DENSITY": "proton density", "DIFFUSION": "diffusion",
    "PERFUSION": "perfusion", "FLOW_ENCODED": "flow", "TAGGING": "tagging",
    "TOF": "angiography",
}  # fmt: skip

# Words in names of series and protocols. They are asked last, as people choose them,
# and never repeated, as they may name a person.
_NAMED: Final = tuple(
    (re.compile(rf"(?<![A-Z])({words})(?![A-Z])"), name)
    for words, name in (
        ("LOC|LOCALI[SZ]ER|SCOUT|SURVEY|3 ?PLANE|AAHEAD|AAHSCOUT", "localiser"),
        ("FLAIR|DARK ?FLUID", "FLAIR"),
        ("STIR", "STIR"),
        ("T2(W|TSE|FSE|SPACE)?|HASTE|CISS|FIESTA", "T2-weighted"),
        ("SWI|SWAN|GRE ?FIELD|FIELD ?MAP(PING)?|B0 ?MAP|T2STAR", "T2*-weighted"),
        ("TOF|ANGIO|MRA|MIP", "angiography"),
        ("DWI|DTI|ADC|DIFF(USION)?|TRACE", "diffusion"),
        ("BOLD|FMRI|REST(ING)?|ASL|PERF(USION)?|DSC", "functional or perfusion"),
        ("PDW?|PROTON ?DENSITY", "proton density"),
    )
)  # fmt: skip
_NAMED_ENHANCED: Final = re.compile(
    r"(?<![A-Z])(GAD|GADO|POST|CE|KM|CONTRAST|C)(?![A-Z])"
)
_NAMED_T1: Final = re.compile(
    r"(?<![A-Z])(T1W?|MPRAGE|MP ?RAGE|MEMPRAGE|BRAVO|FSPGR|SPGR|TFE|MDEFT|IRFSPGR)"
    r"(?![A-Z])"
)

# An echo later than this gives contrast by T2. T1 by spin echoes: up to 25.
LATE_ECHO_MS: Final = 40.0
# By gradient echoes, contrast by T2* from this on; T1: up to 6.
LATE_GRADIENT_ECHO_MS: Final = 12.0
# Water is dark when an inversion lies this far back; T1: 300 to 1300.
LATE_INVERSION_MS: Final = 1500.0
# Fat is dark at this one (STIR: 120 to 230).
EARLY_INVERSION_MS: Final = 250.0
# Spin echoes repeated faster than this give contrast by T1, slower than the other
# by proton density.
QUICK_REPETITION_MS: Final = 1000.0
SLOW_REPETITION_MS: Final = 1600.0


def kind_of(frame: Frame) -> Kind:
    """Return what an image shows.

    Args:
        frame: The image.

    Returns:
        The kind; with a refusal if it is no T1-weighted MR image of a head.
    """
    try:
        check_header(frame)
    except NotMagneticResonance as refusal:
        is_tomogram = frame.words("Modality")[:1] == ("CT",)
        return Kind("CT" if is_tomogram else "another modality", T1.NO, refusal=refusal)
    except NotBrainLike as refusal:
        return Kind("another part of the body", T1.NO, refusal=refusal)
    except UnsupportedVariant as refusal:
        return Kind("mosaic", T1.NO, refusal=refusal)
    if (name := _picture_name(frame)) is not None:
        return Kind(
            name, T1.NO, refusal=UnsupportedVariant(_OF_OTHER_KIND.format(name))
        )
    name, t1 = _contrast(frame)
    if t1 is T1.NO:
        return Kind(name, t1, refusal=OtherContrast(_OF_OTHER_KIND.format(name)))
    return Kind(
        name, t1, is_enhanced=_is_enhanced(frame), is_reformatted=_is_reformatted(frame)
    )


def _is_enhanced(frame: Frame) -> bool:
    has_agent = frame.words("ContrastBolusAgent") or frame.items(
        "ContrastBolusAgentSequence"
    )
    return bool(has_agent) or _NAMED_ENHANCED.search(_names(frame)) is not None


def _is_reformatted(frame: Frame) -> bool:
    return bool(_REFORMATTED & set(_types(frame)))


def _picture_name(frame: Frame) -> str | None:
    """Name what shows no tissue by its signal; None if that is not known."""
    storage = next(iter(frame.words("SOPClassUID")), "")
    if storage == _SECONDARY_CAPTURE or storage.startswith(_SECONDARY_CAPTURE + "."):
        return "copy of a screen (secondary capture)"
    types = set(_types(frame))
    return next((name for words, name in _TYPES if words & types), None)


def _types(frame: Frame) -> tuple[str, ...]:
    return frame.words("FrameType") or frame.words("ImageType")


def _contrast(frame: Frame) -> tuple[str, T1]:
    declared = next(iter(frame.words("AcquisitionContrast")), "")
    if declared in _CONTRASTS:
        return _CONTRASTS[declared], T1.NO
    by_times = _by_times(frame)
    if by_times is not None and by_times[1] is T1.NO:
        return by_times
    by_name = _by_name(frame)
    if by_name is not None:
        return by_name
    if by_times is not None:
        return by_times
    return ("T1-weighted", T1.YES) if declared == "T1" else ("MR", T1.MAYBE)


def _by_times(frame: Frame) -> tuple[str, T1] | None:
    """Tell the contrast by echo, repetition and inversion time, if that is possible."""
    sequence = set(frame.words("ScanningSequence"))
    if "EP" in sequence or frame.words("EchoPlanarPulseSequence")[:1] == ("YES",):
        return "echo-planar image", T1.NO
    echo_ms = _time_ms(frame, "EffectiveEchoTime", "EchoTime")
    inversion_ms = _time_ms(frame, "InversionTimes", "InversionTime")
    if echo_ms is None:
        return None
    is_inverted_long_ago = (inversion_ms or 0.0) >= LATE_INVERSION_MS
    if echo_ms > LATE_ECHO_MS:
        return ("FLAIR" if is_inverted_long_ago else "T2-weighted"), T1.NO
    if is_inverted_long_ago:
        return "late inversion", T1.NO
    if "SE" not in sequence and "GR" in sequence:
        is_late = echo_ms >= LATE_GRADIENT_ECHO_MS
        return ("T2*-weighted", T1.NO) if is_late else ("T1-weighted", T1.YES)
    return _by_spin_echo(frame, inversion_ms, is_certain="SE" in sequence)


def _by_spin_echo(
    frame: Frame, inversion_ms: float | None, *, is_certain: bool
) -> tuple[str, T1] | None:
    if inversion_ms is not None:
        is_early = is_certain and inversion_ms < EARLY_INVERSION_MS
        return ("STIR", T1.NO) if is_early else ("T1-weighted", T1.YES)
    repetition_ms = _time_ms(frame, "RepetitionTime")
    if repetition_ms is None:
        return None
    if repetition_ms <= QUICK_REPETITION_MS:
        return "T1-weighted", T1.YES
    is_slow = is_certain and repetition_ms > SLOW_REPETITION_MS
    return ("proton density", T1.NO) if is_slow else None


def _by_name(frame: Frame) -> tuple[str, T1] | None:
    text = _names(frame)
    if _NAMED_T1.search(text):
        return "T1-weighted", T1.YES
    found = next((name for words, name in _NAMED if words.search(text)), None)
    return None if found is None else (found, T1.NO)


def _names(frame: Frame) -> str:
    names = ("SeriesDescription", "ProtocolName", "SequenceName")
    text = " ".join(word for name in names for word in frame.words(name))
    return re.sub("[^A-Z0-9]+", " ", text.replace("T2*", "T2STAR"))


def _time_ms(frame: Frame, *keywords: str) -> float | None:
    for keyword in keywords:
        value = frame.number(keyword)
        if value is not None and value > 0.0:
            return value
    return None
