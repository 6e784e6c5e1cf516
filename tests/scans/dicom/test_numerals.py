"""Numbers that are written as text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alzer.scans.dicom.numerals import parse_numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("300", [300.0]),
        (" 300.5 \0", [300.5]),
        ("300,5", [300.5]),
        ("-,5", [-0.5]),
        ("+5.", [5.0]),
        ("300 HU", [300.0]),
        ("300HU", [300.0]),
        ("1.5E+02", [150.0]),
        ("1,5e2", [150.0]),
        ("1.5D-1", [0.15]),
        ("300\\40", [300.0, 40.0]),
        ("300,5\\40,25", [300.5, 40.25]),
        ("300 \\ 40 ", [300.0, 40.0]),
        ("300 40", [300.0, 40.0]),
        ("0.9;0.9", [0.9, 0.9]),
        ("0.9, 0.9", [0.9, 0.9]),
        ("0.9,0.9", [0.9, 0.9]),
        ("1.5E2,40.,-3.0", [150.0, 40.0, -3.0]),
        ("[0.9, 0.9]", [0.9, 0.9]),
        ("(300.0)", [300.0]),
        ('"0.9"\\"0.8"', [0.9, 0.8]),
        ("1,234.5", [1234.5]),
        ("1.234.567,5", [1234567.5]),
        ("", []),
        ("  \0", []),
    ],
)
def test_numbers_are_read_as_they_are_written(text: str, expected: list[float]) -> None:
    assert list(parse_numbers(text)) == expected


@pytest.mark.parametrize(
    "text",
    ["abc", "HU 300", "1.2.3", "1,2,3", "--5", "nan", ".", "1.#INF", "-1.#IND", "[]x"],
)
def test_what_is_no_number_is_said_to_be_none(text: str) -> None:
    (number,) = parse_numbers(text)

    assert math.isnan(number)


def test_places_of_a_list_are_kept() -> None:
    first, second = parse_numbers("\\40")

    assert math.isnan(first)
    assert second == 40.0


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_comes_back(number: float) -> None:
    assert parse_numbers(repr(number)) == (number,)


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    assert all(isinstance(number, float) for number in parse_numbers(text))
