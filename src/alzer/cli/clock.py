"""`alzer clock`: whether analyses are purged by this machine's clock."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from alzer.cli.options import DataDirOption, read_settings
from alzer.store.store import open_store


def clock(
    *,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Say that the clock is right.")
    ] = False,
    data_dir: DataDirOption = None,
) -> None:
    """Show whether analyses are purged at their term, by this machine's clock.

    A clock that has jumped purges nothing until somebody confirms it: what is purged
    does not come back. The confirmation is audited.
    """
    store, now = open_store(read_settings(data_dir=data_dir)), datetime.now(UTC)
    if confirm:
        store.clock.confirm(now)
    typer.echo(f"This machine's clock:  {now:%Y-%m-%d %H:%M} UTC")
    seen = store.clock.seen()
    before = "never" if seen.at is None else f"{seen.at:%Y-%m-%d %H:%M} UTC"
    typer.echo(f"Believed the last time: {before}")
    is_right = store.clock.is_right(now)
    due = 0 if store.term is None else store.records.count_before(now - store.term)
    typer.echo(f"Analyses past their term by this clock: {due}")
    typer.echo(_BELIEVED if is_right else _DOUBTED)


_BELIEVED = "The clock is believed: analyses are purged at their term."
_DOUBTED = (
    "The clock has jumped: nothing is purged. If it is wrong, set it right; if it is "
    "right, run this with --confirm."
)
