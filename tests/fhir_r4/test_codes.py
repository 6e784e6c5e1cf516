"""Codes of others are theirs, ours are written down."""

from pathlib import Path

from pydicom.sr.codedict import codes

from alzer.classes import CLASS_NAMES
from alzer.fhir_r4.codes import (
    BRAIN,
    DICOM,
    OWN_CODES,
    SNOMED,
    STRUCTURES,
    VOLUME,
    of_class,
)
from alzer.volumes.structures import STRUCTURE_NAMES

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "exchange.md"


def test_structures_have_the_codes_of_dicoms_context_group() -> None:
    group = codes.cid7140
    listed = {
        (found.scheme_designator, found.value, found.meaning)
        for found in (getattr(group, name) for name in group.dir())
    }
    schemes = {SNOMED: "SCT", DICOM: "DCM"}

    for name, code in STRUCTURES.items():
        assert name in STRUCTURE_NAMES
        assert (schemes[code.system], code.code, code.display) in listed


def test_all_structures_but_the_cortex_have_a_code() -> None:
    assert set(STRUCTURE_NAMES) - set(STRUCTURES) == {"not named", "cerebral cortex"}


def test_brain_and_volume_are_those_of_dicom() -> None:
    assert codes.SCT.Brain.value == BRAIN.code
    assert codes.SCT.Volume.value == VOLUME.code


def test_each_class_has_a_code_of_its_own() -> None:
    found = [of_class(name) for name in CLASS_NAMES]

    assert [code.display for code in found] == list(CLASS_NAMES)
    assert len({code.code for code in found}) == len(CLASS_NAMES)


def test_the_guide_lists_every_code_of_ours() -> None:
    text = GUIDE.read_text("utf-8")

    for code, meaning in OWN_CODES.items():
        assert f"| `{code}` | {meaning} |" in text
