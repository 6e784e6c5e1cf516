"""Who makes a request, once it has been let in."""

from dataclasses import dataclass

from starlette.requests import Request


@dataclass(frozen=True)
class Caller:
    """The person or program that makes a request.

    Attributes:
        actor: The token's id, or LOCAL; for the audit log.
        owner: Whose analyses may be seen; None: all.
        session: The session's secret, if a browser is signed in.
    """

    actor: str
    owner: str | None
    session: str | None = None


async def until_disconnected(request: Request) -> None:
    """Wait until the client has closed the connection.

    Args:
        request: Its body has been read.
    """
    while (await request.receive())["type"] != "http.disconnect":
        pass


def caller_of(request: Request) -> Caller:
    """Return who makes a request that was let in."""
    caller: Caller = request.scope["state"]["caller"]
    return caller
