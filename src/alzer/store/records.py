"""Analyses as records: added, listed page by page, deleted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import and_, delete, func, insert, select, update

from alzer.store.audit import AuditEntry, append
from alzer.store.cursors import cursor_at, number_of
from alzer.store.database import Database
from alzer.store.filters import Filter
from alzer.store.kinds import Kind
from alzer.store.tables import ANALYSES, JOBS

# Names that one query asks for; SQLite takes some thousands.
_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Record:
    """One analysis as it is kept.

    Attributes:
        id: Names the analysis.
        owner: The id of the token that asked for it; None where nobody signs in.
        prediction: Name of the most probable class.
        reliable: Whether the answer can be relied on; None if unknown.
        has_warnings: Whether the answer carries warnings.
        answer: The whole answer, without addresses.
        heatmap: The heatmap's file name.
        original: The file name of what was sent, if it is kept.
        created_at: When.
        evidence: The file name of what the network gave, if it is kept.
        content: Digest of what was analysed, and by what; None if that is not kept.
        reference: What people call it by; None if they gave nothing.
    """

    id: str
    owner: str | None
    prediction: str
    reliable: bool | None
    has_warnings: bool
    answer: Mapping[str, Any]
    heatmap: str | None = None
    original: str | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    evidence: str | None = None
    content: str | None = None
    reference: str | None = None

    @property
    def files(self) -> tuple[tuple[Kind, str | None], ...]:
        """The kinds and names of the files that belong to it; None: there is none."""
        return (
            (Kind.HEATMAP, self.heatmap),
            (Kind.EVIDENCE, self.evidence),
            (Kind.ORIGINAL, self.original),
        )


@dataclass(frozen=True)
class Page:
    """Some records, the newest first.

    Attributes:
        records: On this page.
        cursor: Leads to the next page; None on the last.
    """

    records: tuple[Record, ...]
    cursor: str | None


# Built once: putting a statement together takes longer than running it.
_ADD: Final = insert(ANALYSES)

_COLUMNS: Final = tuple(ANALYSES.c[name] for name in Record.__dataclass_fields__)

_FILES: Final = (ANALYSES.c.heatmap, ANALYSES.c.original, ANALYSES.c.evidence)


@dataclass(frozen=True)
class Records:
    """The records of a database.

    Attributes:
        database: Where they are.
    """

    database: Database

    def add(self, record: Record, entry: AuditEntry) -> None:
        """Keep a record from now on, whatever becomes of this process.

        Args:
            record: What to keep.
            entry: Who made it, for the audit log.

        Raises:
            StorageUnavailable: It can't be kept.
        """
        with self.database.transaction() as connection:
            connection.execute(_ADD, vars(record))
            append(connection, entry)

    def change(self, identity: str, values: Mapping[str, Any]) -> None:
        """Change a record that was just added, before anybody is told of it.

        Args:
            identity: Of the analysis.
            values: By attribute of `Record`.

        Raises:
            StorageUnavailable: It can't be changed.
        """
        changed = update(ANALYSES).where(ANALYSES.c.id == identity)
        with self.database.transaction() as connection:
            connection.execute(changed.values(**values))

    def refer(self, identity: str, reference: str | None, entry: AuditEntry) -> None:
        """Call an analysis by another reference, or by none.

        Args:
            identity: Of the analysis.
            reference: At most 64 characters; None: it has none any more.
            entry: Who wants it, for the audit log, which does not say which.

        Raises:
            StorageUnavailable: It can't be changed.
        """
        changed = update(ANALYSES).where(ANALYSES.c.id == identity)
        with self.database.transaction() as connection:
            found = connection.execute(changed.values(reference=reference))
            if found.rowcount:
                append(connection, entry)
        self.database.note_deletion()  # of the reference before

    def find(self, identity: str, owner: str | None = None) -> Record | None:
        """Find one record.

        Args:
            identity: Of the analysis.
            owner: Only if it is this token's; None: anyone's.

        Returns:
            The record, or None.
        """
        conditions = [ANALYSES.c.id == identity, *Filter(owner=owner).conditions()]
        with self.database.transaction() as connection:
            row = connection.execute(select(*_COLUMNS).where(*conditions)).first()
        return None if row is None else Record(*row)

    def find_same(self, content: str, owner: str | None) -> Record | None:
        """Find the newest analysis of the same content.

        Args:
            content: As a record has it.
            owner: Whose it must be; None where nobody signs in.

        Returns:
            The record, or None.
        """
        query = (
            select(*_COLUMNS)
            .where(ANALYSES.c.content == content, ANALYSES.c.owner == owner)
            .order_by(ANALYSES.c.number.desc())
            .limit(1)
        )
        with self.database.transaction() as connection:
            row = connection.execute(query).first()
        return None if row is None else Record(*row)

    def owns_heatmap(self, owner: str, name: str) -> bool:
        """Return whether a heatmap belongs to one of a token's analyses.

        Args:
            owner: The token's id.
            name: Of the heatmap's file.

        Returns:
            Whether it does.
        """
        if "\0" in name:  # PostgreSQL takes no such text
            return False
        owned = (ANALYSES.c.owner == owner, ANALYSES.c.heatmap == name)
        query = select(ANALYSES.c.id).where(*owned)
        with self.database.transaction() as connection:
            return connection.execute(query).first() is not None

    def page(self, wanted: Filter, size: int, cursor: str | None = None) -> Page:
        """List records, the newest first; new ones do not disturb later pages.

        Args:
            wanted: Which.
            size: How many at most.
            cursor: Of the page before; None for the first page.

        Returns:
            The page.

        Raises:
            InvalidRequest: If the cursor is none of ours.
        """
        conditions = list(wanted.conditions())
        if cursor is not None:
            conditions.append(ANALYSES.c.number < number_of(cursor))
        query = (
            select(ANALYSES.c.number, *_COLUMNS)
            .where(and_(True, *conditions))  # noqa: FBT003 - no condition is one too
            .order_by(ANALYSES.c.number.desc())
            .limit(size + 1)
        )
        with self.database.transaction() as connection:
            rows = connection.execute(query).all()
        records = tuple(Record(*row[1:]) for row in rows[:size])
        return Page(
            records, cursor_at(rows[size - 1].number) if len(rows) > size else None
        )

    def delete(self, identity: str, entry: AuditEntry) -> None:
        """Forget one record, and the job that led to it; its files are another matter.

        Args:
            identity: Of the analysis.
            entry: Who wants it, for the audit log.
        """
        with self.database.transaction() as connection:
            gone = connection.execute(delete(ANALYSES).where(ANALYSES.c.id == identity))
            led_to_it = JOBS.c.analysis == identity, JOBS.c.state == "done"
            connection.execute(delete(JOBS).where(*led_to_it))
            if gone.rowcount:
                append(connection, entry)
        self.database.note_deletion()

    def count_before(self, moment: datetime) -> int:
        """Count the records from before a moment.

        Args:
            moment: The end of the term.

        Returns:
            How many there are.
        """
        query = select(func.count()).where(ANALYSES.c.created_at < moment)
        with self.database.transaction() as connection:
            return connection.execute(query).scalar_one()

    def older_than(
        self, moment: datetime, at_most: int = _AT_ONCE, without: Collection[str] = ()
    ) -> list[Record]:
        """List records from before a moment, the oldest first.

        Args:
            moment: The end of the term.
            at_most: How many.
            without: Ids of some that are not wanted.

        Returns:
            The records.
        """
        query = (
            select(*_COLUMNS)
            .where(ANALYSES.c.created_at < moment, ANALYSES.c.id.not_in(without))
            .order_by(ANALYSES.c.number)
            .limit(at_most)
        )
        with self.database.transaction() as connection:
            return [Record(*row) for row in connection.execute(query)]

    def known_files(self, names: Sequence[str]) -> set[str]:
        """Return which of some files belong to a record.

        Args:
            names: Of files of any kind.

        Returns:
            Those that do.
        """
        known: set[str] = set()
        with self.database.transaction() as connection:
            for start in range(0, len(names), _AT_ONCE):
                some = list(names[start : start + _AT_ONCE])
                # Always as many: SQLite's driver keeps every form of a statement.
                some += some[-1:] * (_AT_ONCE - len(some))
                for column in _FILES:
                    query = select(column).where(column.in_(some))
                    known.update(connection.execute(query).scalars())
        return known

    def audit(self, entry: AuditEntry) -> None:
        """Add a line to the audit log about what changes no record.

        Args:
            entry: What was done.

        Raises:
            StorageUnavailable: It can't be kept.
        """
        with self.database.transaction() as connection:
            append(connection, entry)
