"""Which of several series is taken, and how they are listed where that is not sure."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from alzer.errors import (
    NotBrainLike,
    NotMagneticResonance,
    OtherContrast,
    SeveralSeries,
    UnsupportedVariant,
    UnusableScan,
)
from alzer.scans.reading import File, read_scan
from alzer.scans.volume import Volume
from volume_files import affine_of, as_series, error_of

AFFINE = affine_of()

# As scanners write them; what is of no use here is left out.
T2: Mapping[str, Any] = {
    "ScanningSequence": "SE", "EchoTime": "98", "RepetitionTime": "5200",
    "InversionTime": None,
}  # fmt: skip
FLAIR = {**T2, "EchoTime": "120", "RepetitionTime": "9000", "InversionTime": "2500"}
PROTON_DENSITY = {**T2, "EchoTime": "12", "RepetitionTime": "3000"}
T2_STAR = {**T2, "ScanningSequence": "GR", "EchoTime": "20", "RepetitionTime": "600"}
STIR = {
    **T2,
    "ScanningSequence": ["SE", "IR"],
    "EchoTime": "30",
    "InversionTime": "160",
}
ECHO_PLANAR = {**T2, "ScanningSequence": "EP", "EchoTime": "30"}
SPIN_ECHO_T1 = {**T2, "EchoTime": "11", "RepetitionTime": "520"}
UNTOLD = {"ScanningSequence": None, "EchoTime": None, "RepetitionTime": None,
          "InversionTime": None}  # fmt: skip


def series(number: int, **elements: object) -> list[bytes]:
    """Return the files of one of several series."""
    own: dict[str, Any] = {
        "SeriesNumber": number,
        "SeriesInstanceUID": f"1.2.3.{number}",
    }
    return as_series(AFFINE, **{**own, **elements})


def read(files: list[bytes], chosen: str | None = None) -> Volume:
    scan = read_scan(map(File, files), series=chosen)
    assert isinstance(scan, Volume)
    return scan


def test_of_several_series_the_t1_weighted_one_is_taken() -> None:
    localiser = series(1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])[:3]
    files = [*localiser, *series(2, **T2), *series(3), *series(4, **FLAIR)]
    volume = read(files)

    assert error_of(volume) < 0.002
    assert any("number 2 was taken: T1-weighted, 18" in note for note in volume.notes)
    assert any("3 images that belong to no volume" in note for note in volume.notes)


def test_several_that_would_do_are_listed_and_chosen_by_number_or_identifier() -> None:
    files = [*series(5, **T2), *series(6), *series(7, **SPIN_ECHO_T1)]
    with pytest.raises(SeveralSeries, match="more than one may be") as refused:
        read(files)

    assert refused.value.found == (
        "T2-weighted, 18 images of 24 x 20, 8 x 9 x 10 mm",
        "T1-weighted, 18 images of 24 x 20, 8 x 9 x 10 mm",
        "T1-weighted, 18 images of 24 x 20, 8 x 9 x 10 mm",
    )
    assert "1: T2-weighted" in refused.value.message
    assert "number 3 was taken" in read(files, "3").notes[0]
    assert "number 2 was taken" in read(files, "1.2.3.6").notes[0]
    with pytest.raises(SeveralSeries, match="no series of that name"):
        read(files, "4")
    with pytest.raises(OtherContrast):
        read(files, "1")


def test_none_that_would_do_is_said() -> None:
    with pytest.raises(SeveralSeries, match="none is a T1-weighted") as refused:
        read([*series(1, **T2), *series(2, **FLAIR)])

    assert len(refused.value.found) == 2


def test_scans_without_contrast_agent_and_originals_come_first() -> None:
    agent = series(1, ContrastBolusAgent="Gadolinium")
    reformatted = series(2, ImageType=["DERIVED", "PRIMARY", "MPR"])
    volume = read([*agent, *reformatted, *series(3)])

    assert "number 3 was taken" in volume.notes[0]


@pytest.mark.parametrize(
    ("elements", "name"),
    [
        (T2, "T2-weighted"),
        (FLAIR, "FLAIR"),
        (PROTON_DENSITY, "proton density"),
        (T2_STAR, r"T2\*-weighted"),
        (STIR, "STIR"),
        (ECHO_PLANAR, "echo-planar"),
        ({**UNTOLD, "SeriesDescription": "ax t2 flair"}, "FLAIR"),
        ({**UNTOLD, "ProtocolName": "t2_tse_tra"}, "T2-weighted"),
        ({**UNTOLD, "SeriesDescription": "DOE^JANE dwi"}, "diffusion"),
        ({"AcquisitionContrast": "FLUID_ATTENUATED"}, "FLAIR"),
    ],
)
def test_other_contrasts_are_named_by_the_header(
    elements: dict[str, Any], name: str
) -> None:
    with pytest.raises(OtherContrast, match=name) as refused:
        read(series(1, **elements))

    assert "DOE" not in refused.value.message


@pytest.mark.parametrize(
    "elements",
    [
        {},
        UNTOLD,
        SPIN_ECHO_T1,
        {**UNTOLD, "EchoTime": "3.7", "RepetitionTime": "8.1"},
        {**UNTOLD, "SeriesDescription": "Sag T1 FLAIR"},
        {**T2, "EchoTime": "22", "RepetitionTime": "2200", "InversionTime": "780"},
        {"ImageType": ["DERIVED", "SECONDARY"]},
    ],
)
def test_what_may_be_t1_weighted_is_read(elements: dict[str, Any]) -> None:
    assert error_of(read(series(1, **elements))) < 0.002


@pytest.mark.parametrize(
    ("elements", "failure", "said"),
    [
        ({"Modality": "CT"}, NotMagneticResonance, "CT"),
        ({"BodyPartExamined": "KNEE"}, NotBrainLike, "KNEE"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, UnsupportedVariant,
         "localiser"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]}, UnsupportedVariant,
         "Siemens mosaic"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "P"]}, UnsupportedVariant, "phase"),
        ({"ImageType": ["DERIVED", "PRIMARY", "PROJECTION IMAGE"]}, UnsupportedVariant,
         "projection"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, UnsupportedVariant,
         "secondary capture"),
    ],
)  # fmt: skip
def test_what_is_no_mr_scan_of_a_head_is_named(
    elements: dict[str, Any], failure: type[UnusableScan], said: str
) -> None:
    with pytest.raises(failure, match=said):
        read(series(1, **elements))


def test_one_mosaic_is_refused_by_its_name() -> None:
    mosaic = series(1, ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"])[9]
    with pytest.raises(UnsupportedVariant, match="Siemens mosaic"):
        read_scan([File(mosaic)])


def test_a_list_quotes_nothing_of_a_person() -> None:
    named = {"SeriesDescription": "Doe Jane head", "StudyDescription": "Doe"}
    with pytest.raises(SeveralSeries) as refused:
        read([*series(1, **named), *series(2, **named)])

    assert not re.search("doe|jane|secret|1[.]2[.]3", str(refused.value).lower())


def test_echoes_of_one_series_are_told_apart() -> None:
    files = [*series(1, EchoTime="2.0"), *series(1, EchoTime="60.0")]
    volume = read(files)

    assert "number 1 was taken" in volume.notes[0]
    assert error_of(volume) < 0.002


def test_a_series_of_several_sizes_or_directions_falls_apart() -> None:
    turned = series(1)[:9] + as_series(
        affine_of((1, 2, 0)), SeriesNumber=1, SeriesInstanceUID="1.2.3.1"
    )
    with pytest.raises(SeveralSeries, match="9 images"):
        read(turned)
