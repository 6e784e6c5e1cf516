"""`alzer tokens`: who may use a service that is not on a loopback address."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from alzer.cli.escaping import printable
from alzer.cli.exits import Commands
from alzer.cli.options import DataDirOption, read_settings
from alzer.store.store import open_store
from alzer.store.tokens import Scope, Token, Tokens

tokens = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    help="Make, list and revoke the tokens that let people and programs in.",
)


def _tokens(data_dir: DataDirOption) -> Tokens:
    return open_store(read_settings(data_dir=data_dir)).tokens


@tokens.command()
def create(
    name: Annotated[str, typer.Argument(help="Whom or what it is for.")],
    *,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=36500, help="How long it is good for; else for ever."),
    ] = None,
    metrics: Annotated[
        bool,
        typer.Option("--metrics", help="Good for /metrics, and for nothing else."),
    ] = False,
    data_dir: DataDirOption = None,
) -> None:
    """Make a token; it is shown this once and kept as a hash only."""
    term = None if days is None else timedelta(days=days)
    scope = Scope.METRICS if metrics else Scope.ANALYSES
    typer.echo(_tokens(data_dir).create(name, term, scope))


@tokens.command(name="list")
def list_tokens(*, data_dir: DataDirOption = None) -> None:
    """List all tokens, without their secrets."""
    table = Table("id", "name", "for", "made", "state", box=None)
    for token in _tokens(data_dir).all():
        made = f"{token.created_at:%Y-%m-%d %H:%M}"
        name = escape(printable(token.name))
        table.add_row(token.id, name, token.scope, made, _state(token))
    Console(width=120).print(table)


def _state(token: Token) -> str:
    if token.revoked_at is not None:
        return f"revoked {token.revoked_at:%Y-%m-%d %H:%M}"
    if token.expires_at is None:
        return "valid"
    ended = token.expires_at <= datetime.now(UTC)
    return f"{'ended' if ended else 'valid until'} {token.expires_at:%Y-%m-%d %H:%M}"


@tokens.command()
def revoke(
    identity: Annotated[
        str, typer.Argument(metavar="ID", help="As `alzer tokens list` shows it.")
    ],
    *,
    data_dir: DataDirOption = None,
) -> None:
    """End a token at once, and every session that was opened with it."""
    _tokens(data_dir).revoke(identity)
    typer.echo("Revoked.")
