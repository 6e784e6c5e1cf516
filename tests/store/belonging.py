"""What belongs to a record."""

from alzer.store.records import Record


def files_of(record: Record) -> set[str]:
    """Return the names of a record's files."""
    return {name for _, name in record.files if name}
