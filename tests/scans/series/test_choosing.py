"""Which of several series is taken, and how they are listed where that is not sure."""

import re
from typing import Any

import pytest

from alzer.errors import (
    OtherContrast,
    SeveralSeries,
)
from volume_files import (
    FLAIR,
    SPIN_ECHO_T1,
    T2,
    affine_of,
    as_series,
    error_of,
    read_volume,
)

AFFINE = affine_of()


def series(number: int, **elements: object) -> list[bytes]:
    """Return the files of one of several series."""
    own: dict[str, Any] = {
        "SeriesNumber": number,
        "SeriesInstanceUID": f"1.2.3.{number}",
    }
    return as_series(AFFINE, **{**own, **elements})


def test_of_several_series_the_t1_weighted_one_is_taken() -> None:
    localiser = series(1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])[:3]
    files = [*localiser, *series(2, **T2), *series(3), *series(4, **FLAIR)]
    volume = read_volume(*files)

    assert error_of(volume) < 0.002
    told = " ".join(volume.warnings)
    assert "number 2 was taken: T1-weighted, axial, 18" in told
    assert "3 images of no volume" in told


def test_several_that_would_do_are_listed_and_chosen_by_number_or_identifier() -> None:
    files = [*series(5, **T2), *series(6), *series(7, **SPIN_ECHO_T1)]
    with pytest.raises(SeveralSeries, match="more than one may be") as refused:
        read_volume(*files)

    assert refused.value.found == (
        "T2-weighted, axial, 18 images of 24 x 20, 8 x 9 x 10 mm",
        "T1-weighted, axial, 18 images of 24 x 20, 8 x 9 x 10 mm, series number 6",
        f"{refused.value.found[1][:-1]}7, the same images as 2",
    )
    assert "1: T2-weighted" in refused.value.message
    assert "number 3 was taken" in read_volume(*files, series="3").warnings[0]
    assert "number 2 was taken" in read_volume(*files, series="1.2.3.6").warnings[0]
    with pytest.raises(SeveralSeries, match="no series of that name"):
        read_volume(*files, series="4")
    with pytest.raises(OtherContrast):
        read_volume(*files, series="1")


def test_none_that_would_do_is_said() -> None:
    with pytest.raises(SeveralSeries, match="none is a T1-weighted") as refused:
        read_volume(*[*series(1, **T2), *series(2, **FLAIR)])

    assert len(refused.value.found) == 2


def test_scans_without_contrast_agent_and_originals_come_first() -> None:
    agent = series(1, ContrastBolusAgent="Gadolinium")
    reformatted = series(2, ImageType=["DERIVED", "PRIMARY", "MPR"])
    volume = read_volume(*[*agent, *reformatted, *series(3)])

    assert "number 3 was taken" in volume.warnings[0]


def test_a_list_quotes_nothing_of_a_person() -> None:
    named = {"SeriesDescription": "Doe Jane head", "StudyDescription": "Doe"}
    with pytest.raises(SeveralSeries) as refused:
        read_volume(*[*series(1, **named), *series(2, **named)])

    assert not re.search("doe|jane|secret|1[.]2[.]3", str(refused.value).lower())
