"""API tokens and the sessions of those who signed in; kept as hashes only."""

import hashlib
import hmac
import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update

from alzer.errors import InvalidRequest
from alzer.store.audit import LOCAL, AuditEntry, append
from alzer.store.database import Database
from alzer.store.tables import ANALYSES, SESSIONS, TOKENS

_PREFIX: Final = "alzer"

# 256 random bits: nothing to guess, so a plain digest keeps them well.
_SECRET_BYTES: Final = 32

# As `create` writes it. What is not of this form is never looked up: databases
# take no text whatever, such as one with a zero byte.
_FORM: Final = re.compile(
    rf"{_PREFIX}_(?P<id>[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})"
    r"_(?P<secret>[A-Za-z0-9_-]{43})"
)

SESSION_TERM: Final = timedelta(hours=12)  # a working day


class Scope(StrEnum):
    """What a token is good for."""

    ANALYSES = "analyses"  # making analyses, and seeing those made with it
    METRICS = "metrics"  # the figures of the whole service, and nothing else


@dataclass(frozen=True)
class Identity:
    """Whom a token names.

    Attributes:
        id: The token's id.
        scope: What it is good for.
    """

    id: str
    scope: Scope


@dataclass(frozen=True)
class Token:
    """A right to use the service, without its secret.

    Attributes:
        id: Names it, also as the owner of its analyses.
        name: What a person calls it.
        created_at: When it was made.
        expires_at: When it ends by itself; None: never.
        revoked_at: When it was revoked; None: not.
        scope: What it is good for.
    """

    id: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    scope: str


_COLUMNS: Final = tuple(TOKENS.c[name] for name in Token.__dataclass_fields__)


