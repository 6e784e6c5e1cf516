"""Whether the answers for several scans of one person agree."""

from alzer.classes import CLASS_NAMES
from alzer.reports.group.rows import row_of
from alzer.reports.group.visits import find_visits, summarise_visits
from bids_sets import failure_of, record_of

NOT, MILD = (0.9, 0.1, 0.0, 0.0), (0.1, 0.2, 0.7, 0.0)


def test_those_without_a_class_in_common_come_first() -> None:
    both = [CLASS_NAMES[0], CLASS_NAMES[2]]
    rows = [
        row_of(record_of("sub-01_ses-1", NOT)),
        row_of(record_of("sub-01_ses-2", NOT)),
        row_of(record_of("sub-02_ses-1", NOT)),
        row_of(record_of("sub-02_ses-2", MILD)),
        row_of(record_of("sub-03_ses-1", NOT)),
        row_of(record_of("sub-03_ses-2", MILD, possible_classes=both)),
    ]
    visits = find_visits(rows)

    assert [(each.name, each.agree, each.verdict) for each in visits] == [
        ("sub-02", False, "no class in common"),
        ("sub-01", True, "the same class is most probable"),
        ("sub-03", True, "a class in common, but another is most probable"),
    ]
    assert "Of 3 people" in summarise_visits(visits)
    assert "for 2 at least one class" in summarise_visits(visits)


def test_one_answer_has_nothing_to_be_compared_with() -> None:
    rows = [
        row_of(record_of("sub-01_ses-1", NOT)),
        row_of(record_of("sub-01_ses-2", MILD, reliable=False)),
        row_of(failure_of("sub-01_ses-3")),
    ]

    assert find_visits(rows) == ()
    assert summarise_visits(()) == ""


def test_a_session_without_an_answer_is_named_beside_the_others() -> None:
    rows = [
        row_of(record_of("sub-01_ses-2", NOT)),
        row_of(record_of("sub-01_ses-1", NOT)),
        row_of(failure_of("sub-01_ses-3")),
    ]
    (visits,) = find_visits(rows)

    assert [fact.name for fact in visits.sessions] == ["ses-1", "ses-2", "ses-3"]
    assert visits.sessions[2].value == "Not analysed"
