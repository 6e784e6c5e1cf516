"""What people really send, and the one sentence that they get for it."""

import gzip
import io
import re
import tarfile
import zipfile
from collections.abc import Sequence

import numpy as np
import pytest

from alzer.errors import (
    AlzerError,
    DamagedFile,
    NotAnImage,
    NotBrainLike,
    SeveralScans,
    SeveralSeries,
    TooManyPixels,
    UnsafeArchive,
)
from alzer.scans.reading import File, read_scan, read_scans
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from phantoms import as_dicom, as_nifti, as_picture, draw_brain, with_fields
from volume_files import (
    FLAIR,
    T2,
    affine_of,
    as_mgh,
    as_pair,
    as_series,
    as_zip,
    named,
    stored,
)

AFFINE = affine_of()
NIFTI = as_nifti(stored(AFFINE), AFFINE)
OTHER = as_nifti(stored(affine_of((1, 0, 2))), affine_of((1, 0, 2)))
SERIES = as_series(AFFINE)
PNG = as_picture(draw_brain((64, 56)), "PNG")
SCOUT = as_dicom(draw_brain(), SeriesInstanceUID="1.2.9")
TEXT, PDF, JSON = b"Read me first.", b"%PDF-1.7", b'{"EchoTime": 0.003}'
REPORT = as_dicom(draw_brain(), PixelData=None, Rows=None, Columns=None)


def files_of(*contents: bytes | tuple[str, bytes]) -> list[File]:
    return [
        File(one) if isinstance(one, bytes) else File(one[1], one[0])
        for one in contents
    ]


def refused(*contents: bytes | tuple[str, bytes], series: str | None = None) -> str:
    with pytest.raises(AlzerError) as refusal:
        read_scan(files_of(*contents), series=series)
    return refusal.value.message


def warnings_of(
    *contents: bytes | tuple[str, bytes], series: str | None = None
) -> tuple[str, ...]:
    return read_scan(files_of(*contents), series=series).warnings


@pytest.mark.parametrize("scan", [SERIES, [NIFTI], [as_zip(named(SERIES))]])
@pytest.mark.parametrize(
    ("beside", "said"),
    [
        ([PNG], "1 image of no volume"),
        ([SCOUT], "1 image of no volume"),
        ([PNG, SCOUT], "2 images of no volume (such as localisers and pictures)"),
        ([TEXT], "1 file without an image (plain text)"),
        ([PDF, TEXT, JSON], "3 files without an image (a PDF document, plain text, a"),
        ([b""], "1 file that can't be used"),
    ],
)
def test_what_lies_beside_a_volume_is_told_with_its_number_and_why(
    scan: Sequence[bytes], beside: Sequence[bytes], said: str
) -> None:
    volume = read_scan(files_of(*beside, *scan))

    assert isinstance(volume, Volume)
    assert len(volume.warnings) == 1
    assert volume.warnings[0].startswith("Left out beside the scan: ")
    assert said in volume.warnings[0]


def test_what_lies_beside_a_slice_is_told_too() -> None:
    scan = read_scan(files_of(PNG, PDF))

    assert isinstance(scan, Slice)
    assert any("1 file without an image (a PDF" in one for one in scan.warnings)


def test_a_slice_in_three_dimensions_beside_a_picture_is_no_volume() -> None:
    values = (draw_brain((64, 56)).T * 4000)[:, :, None].astype(np.int16)
    with pytest.raises(SeveralScans, match="2 separate slices or pictures"):
        read_scan(files_of(as_nifti(values), PNG))


def test_what_systems_add_is_not_worth_a_word() -> None:
    systems = {
        ".DS_Store": b"\0\0\0\x01Bud1",
        "a/Thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "a/desktop.ini": b"[.ShellClassInfo]",
        "__MACOSX/a/._IM1": b"\0\5\x16\7",
        "DICOMDIR": REPORT,
    }

    assert warnings_of(*systems.items(), *SERIES) == ()
    assert warnings_of(as_zip({**systems, **named(SERIES, "a/IM{}")})) == ()


def test_an_archive_within_an_archive_is_told() -> None:
    (said,) = warnings_of(as_zip({**named(SERIES), "more.zip": as_zip({"a": NIFTI})}))

    assert "1 archive within the archive (not opened)" in said


