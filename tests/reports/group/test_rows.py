"""One scan of many, as its record tells of it."""

import pytest

from alzer.classes import CLASS_NAMES
from alzer.reports.group.rows import row_of
from bids_sets import failure_of, record_of

SHARES = (0.1, 0.2, 0.6, 0.1)


def test_a_row_knows_whose_scan_it_is() -> None:
    row = row_of(record_of("sub-01_ses-2", SHARES))

    assert row.name == "sub-01 ses-2"
    assert row.source == "sub-01/ses-2/anat/sub-01_ses-2_T1w.nii.gz"
    assert row_of(record_of("sub-03", SHARES)).name == "sub-03"


def test_the_probability_of_any_impairment_is_that_of_all_but_the_first_class() -> None:
    assert row_of(record_of("sub-01", SHARES)).impaired == pytest.approx(0.9)


def test_the_most_probable_class_is_named_beside_those_of_the_set() -> None:
    record = record_of("sub-01", SHARES, possible_classes=[CLASS_NAMES[0]])

    assert row_of(record).named == (CLASS_NAMES[0], CLASS_NAMES[2])


@pytest.mark.parametrize("fields", [{"reliable": False}, {"possible_classes": []}])
def test_no_class_is_named_where_none_may_be_shown(fields: dict[str, object]) -> None:
    assert row_of(record_of("sub-01", SHARES, **fields)).named == ()


def test_a_failure_is_a_row_without_probabilities() -> None:
    row = row_of(failure_of("sub-01"))

    assert not row.is_answered
    assert not row.is_shown
    assert row.headline == "Not analysed"
    assert row.similarity == -1.0


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"input": "x", "participant": "sub-01", "session": None},
        record_of("sub-01", SHARES, class_probabilities={"No Impairment": 1.0}),
        record_of("sub-01", SHARES, class_probabilities=None),
    ],
)
def test_what_is_no_record_is_refused(record: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="record"):
        row_of(record)
