"""Records on SQLite and on PostgreSQL: one contract."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, event, text, update

from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.store.audit import LOCAL, AuditEntry, read_log
from alzer.store.filters import Filter
from alzer.store.records import Record
from alzer.store.store import Store
from alzer.store.tables import AUDIT

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def record(number: int = 0, owner: str | None = None) -> Record:
    return Record(
        id=str(uuid.uuid4()),
        owner=owner,
        prediction=("No Impairment", "Mild Impairment")[number % 2],
        reliable=(None, True, False)[number % 3],
        has_warnings=number % 5 == 0,
        answer={"prediction": "x", "confidence": 0.25, "number": number},
        heatmap=f"heatmap_{uuid.uuid4()}.png",
        created_at=START + timedelta(hours=number),
    )


def fill(store: Store, count: int, owner: str | None = None) -> list[Record]:
    made = [record(number, owner) for number in range(count)]
    for each in made:
        store.records.add(each, AuditEntry(LOCAL, "analysed", each.id))
    return made


def pages(store: Store, wanted: Filter, size: int) -> Iterator[list[Record]]:
    cursor = None
    while True:
        page = store.records.page(wanted, size, cursor)
        yield list(page.records)
        cursor = page.cursor
        if cursor is None:
            return


def test_what_was_added_is_found_as_it_was(store: Store) -> None:
    (made,) = fill(store, 1)

    assert store.records.find(made.id) == made
    assert store.records.find(str(uuid.uuid4())) is None


def test_a_record_goes_on_without_its_heatmap(store: Store) -> None:
    one, other = fill(store, 2)
    answer = {**one.answer, "heatmap_missing_reason": "The disk failed."}
    store.records.change(one.id, {"heatmap": None, "answer": answer})

    assert store.records.find(one.id) == replace(one, heatmap=None, answer=answer)
    assert store.records.find(other.id) == other


def test_it_is_there_after_a_new_start(store: Store) -> None:
    (made,) = fill(store, 1)
    store.database.close()

    assert store.records.find(made.id) == made


def test_pages_hold_every_record_once_newest_first(store: Store) -> None:
    made = fill(store, 11)

    listed = list(pages(store, Filter(), 4))

    assert [len(each) for each in listed] == [4, 4, 3]
    assert [each for page in listed for each in page] == made[::-1]
    assert [len(each) for each in pages(store, Filter(), 11)] == [11]


def test_records_that_come_or_go_do_not_shift_later_pages(store: Store) -> None:
    made = fill(store, 6)
    first = store.records.page(Filter(), 3)
    fill(store, 2)
    store.records.delete(made[4].id, AuditEntry(LOCAL, "deleted", made[4].id))

    second = store.records.page(Filter(), 3, first.cursor)

    assert list(second.records) == made[2::-1]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Filter(since=START + timedelta(hours=7)), {7, 8, 9}),
        (Filter(until=START + timedelta(hours=2)), {0, 1}),
        (Filter(prediction="Mild Impairment"), {1, 3, 5, 7, 9}),
        (Filter(warning=True), {0, 5}),
        (Filter(warning=True, prediction="No Impairment"), {0}),
        (Filter(reliable=False), {2, 5, 8}),
        (Filter(reliable=True), {0, 1, 3, 4, 6, 7, 9}),
        (Filter(owner="somebody else"), set()),
    ],
)
def test_filters_narrow_the_list(
    store: Store, wanted: Filter, numbers: set[int]
) -> None:
    fill(store, 10, owner="one")

    found = store.records.page(wanted, 50).records

    assert {each.answer["number"] for each in found} == numbers


def test_moments_in_other_time_zones_are_the_same_moments(store: Store) -> None:
    fill(store, 3)
    east = (
        (START + timedelta(hours=1))
        .astimezone()
        .astimezone(datetime.now().astimezone().tzinfo)
    )

    found = store.records.page(Filter(since=east), 50).records

    assert [each.answer["number"] for each in found] == [2, 1]


def test_each_token_finds_its_own_records_only(store: Store) -> None:
    (mine,), (other,) = fill(store, 1, "me"), fill(store, 1, "other")

    assert store.records.find(mine.id, "me") == mine
    assert store.records.find(other.id, "me") is None
    assert store.records.find(other.id) == other
    assert list(store.records.page(Filter(owner="me"), 9).records) == [mine]


@pytest.mark.parametrize(
    "cursor", ["", "x", "LTE", "éa", "OTk5OTk5OTk5OTk5OTk5OTk5OTk"]
)
def test_a_cursor_of_somebody_else_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        store.records.page(Filter(), 3, cursor)


def test_the_audit_log_tells_who_did_what(store: Store) -> None:
    (made,) = fill(store, 1, "me")
    store.records.audit(AuditEntry("me", "viewed", made.id, "request-1"))
    store.records.delete(made.id, AuditEntry("me", "deleted", made.id, "request-2"))
    store.records.delete(made.id, AuditEntry("me", "deleted", made.id, "request-3"))

    log = read_log(store.database)

    assert [(each.actor, each.action, each.request) for each in log] == [
        (LOCAL, "analysed", None),
        ("me", "viewed", "request-1"),
        ("me", "deleted", "request-2"),
    ]
    assert all(each.at and each.at.tzinfo for each in log)


@pytest.mark.parametrize("name", ["\0", "heatmap_\0.png", "x" * 9_999, "\ud7ff"])
def test_a_strange_name_is_nobodys_heatmap(store: Store, name: str) -> None:
    fill(store, 1, "me")

    assert not store.records.owns_heatmap("me", name)


def execute(store: Store, *statements: str) -> None:
    with store.database.transaction() as connection:
        for statement in statements:
            connection.execute(text(statement))


# A line of the log that is there already, as somebody would like to have it.
_ALTERED = "(number, at, actor, action) VALUES (1, '2026-01-01', 'x', 'viewed')"


@pytest.mark.parametrize(
    "settings", ["recursive_triggers=OFF", "recursive_triggers=ON"]
)
@pytest.mark.parametrize(
    "statement",
    [
        f"REPLACE INTO audit {_ALTERED}",
        f"INSERT OR REPLACE INTO audit {_ALTERED}",
        f"INSERT OR IGNORE INTO audit {_ALTERED}",
        f"INSERT INTO audit {_ALTERED} ON CONFLICT DO UPDATE SET actor = 'x'",
        "REPLACE INTO audit SELECT number, at, 'x', action, NULL, NULL, 1 FROM audit",
        "UPDATE OR REPLACE audit SET actor = 'x'",
        "UPDATE OR REPLACE audit SET number = 1 WHERE number = 2",
        "DELETE FROM audit",
        f"INSERT INTO audit {_ALTERED.replace('(1,', '(-1,')}",
        f"INSERT INTO audit {_ALTERED.replace('(1,', '(0,')}",
    ],
)
def test_no_statement_of_sqlite_alters_the_audit_log(
    new_store: Callable[..., Store], statement: str, settings: str
) -> None:
    store = new_store()
    fill(store, 2)
    before = read_log(store.database)

    with pytest.raises(StorageUnavailable):
        execute(store, f"PRAGMA {settings}", statement)
    assert read_log(store.database) == before
    fill(store, 1)
    assert len(read_log(store.database)) == 3


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE audit",
        "TRUNCATE audit, analyses CASCADE",
        "DELETE FROM audit",
        "UPDATE audit SET actor = 'x'",
        f"INSERT INTO audit {_ALTERED} ON CONFLICT (number) DO UPDATE SET actor = 'x'",
        "MERGE INTO audit USING store ON true WHEN MATCHED THEN DELETE",
    ],
)
def test_no_statement_of_postgresql_alters_the_audit_log(
    new_store: Callable[..., Store],
    new_postgresql: Callable[[], str],
    statement: str,
    role: str,
) -> None:
    store = new_store(database=new_postgresql())
    fill(store, 2)
    before = read_log(store.database)

    with pytest.raises(StorageUnavailable):
        execute(store, f"SET LOCAL session_replication_role = {role}", statement)
    assert read_log(store.database) == before
    fill(store, 1)
    assert len(read_log(store.database)) == 3


@pytest.mark.parametrize("statement", [update(AUDIT).values(actor="x"), delete(AUDIT)])
def test_the_audit_log_only_grows(store: Store, statement: object) -> None:
    fill(store, 2)

    with pytest.raises(StorageUnavailable), store.database.transaction() as connection:
        connection.execute(statement)  # type: ignore[call-overload]  # either kind
    assert [each.actor for each in read_log(store.database)] == [LOCAL, LOCAL]


def test_a_record_and_its_line_in_the_log_come_together_or_not_at_all(
    store: Store,
) -> None:
    made = record()
    fill(store, 1)
    too_long = "x" * 60 if not store.database.is_sqlite else None

    with pytest.raises(StorageUnavailable):
        store.records.add(made, AuditEntry(too_long, "analysed"))  # type: ignore[arg-type]  # what is tested

    assert store.records.find(made.id) is None


def test_a_database_of_a_newer_version_is_left_alone(store: Store) -> None:
    fill(store, 1)
    with store.database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.database.close()

    with pytest.raises(StorageUnavailable, match="newer version"):
        fill(store, 1)


def test_however_many_files_are_asked_for_the_statements_are_the_same(
    store: Store,
) -> None:
    made = fill(store, 3)
    names = [str(each.heatmap) for each in made]
    unknown = [f"heatmap_{uuid.uuid4()}.png" for _ in range(700)]
    asked: list[str] = []

    def hear(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        found = [store.records.known_files(each) for each in (names, names + unknown)]
    finally:
        event.remove(Engine, "before_cursor_execute", hear)

    # SQLite's driver keeps each form of a statement, and the memory it takes.
    assert found == [set(names)] * 2
    assert len([each for each in asked if " IN " in each]) == 9
    assert len({each for each in asked if " IN " in each}) == 3
    assert store.records.known_files([]) == set()


def test_a_reference_is_changed_with_a_line_in_the_log(store: Store) -> None:
    one, other = fill(store, 2)
    entry = AuditEntry(LOCAL, "referenced", one.id)
    store.refer(one, "Study 7, person 12", entry)

    assert store.records.find(one.id) == replace(one, reference="Study 7, person 12")
    assert store.records.find(other.id) == other
    store.refer(one, None, entry)
    assert store.records.find(one.id) == one
    store.records.delete(one.id, AuditEntry(LOCAL, "deleted", one.id))
    store.refer(one, "x", entry)
    actions = [each.action for each in read_log(store.database)]
    assert actions == ["analysed"] * 2 + ["referenced"] * 2 + ["deleted"]


def test_records_are_found_by_the_classes_that_their_headlines_name(
    store: Store,
) -> None:
    no, mild, very_mild = "No Impairment", "Mild Impairment", "Very Mild Impairment"
    answers: tuple[tuple[str, dict[str, object], bool | None], ...] = (
        (mild, {}, None),
        (mild, {"possible_classes": None}, True),
        (mild, {"possible_classes": [very_mild, mild]}, True),
        (very_mild, {"possible_classes": [no]}, True),
        (mild, {"possible_classes": []}, True),
        (mild, {"possible_classes": [mild]}, False),
    )
    for number, (prediction, answer, reliable) in enumerate(answers):
        told = {"number": number, **answer}
        kept = replace(record(), prediction=prediction, answer=told, reliable=reliable)
        store.records.add(kept, AuditEntry(LOCAL, "analysed", kept.id))

    def found(name: str) -> set[int]:
        page = store.records.page(Filter(answer=name), 50)
        return {each.answer["number"] for each in page.records}

    assert found(mild) == {0, 1, 2}
    assert found(very_mild) == {2, 3}
    assert found(no) == {3}


def test_records_are_found_by_a_part_of_their_reference_and_by_their_ids(
    store: Store,
) -> None:
    made = [replace(record(n), reference=f"Study_{n}%") for n in range(3)]
    for each in made:
        store.records.add(each, AuditEntry(LOCAL, "analysed", each.id))
    fill(store, 1)

    def found(wanted: Filter) -> list[Record]:
        return list(store.records.page(wanted, 50).records)

    assert found(Filter(reference="sTUDY")) == made[::-1]
    assert found(Filter(reference="_1%")) == [made[1]]
    assert found(Filter(reference="d%1")) == []
    assert found(Filter(identities=[made[0].id, "x"])) == [made[0]]
    assert found(Filter(identities=[])) == []