@dataclass(frozen=True)
class Tokens:
    """The tokens of a database.

    Attributes:
        database: Where they are.
    """

    database: Database

    def create(
        self,
        name: str,
        term: timedelta | None = None,
        scope: Scope = Scope.ANALYSES,
    ) -> str:
        """Make a token.

        Args:
            name: What a person calls it.
            term: How long it is good for; None: until it is revoked.
            scope: What it is good for.

        Returns:
            The token with its secret, which is nowhere else.

        Raises:
            InvalidRequest: If the name is empty or too long.
        """
        if not 0 < len(name) <= 100:
            message = "A token's name has 1 to 100 characters."
            raise InvalidRequest(message)
        identity, secret = str(uuid.uuid4()), secrets.token_urlsafe(_SECRET_BYTES)
        now = datetime.now(UTC)
        values = {
            "id": identity,
            "name": name,
            "hash": _digest(secret),
            "created_at": now,
            "expires_at": None if term is None else now + term,
            "scope": scope.value,
        }
        with self.database.transaction() as connection:
            connection.execute(insert(TOKENS).values(**values))
            append(connection, AuditEntry(LOCAL, "token created", identity))
        return f"{_PREFIX}_{identity}_{secret}"

    def all(self) -> list[Token]:
        """List every token that was ever made, the oldest first."""
        query = select(*_COLUMNS).order_by(TOKENS.c.created_at)
        with self.database.transaction() as connection:
            return [Token(*row) for row in connection.execute(query)]

    def any_valid(self) -> bool:
        """Return whether anybody could sign in."""
        is_for_people = TOKENS.c.scope == Scope.ANALYSES.value
        query = select(func.count()).select_from(TOKENS).where(is_for_people, *_valid())
        with self.database.transaction() as connection:
            return bool(connection.execute(query).scalar())

    def revoke(self, identity: str) -> None:
        """End a token and every session that was opened with it.

        Args:
            identity: Its id.

        Raises:
            InvalidRequest: If there is no such token that is not revoked yet.
        """
        change = (
            update(TOKENS)
            .where(TOKENS.c.id == identity, TOKENS.c.revoked_at.is_(None))
            .values(revoked_at=datetime.now(UTC))
        )
        with self.database.transaction() as connection:
            if not connection.execute(change).rowcount:
                message = "There is no such token, or it is revoked already."
                raise InvalidRequest(message)
            connection.execute(delete(SESSIONS).where(SESSIONS.c.token == identity))
            append(connection, AuditEntry(LOCAL, "token revoked", identity))

    def identify(self, token: str) -> Identity | None:
        """Look up whom a token names.

        Args:
            token: As `create` gave it, or anything else.

        Returns:
            Whom; None if it is not valid.
        """
        form = _FORM.fullmatch(token)
        if form is None:
            return None
        columns = (TOKENS.c.hash, TOKENS.c.scope)
        query = select(*columns).where(TOKENS.c.id == form["id"], *_valid())
        with self.database.transaction() as connection:
            row = connection.execute(query).first()
        kept = "" if row is None else row.hash
        matches = hmac.compare_digest(kept, _digest(form["secret"]))
        return Identity(form["id"], Scope(row.scope)) if row and matches else None

    def check(self, token: str) -> str | None:
        """Look up whose analyses a token is good for.

        Args:
            token: As `create` gave it, or anything else.

        Returns:
            Its id; None if it is not valid, or good for something else.
        """
        identity = self.identify(token)
        is_right = identity is not None and identity.scope is Scope.ANALYSES
        return identity.id if identity and is_right else None

    def open_session(self, token: str, request: str) -> str | None:
        """Open a session for a person who has a token.

        Args:
            token: What the person gave.
            request: By which request, for the audit log.

        Returns:
            The session's secret; None if the token is not valid for analyses.
        """
        identity = self.check(token)
        if identity is None:
            return None
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        ends = datetime.now(UTC) + SESSION_TERM
        with self.database.transaction() as connection:
            connection.execute(
                insert(SESSIONS).values(
                    hash=_digest(secret), token=identity, expires_at=ends
                )
            )
            append(connection, AuditEntry(identity, "signed in", None, request))
        return secret

    def session_owner(self, secret: str) -> str | None:
        """Look up whose session this is.

        Args:
            secret: As `open_session` gave it, or anything else.

        Returns:
            The token's id; None if the session or its token has ended.
        """
        query = (
            select(SESSIONS.c.token)
            .join(TOKENS, TOKENS.c.id == SESSIONS.c.token)
            .where(
                SESSIONS.c.hash == _digest(secret),
                SESSIONS.c.expires_at > datetime.now(UTC),
                *_valid(),
            )
        )
        with self.database.transaction() as connection:
            return connection.execute(query).scalar()

    def opens_heatmap(self, name: str) -> bool:
        """Return whether a signed address of a heatmap is still to be answered.

        Args:
            name: Of the heatmap's file.

        Returns:
            Whether its analysis is there, and the token that made it is valid.
        """
        query = (
            select(ANALYSES.c.id)
            .join(TOKENS, TOKENS.c.id == ANALYSES.c.owner)
            .where(ANALYSES.c.heatmap == name, *_valid())
        )
        with self.database.transaction() as connection:
            return connection.execute(query).first() is not None

    def close_session(self, secret: str, request: str) -> None:
        """End a session.

        Args:
            secret: As `open_session` gave it.
            request: By which request, for the audit log.
        """
        owner = self.session_owner(secret)
        query = delete(SESSIONS).where(SESSIONS.c.hash == _digest(secret))
        with self.database.transaction() as connection:
            connection.execute(query)
            if owner is not None:
                append(connection, AuditEntry(owner, "signed out", None, request))

    def forget_ended_sessions(self) -> None:
        """Remove sessions that have ended by themselves."""
        query = delete(SESSIONS).where(SESSIONS.c.expires_at <= datetime.now(UTC))
        with self.database.transaction() as connection:
            connection.execute(query)


def _valid() -> tuple[ColumnElement[bool], ...]:
    return (
        TOKENS.c.revoked_at.is_(None),
        or_(TOKENS.c.expires_at.is_(None), TOKENS.c.expires_at > datetime.now(UTC)),
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
