"""Deleting what is done."""

import time
from typing import Final

from alzer.node.spool import Spool

# So long a series is remembered by its pseudonym, so that it is not answered twice.
# Longer than any PACS is asked for.
REMEMBERED_S: Final = 90 * 86400.0


def purge(spool: Spool, keep_s: float) -> None:
    """Delete the files of series that came to their end, and later what was noted.

    Args:
        spool: Where they are.
        keep_s: How long files are kept after the end, in seconds.

    Raises:
        StorageUnavailable: Something can't be deleted; it is tried again.
    """
    now = time.time()
    for series in spool.all():
        with spool.lock:  # an image may come meanwhile
            ended_at = series.state.ended_at
            if ended_at is None or not series.state.stage.is_end:
                continue
            if now - ended_at >= REMEMBERED_S:
                spool.forget(series)
            elif not series.state.is_emptied and now - ended_at >= keep_s:
                spool.empty(series)
