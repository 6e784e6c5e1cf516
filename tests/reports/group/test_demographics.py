"""Which plots a data set allows, and on whom they rest."""

from alzer.reports.group.demographics import find_plots
from alzer.reports.group.people import Participant
from alzer.reports.group.rows import row_of
from bids_sets import failure_of, record_of

IMPAIRED, NOT = (0.1, 0.2, 0.6, 0.1), (0.9, 0.1, 0.0, 0.0)
PEOPLE = {
    "sub-01": Participant(70.0, {"Sex": "female", "CDR": "0"}),
    "sub-02": Participant(80.0, {"Sex": "female", "CDR": "1"}),
    "sub-03": Participant(90.0, {"Sex": "female", "CDR": "1"}),
}


def test_a_person_counts_once_with_the_first_scan_that_has_an_answer() -> None:
    rows = [
        row_of(record_of("sub-01_ses-2", IMPAIRED)),
        row_of(record_of("sub-01_ses-1", NOT)),
        row_of(record_of("sub-02_ses-1", NOT, reliable=False)),
        row_of(record_of("sub-02_ses-2", IMPAIRED)),
    ]
    (ages, *_), note = find_plots(rows, PEOPLE)

    assert {dot.words for dot in ages.dots} == {
        "sub-01: 10%, 70 years", "sub-02: 90%, 80 years",
    }  # fmt: skip
    assert note.startswith("One dot for each of 2 people")


def test_what_all_people_have_in_common_has_no_plot() -> None:
    rows = [row_of(record_of(f"sub-0{index}", NOT)) for index in (1, 2, 3)]
    plots, _ = find_plots(rows, PEOPLE)

    assert [plot.title for plot in plots] == ["By age", "By CDR"]


def test_those_who_are_left_out_are_counted() -> None:
    rows = [
        row_of(record_of("sub-01", NOT)),
        row_of(failure_of("sub-02")),
        row_of(record_of("sub-09", NOT)),
    ]
    _, note = find_plots(rows, PEOPLE)

    assert "2 other people" in note


def test_without_anything_told_there_is_no_plot() -> None:
    rows = [row_of(record_of("sub-01", NOT))]

    assert find_plots(rows, {}) == ((), "")
    assert find_plots(rows, {"sub-01": Participant()}) == ((), "")


def test_too_many_groups_are_no_plot() -> None:
    people = {
        f"sub-{index}": Participant(None, {"Group": str(index)}) for index in range(7)
    }
    rows = [row_of(record_of(name, NOT)) for name in people]

    assert find_plots(rows, people) == ((), "")
