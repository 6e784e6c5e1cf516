"""Moments as the storages give them."""

from datetime import UTC, datetime
from typing import Any


def moment_of(entry: dict[str, Any]) -> datetime:
    """Read when a file was written.

    Args:
        entry: What fsspec tells of it; a folder's differs from a bucket's.

    Returns:
        The moment.
    """
    modified = entry.get("mtime") or entry.get("last_modified")
    if isinstance(modified, datetime):
        return modified.astimezone(UTC)
    return datetime.fromtimestamp(float(modified or 0.0), UTC)
