"""What data sets tell of their participants, in the ways they tell it."""

from alzer.reports.group.people import read_participants, sort_levels

TEXT = (
    "\ufeffparticipant_id\tAge\tsex\tCDR\tdiagnosis\tsite\n"
    "sub-01\t71.5\tF\t0.0\tCN\tA\n"
    "sub-02\t89+\tmale\t0.5\tn/a\tB\n"
    "sub-03\tn/a\t\tn/a\t\tB\n"
    'sub-04\t-1\tO\tnever\t"AD\tB\n'
)


def test_age_sex_and_rating_are_known_by_their_columns() -> None:
    first = read_participants(TEXT)["sub-01"]

    assert first.age == 71.5
    assert first.groups == {"Sex": "female", "CDR": "0", "Diagnosis": "CN"}


def test_the_oldest_may_be_told_as_89_or_older() -> None:
    assert read_participants(TEXT)["sub-02"].age == 89.0


def test_what_is_not_told_is_not_known() -> None:
    third = read_participants(TEXT)["sub-03"]

    assert (third.age, third.groups) == (None, {})


def test_odd_values_do_no_harm() -> None:
    fourth = read_participants(TEXT)["sub-04"]

    assert fourth.age is None
    assert fourth.groups == {"Sex": "other", "CDR": "never", "Diagnosis": '"AD'}


def test_a_file_without_identifiers_tells_of_nobody() -> None:
    assert read_participants("age\n71\n") == {}
    assert read_participants("") == {}


def test_ratings_are_sorted_as_numbers_and_names_as_names() -> None:
    assert sort_levels(["2", "0.5", "0", "1"]) == ["0", "0.5", "1", "2"]
    assert sort_levels(["MCI", "AD", "1"]) == ["1", "AD", "MCI"]
