"""Names that do no harm where they are shown, and can be had back."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alzer.cli.escaping import csv_path, csv_text, printable


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert printable("a\x1b[31m\nb\udcff\u00e9") == "a\\x1b[31m\\nb\\udcff\u00e9"


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Z", "C"]), min_size=1))
def test_a_path_can_be_had_back_from_its_cell(path: str) -> None:
    cell = csv_path(path)
    quoted = cell.replace("'", r"\'")
    recovered = ast.literal_eval(f"'{quoted}'")

    assert cell.isprintable()
    assert recovered in {path, f"./{path}"}


@pytest.mark.parametrize("start", "=+-@\uff1d\uff0b\uff0d\uff20")
def test_no_cell_begins_like_a_formula(start: str) -> None:
    assert csv_path(f"{start}1.png") == f"./{start}1.png"
    assert csv_text(f"{start}1") == f"'{start}1"


def test_plain_names_and_standard_input_stay_as_they_are() -> None:
    assert csv_path("a/b-1 (2) é.png") == "a/b-1 (2) é.png"
    assert csv_path("-") == "-"
    assert csv_text("Crop the margin.") == "Crop the margin."