def test_a_report_beside_a_volume_is_told() -> None:
    (beside_series,) = warnings_of(REPORT, *SERIES)
    (beside_nifti,) = warnings_of(REPORT, NIFTI)

    assert "1 file without an image (a DICOM file" in beside_series
    assert "1 file without an image (a DICOM file" in beside_nifti


def _encrypted(archive: bytes) -> bytes:
    content = bytearray(archive)
    content[6] |= 1
    content[content.find(b"PK\1\2") + 8] |= 1
    return bytes(content)


def _tar() -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        entry = tarfile.TarInfo("a.nii")
        entry.size = len(NIFTI)
        archive.addfile(entry, io.BytesIO(NIFTI))
    return written.getvalue()


UNPACK = "Unpack it and send the scan's DICOM or NIfTI files."


@pytest.mark.parametrize(
    ("content", "failure", "said"),
    [
        (as_zip({}), NotAnImage, "zip archive holds no file of a scan; make a new"),
        (as_zip({"a/": b""}), NotAnImage, "zip archive holds no file of a scan"),
        (as_zip({"a/.DS_Store": b"x"}), NotAnImage, "holds no file of a scan"),
        (as_zip({"b.zip": as_zip({"a": NIFTI})}), NotAnImage, "which is not opened"),
        (
            as_zip({"b.zip": as_zip({"a": NIFTI}), "a.txt": TEXT}),
            NotAnImage,
            "which is not opened; unpack it",
        ),
        (as_zip({"a": TEXT, "b": PDF}), NotAnImage, "the 2 files holds a scan (plain"),
        (
            as_zip({"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a/>"}),
            NotAnImage,
            "an Office document. Export",
        ),
        (_encrypted(as_zip({"a": NIFTI})), UnsafeArchive, "without a password"),
        (as_zip({"a": NIFTI})[:-30], DamagedFile, "zip archive is damaged or incompl"),
        (b"Rar!\x1a\x07\x01\0", NotAnImage, f"a RAR archive. {UNPACK}"),
        (b"7z\xbc\xaf\x27\x1c", NotAnImage, f"a 7-Zip archive. {UNPACK}"),
        (_tar(), NotAnImage, f"a tar archive. {UNPACK}"),
        (
            gzip.compress(_tar()),
            NotAnImage,
            f"What is in it is a tar archive. {UNPACK}",
        ),
        (b"0 1000 1000\n", NotAnImage, "plain text. Choose the file of the scan"),
        (as_pair(stored(AFFINE), AFFINE)[0], NotAnImage, "Send both together"),
    ],
)
def test_archives_and_other_files_are_named_with_what_would_do(
    content: bytes, failure: type[AlzerError], said: str
) -> None:
    with pytest.raises(failure) as refusal:
        read_scan([File(content)])

    assert said in refusal.value.message


def test_one_nifti_in_an_archive_with_a_folder_is_read() -> None:
    archive = as_zip({"top/T1.nii.gz": gzip.compress(NIFTI)}, zipfile.ZIP_STORED)

    assert isinstance(read_scan([File(archive)]), Volume)


def test_several_files_of_no_scan_are_named_together() -> None:
    said = refused(PDF, TEXT, TEXT)

    assert "None of the 3 files holds a scan (plain text, a PDF document)" in said
    assert "DICOM files of one series" in said


def test_a_volume_over_the_limit_is_not_asked_to_be_a_slice() -> None:
    with pytest.raises(TooManyPixels) as refusal:
        read_scan(files_of(with_fields(NIFTI, dim=[3, 1000, 1000, 1000, 1, 1, 1, 1])))

    assert "1000 x 1000 x 1000 voxels, over the limit of 64 million" in str(
        refusal.value
    )
    assert "export it again if that is not its size" in str(refusal.value)
    assert "slice" not in str(refusal.value)


def test_a_series_of_another_part_is_asked_for_a_scan_of_the_head() -> None:
    said = refused(*as_series(AFFINE, BodyPartExamined="KNEE"))

    assert "'KNEE'; send a scan of the head" in said


