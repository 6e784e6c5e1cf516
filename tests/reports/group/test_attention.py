"""Which scans a person should look at first."""

from typing import Any

import pytest

from alzer.reports.group.attention import FLAG_NAMES, flags_of, worst_first
from alzer.reports.group.rows import row_of
from bids_sets import failure_of, record_of

SHARES = (0.9, 0.1, 0.0, 0.0)
CHECK = {
    "quality": "check",
    "reasons": ["It is blurred."],
    "registration_similarity": 0.8,
}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"reliable": False, "unreliable_reason": "Odd."}, "No reliable answer"),
        ({"preparation": CHECK}, "Preparation to be checked"),
        (
            {"map_quality": {"verdict": "outside: do not rely on this", "text": "x"}},
            "Evidence outside the brain",
        ),
        ({"second_opinion": {"agrees": False, "text": "x"}}, "Second opinion differs"),
    ],
)
def test_what_speaks_against_an_answer_is_a_flag(
    fields: dict[str, Any], name: str
) -> None:
    (flag,) = flags_of(row_of(record_of("sub-01", SHARES, **fields)))

    assert flag.name == name
    assert flag.name in FLAG_NAMES
    assert flag.sentences


def test_a_good_answer_has_no_flag() -> None:
    assert flags_of(row_of(record_of("sub-01", SHARES))) == ()
    unknown = record_of("sub-01", SHARES, second_opinion={"agrees": None, "text": "x"})
    assert flags_of(row_of(unknown)) == ()


def test_a_failure_tells_its_gravest_reasons() -> None:
    prepared = {"quality": "failed", "reasons": list("abcde")}
    (flag,) = flags_of(row_of(failure_of("sub-01", preparation=prepared)))
    (plain,) = flags_of(row_of(failure_of("sub-01")))

    assert flag.sentences == ("a", "b", "c", "The table has 2 more reasons.")
    assert plain.sentences == ("It is no head.",)


def test_the_worst_comes_first_and_among_equals_the_least_alike() -> None:
    def prepared(similarity: float) -> dict[str, Any]:
        return {"quality": "good", "registration_similarity": similarity}

    rows = [
        row_of(record_of("sub-01", SHARES, preparation=prepared(0.95))),
        row_of(record_of("sub-02", SHARES, preparation=prepared(0.90))),
        row_of(record_of("sub-03", SHARES, preparation=CHECK)),
        row_of(record_of("sub-04", SHARES, reliable=False, unreliable_reason="x")),
        row_of(failure_of("sub-05")),
    ]

    assert [row.participant for row in worst_first(rows)] == [
        "sub-05", "sub-04", "sub-03", "sub-02", "sub-01",
    ]  # fmt: skip
