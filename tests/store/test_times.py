"""Moments as the storages give them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from alzer.store.times import moment_of

MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "entry",
    [
        {"mtime": MOMENT.timestamp()},
        {"last_modified": MOMENT},
        {"last_modified": MOMENT.astimezone(timezone(timedelta(hours=5)))},
    ],
)
def test_a_folder_and_a_bucket_give_the_same_moment(entry: dict[str, Any]) -> None:
    found = moment_of(entry)

    assert found == MOMENT
    assert found.tzinfo == UTC