@pytest.mark.parametrize("factor", [1.23456789e-7, 1.23456789e9])
def test_absurd_spacings_are_not_told_with_all_their_digits(factor: float) -> None:
    affine = AFFINE @ np.diag([factor, factor, factor, 1.0])
    for contents in ([as_nifti(stored(AFFINE), affine)], as_series(affine)):
        with pytest.raises(NotBrainLike) as refusal:
            read_scan(files_of(*contents))

        said = refusal.value.message
        assert "than" in said
        assert "spacing in millimetres" in said
        assert max(map(len, re.findall(r"\d+", said))) <= 5


def test_one_damaged_file_of_many_is_not_called_the_file() -> None:
    said = refused(*SERIES, SERIES[0][:400])

    assert said.startswith("One of the 19 DICOM files is cut off or damaged")


def test_an_empty_choice_is_none() -> None:
    assert isinstance(read_scan(files_of(NIFTI), series=""), Volume)
    assert isinstance(read_scan(files_of(*SERIES), series="  "), Volume)


def test_two_volumes_are_listed_and_one_is_chosen_by_its_number() -> None:
    with pytest.raises(SeveralSeries) as refusal:
        read_scan(files_of(NIFTI, OTHER))
    second = read_scan(files_of(NIFTI, OTHER, PNG), series="2")
    with pytest.raises(SeveralSeries, match="no volume of that number"):
        read_scan(files_of(NIFTI, OTHER), series="3")

    assert "2 volumes" in refusal.value.message
    assert len(refusal.value.found) == 2
    assert refusal.value.found[0].startswith(
        "NIfTI, 20 x 24 x 18 voxels of 9 x 8 x 10 mm, a file of 0.0"
    )
    assert isinstance(second, Volume)
    assert np.allclose(second.affine, affine_of((1, 0, 2)), atol=1e-3)
    assert any("number 2 was taken: NIfTI" in one for one in second.warnings)
    assert any("1 image of no volume" in one for one in second.warnings)
    assert len(read_scans(files_of(NIFTI, OTHER))) == 2


def test_a_series_and_its_conversion_are_listed_together() -> None:
    mgh = as_mgh(stored(AFFINE), AFFINE)
    with pytest.raises(SeveralSeries) as refusal:
        read_scan(files_of(mgh, *SERIES))
    series = read_scan(files_of(mgh, *SERIES), series="1")
    converted = read_scan(files_of(mgh, *SERIES), series="2")

    assert [one.split(",")[0] for one in refusal.value.found] == ["T1-weighted", "MGH"]
    assert (series.notes, isinstance(converted, Volume)) == ((), True)
    assert isinstance(series, Volume)
    assert series.source == "DICOM"
    assert isinstance(converted, Volume)
    assert converted.source == "MGH"


def test_the_same_volume_sent_twice_is_one() -> None:
    assert isinstance(read_scan(files_of(NIFTI, NIFTI)), Volume)


def _listed(*series: Sequence[bytes]) -> tuple[str, ...]:
    with pytest.raises(SeveralSeries) as refusal:
        read_scan(files_of(*(one for each in series for one in each)))
    return refusal.value.found


def test_series_of_equal_description_are_told_apart_by_number_and_time() -> None:
    first = as_series(AFFINE, SeriesNumber=4, SeriesTime="101500")
    second = as_series(
        AFFINE, SeriesNumber=9, SeriesTime="113000", SeriesInstanceUID="1.2.9"
    )
    found = _listed(first, second)

    assert "series number 4, acquired first" in found[0]
    assert "series number 9, acquired 75 minutes later" in found[1]
    assert "the same images as 1" in found[1]
    assert not any("1015" in one or "1130" in one for one in found)


def test_series_of_another_day_or_place_are_told_apart() -> None:
    moved = AFFINE.copy()
    moved[:3, 3] += [0.0, 0.0, 40.0]
    first = as_series(AFFINE, AcquisitionDateTime="20200101080000")
    second = as_series(
        moved, AcquisitionDateTime="20210101080000", SeriesInstanceUID="1.2.9"
    )
    found = _listed(first, second)

    assert "acquired 366 days later, 40 mm beside 1" in found[1]
    assert not any("2020" in one or "2021" in one for one in found)


def test_where_no_series_would_do_none_is_asked_for() -> None:
    said = refused(
        *as_series(AFFINE, **T2), *as_series(AFFINE, **FLAIR, SeriesInstanceUID="1.2.9")
    )

    assert "none is a T1-weighted scan of a head; send the T1-weighted series" in said
    assert "choose" not in said
