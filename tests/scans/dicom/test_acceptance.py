"""What a header says of an image before its pixels are looked at."""

import pytest
from pydicom.sequence import Sequence

from alzer.errors import NotBrainLike, NotMagneticResonance
from alzer.scans.formats import read_slice
from dicom_parts import functional_groups, item_of
from phantoms import as_dicom, draw_brain

BRAIN = draw_brain((104, 88))


def region(meaning: str, code: str = "0") -> Sequence:
    """Return the sequence that names a part of the body by a code."""
    return Sequence([item_of(CodeValue=code, CodeMeaning=meaning)])


@pytest.mark.parametrize("modality", [b"mr", b" MR ", b"MR\0", b"MRI", b"MR\\SC"])
def test_mr_is_known_however_it_is_written(modality: bytes) -> None:
    assert read_slice(as_dicom(BRAIN, Modality=modality)).warnings == ()


@pytest.mark.parametrize("modality", [b"CT", b"ct", b" us"])
def test_other_modalities_are_named(modality: bytes) -> None:
    with pytest.raises(NotMagneticResonance, match=modality.decode().strip().upper()):
        read_slice(as_dicom(BRAIN, Modality=modality))


@pytest.mark.parametrize(
    "part",
    ["HEAD", "BRAIN", "SKULL", "HEADNECK", "brain ", "Neuro^Head", "KOPF", "Schädel",
     "CRÁNEO", "ENCÉFALO", "IAC", "ORBITS", "DEMENTIA", "MRI", "T1",
     "TETE", "CEREBRO", "HUMAN BRAIN", "NEURORADIOLOGY", "", "UNDEFINED", "WHOLEBODY",
     "NECK\\HEAD"],
)  # fmt: skip
def test_heads_are_known_by_many_words(part: str) -> None:
    scan = read_slice(as_dicom(BRAIN, BodyPartExamined=part.encode("latin-1")))

    assert scan.shape == (104, 88)


@pytest.mark.parametrize("part", ["Schädel", "CRÁNEO", "头部", "脳", "голова"])
def test_heads_are_known_in_unicode(part: str) -> None:
    scan = read_slice(as_dicom(BRAIN, BodyPartExamined=part.encode()))

    assert scan.shape == (104, 88)


@pytest.mark.parametrize("part", ["KNEE", "knee ", "CSPINE", "ABDOMEN"])
def test_other_parts_are_refused_by_name(part: str) -> None:
    with pytest.raises(NotBrainLike, match=part.strip().upper()):
        read_slice(as_dicom(BRAIN, BodyPartExamined=part.encode()))


@pytest.mark.parametrize(
    "part", ["DOE JANE", "FEMORAL HEAD", "PANCREAS HEAD", "HEADREST", "X1"]
)
def test_parts_that_are_not_known_are_refused_without_their_name(part: str) -> None:
    with pytest.raises(NotBrainLike, match="another part of the body") as refusal:
        read_slice(as_dicom(BRAIN, BodyPartExamined=part.encode()))

    assert part not in refusal.value.message


def test_a_coded_region_counts_as_well() -> None:
    knee, brain = region("Knee"), region("Gehirnregion", "12738006")

    with pytest.raises(NotBrainLike, match="KNEE"):
        read_slice(as_dicom(BRAIN, AnatomicRegionSequence=knee))
    assert read_slice(as_dicom(BRAIN, AnatomicRegionSequence=brain)).warnings == ()


def test_a_region_of_the_frame_counts_as_well() -> None:
    anatomy = item_of(AnatomicRegionSequence=region("Liver"))
    groups = functional_groups(FrameAnatomySequence=anatomy)

    with pytest.raises(NotBrainLike, match="LIVER"):
        read_slice(as_dicom(BRAIN, SharedFunctionalGroupsSequence=groups))


@pytest.mark.parametrize("answer", [b"yes", b"YES\0", b"Y", b"TRUE", b"1"])
def test_text_burnt_into_the_picture_is_warned_of(answer: bytes) -> None:
    burnt = read_slice(as_dicom(BRAIN, BurnedInAnnotation=answer))
    clean = read_slice(as_dicom(BRAIN, BurnedInAnnotation="NO"))

    assert any("text is burnt" in warning for warning in burnt.warnings)
    assert clean.warnings == ()


def test_an_image_made_from_others_is_warned_of() -> None:
    kind = ["DERIVED", "SECONDARY", "MPR"]
    by_type = read_slice(as_dicom(BRAIN, ImageType=kind))
    by_conversion = read_slice(as_dicom(BRAIN, ConversionType="WSD"))

    for scan in (by_type, by_conversion):
        assert any("made from others" in warning for warning in scan.warnings)


def test_derived_pixels_are_noted() -> None:
    scan = read_slice(as_dicom(BRAIN, ImageType=["DERIVED", "PRIMARY"]))

    assert any("derived" in note for note in scan.notes)
    assert scan.warnings == ()


def test_an_acquired_image_needs_no_remark() -> None:
    scan = read_slice(as_dicom(BRAIN, ImageType=["ORIGINAL", "PRIMARY", "M", "NORM"]))

    assert (scan.notes, scan.warnings) == ((), ())


def test_the_type_of_the_frame_counts_more_than_that_of_the_file() -> None:
    groups = functional_groups(
        MRImageFrameTypeSequence=item_of(FrameType=["DERIVED", "SECONDARY"])
    )
    scan = read_slice(
        as_dicom(
            BRAIN,
            ImageType=["ORIGINAL", "PRIMARY"],
            PerFrameFunctionalGroupsSequence=groups,
        )
    )

    assert any("made from others" in warning for warning in scan.warnings)
