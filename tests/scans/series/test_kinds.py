"""What an image shows by its header."""

from typing import Any

import pytest

from alzer.errors import (
    NotBrainLike,
    NotMagneticResonance,
    OtherContrast,
    UnsupportedVariant,
    UnusableScan,
)
from alzer.scans.reading import File, read_scan
from volume_files import (
    ECHO_PLANAR,
    FLAIR,
    PROTON_DENSITY,
    SPIN_ECHO_T1,
    STIR,
    T2,
    T2_STAR,
    UNTOLD,
    affine_of,
    as_series,
    error_of,
    read_volume,
)

AFFINE = affine_of()


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
        read_volume(*as_series(AFFINE, **elements))

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
    assert error_of(read_volume(*as_series(AFFINE, **elements))) < 0.002


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
        read_volume(*as_series(AFFINE, **elements))


def test_one_mosaic_is_refused_by_its_name() -> None:
    mosaic = as_series(AFFINE, ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"])[9]
    with pytest.raises(UnsupportedVariant, match="Siemens mosaic"):
        read_scan([File(mosaic)])
