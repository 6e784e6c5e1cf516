"""The table of all scans, and what its columns mean."""

import json

import pytest

from alzer.classes import CLASS_NAMES
from alzer.reports.group.rows import row_of
from alzer.reports.group.table import write_dictionary, write_table
from bids_sets import failure_of, record_of

SHARES = (0.1, 0.2, 0.6, 0.1)


def cells(*records: dict[str, object]) -> list[dict[str, str]]:
    heading, *lines = write_table([row_of(one) for one in records]).splitlines()
    names = heading.split("\t")
    return [dict(zip(names, line.split("\t"), strict=True)) for line in lines]


def test_each_class_has_its_probability() -> None:
    (row,) = cells(record_of("sub-01", SHARES))

    told = [row[f"p_{name.lower().replace(' ', '_')}"] for name in CLASS_NAMES]
    assert list(map(float, told)) == pytest.approx(SHARES)


def test_what_is_missing_is_n_a_and_truth_is_in_small_letters() -> None:
    answered, failed = cells(record_of("sub-01", SHARES), failure_of("sub-02"))

    assert answered["session_id"] == "n/a"
    assert (answered["reliable"], failed["reliable"]) == ("true", "n/a")
    assert failed["error_code"] == "not_brain_like"
    assert failed["prediction"] == failed["p_no_impairment"] == "n/a"


def test_no_text_breaks_a_line_or_a_cell() -> None:
    (row,) = cells(record_of("sub-01", SHARES, unreliable_reason="a\tb\nc"))

    assert row["unreliable_reason"] == "a b c"


def test_structures_have_columns_where_one_scan_has_them() -> None:
    measured = {"structures": {"left-hippocampus": {"ml": 3.5, "share": 0.002}}}
    with_it, without = cells(
        record_of("sub-01", SHARES, measurements=measured), record_of("sub-02", SHARES)
    )

    assert with_it["ml_left_hippocampus"] == "3.5"
    assert without["ml_left_hippocampus"] == "n/a"


def test_the_dictionary_describes_every_column_and_its_levels() -> None:
    measured = {"structures": {"left-hippocampus": {"ml": 3.5}}}
    records = [record_of("sub-01", SHARES, measurements=measured)]
    (row,) = cells(*records)
    told = json.loads(write_dictionary([row_of(one) for one in records]))

    assert list(told) == list(row)
    assert all(each["Description"] for each in told.values())
    assert told["brain_ml"]["Units"] == told["ml_left_hippocampus"]["Units"] == "mL"
    assert set(told["prediction"]["Levels"]) == set(CLASS_NAMES)
