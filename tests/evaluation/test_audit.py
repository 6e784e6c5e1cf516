"""Figures of an audit: each person weighs the same, and intervals are over people."""

from dataclasses import replace

import pytest

from alzer.evaluation.audit import (
    Audited,
    Candidate,
    audit_slice,
    in_words,
    summarise,
    write_table,
)
from alzer.explain.faithfulness import Checker, Faithfulness, Reference
from alzer.explain.field import Floats, head_in
from alzer.explain.map_quality import MapQuality
from alzer.model.evidence import SliceEvidence
from alzer.model.geometry import Geometry
from planted import STRIDE, MarkReader, brain, places_in, with_marks

READER = MarkReader()

PASSED = Faithfulness(
    1, 1.2, (0.9, 0.7), (0.0, 0.0), (0.1,) * 15, 0.3, 0.2, (0.9, 0.95)
)
FAILED = replace(PASSED, controls=(0.1,) * 14 + (1.0,))
INSIDE = MapQuality(1, 0.8, 0.15, 0.05, 0.2)


def rows_of(passed: dict[str, list[bool]]) -> list[Audited]:
    return [
        Audited(subject, place, 1, "everyone", 1, INSIDE, PASSED if holds else FAILED)
        for subject, found in passed.items()
        for place, holds in enumerate(found)
    ]


def test_every_person_weighs_the_same() -> None:
    rows = rows_of({"a": [True], "b": [False] * 3, "c": [True, False]})

    figures = summarise(rows, repeats=50)

    assert figures["people"] == 3
    assert figures["slices"] == 6
    assert figures["shares"]["badge"]["value"] == pytest.approx(0.5)
    assert figures["areas_beaten"] == {
        **{str(count): 0 for count in range(14)}, "14": 4, "15": 2
    }  # fmt: skip


def test_intervals_are_wider_with_fewer_people() -> None:
    few = rows_of({str(person): [person % 2 == 0] * 4 for person in range(10)})
    many = rows_of({str(person): [person % 2 == 0] for person in range(40)})

    def width(rows: list[Audited]) -> float:
        share = summarise(rows, repeats=300)["shares"]["badge"]
        assert share["low"] < 0.5 < share["high"]
        return float(share["high"] - share["low"])

    assert width(few) > 1.5 * width(many)


def test_a_slice_for_which_nothing_speaks_is_counted_apart() -> None:
    rows = [*rows_of({"a": [True]}), Audited("b", 0, 0, "everyone", 0, None, None)]

    figures = summarise(rows, repeats=20)

    assert figures["without_map"] == 1
    assert figures["shares"]["badge"]["value"] == 1.0
    assert figures["verdicts"] == {"inside the brain": 1}
    table = write_table(rows).decode().splitlines()
    assert len(table) == 3
    assert table[2].startswith("b,0,No Impairment,everyone,No Impairment,,")


def test_if_nothing_was_checked_the_words_say_so() -> None:
    figures = summarise([Audited("b", 0, 0, "everyone", 0, None, None)], repeats=20)

    assert "none was checked" in in_words(figures)


def test_the_words_tell_the_share_with_its_interval() -> None:
    rows = rows_of({str(person): [person % 2 == 0] for person in range(20)})

    told = in_words(summarise(rows, repeats=200))

    assert "badge" in told
    assert "50% (" in told
    assert "20 slices of 20 people" in told


def candidate(cells: Floats | None = None) -> Candidate:
    pixels = brain(1)
    marked = with_marks(pixels, places_in(pixels, 3, 1))
    found = READER(marked[None, None])
    whole = Geometry(0.0, 0.0, (1.0, 1.0), (97, 81), (97, 81), cell_stride=STRIDE)
    evidence = SliceEvidence(found.logits[0], found.maps[0], marked, whole)
    return Candidate("a", 3, 2, "reader", evidence, cells)


def checkers() -> dict[str, Checker]:
    donor = brain(900)
    reference = Reference(
        donor[None], head_in(donor)[None], READER(donor[None, None]).maps[0]
    )
    return {"reader": Checker(READER, reference, STRIDE)}


def test_a_slice_is_judged_and_checked_by_its_own_network() -> None:
    found = audit_slice(candidate(), checkers())

    assert found.predicted == READER.label
    assert found.quality is not None
    assert found.check is not None
    assert found.check.beaten == 15


def test_a_map_from_elsewhere_is_checked_in_place_of_the_networks_own() -> None:
    cells = -READER(candidate().evidence.pixels[None, None]).maps[0]

    found = audit_slice(candidate(cells), checkers())

    assert found.check is not None
    assert not found.check.passed
    assert found.check.least_marked[0] > found.check.marked[0]


def test_the_average_of_the_data_is_asked_about_and_told() -> None:
    one = candidate()
    itself = audit_slice(one, checkers(), one.evidence.maps)
    elsewhere = audit_slice(one, checkers(), -one.evidence.maps)

    assert itself.check is not None
    assert itself.average_fall is not None
    assert elsewhere.average_fall is not None
    assert itself.average_fall > 0.2 * itself.check.marked[0]
    assert not audit_slice(one, checkers()).beats_average
    assert elsewhere.beats_average
    told = summarise([elsewhere], repeats=20)["shares"]
    assert told["more than what is marked on average in these data"]["value"] == 1.0
    assert "in these data" not in str(summarise([PASSED_ROW], repeats=20))


PASSED_ROW = Audited("a", 0, 1, "everyone", 1, INSIDE, PASSED)
