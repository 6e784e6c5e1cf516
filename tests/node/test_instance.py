"""What is read of an object before it is kept."""

import pytest

from alzer.errors import DamagedFile, UnsupportedVariant
from alzer.node.instance import body_of, digest_of, read_header, read_instance
from nodes import Person, head_files
from phantoms import as_dicom, draw_brain
from volume_files import affine_of, as_enhanced

CT = "1.2.840.10008.5.1.4.1.1.2"


def test_an_image_says_which_series_it_is_of() -> None:
    person = Person(3)
    image = read_instance(head_files(person)[0])

    assert (image.study, image.series) == (person.study, person.series)
    assert image.uid == f"{person.series}.1"
    assert image.facts.modality == "MR"
    assert image.facts.names == ("T1 MPRAGE sag", "t1_mprage")
    assert image.images == 1


def test_the_frames_of_a_file_are_counted() -> None:
    content = as_enhanced(affine_of(), StudyInstanceUID="1.2.3.9")

    assert read_instance(content).images == 18


@pytest.mark.parametrize("keep", [0, 100, 140, 700])
def test_an_object_that_is_cut_off_is_damaged(keep: int) -> None:
    with pytest.raises(DamagedFile):
        read_instance(head_files()[0][:keep])


def test_an_object_of_no_series_is_damaged() -> None:
    with pytest.raises(DamagedFile):
        read_instance(as_dicom(draw_brain()))


def test_an_object_of_another_class_is_not_taken() -> None:
    (content, *_) = head_files(Person(), SOPClassUID=CT)

    with pytest.raises(UnsupportedVariant):
        read_instance(content)


def test_an_object_is_the_same_whoever_wrote_its_file() -> None:
    content = head_files()[0]
    start = content.index(b"\x02\x00\x12\x00UI")
    renamed = content[: start + 10] + b"9" + content[start + 11 :]

    assert renamed != content
    assert digest_of(renamed) == digest_of(content)
    assert digest_of(content[:-1] + b"\0") != digest_of(content[:-1] + b"\1")
    assert body_of(b"no DICOM file") == b"no DICOM file"


def test_headers_come_without_pixels() -> None:
    header = read_header(head_files()[0])

    assert "PixelData" not in header
    assert header.PatientID
