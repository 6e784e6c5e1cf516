"""What goes between a service and the replicas that compute its answers.

Both ends run this program and prove to the cluster that they belong to it; what
strangers have sent goes as bytes, and is decoded by the replica's own isolated
processes.
"""

from dataclasses import dataclass, replace
from typing import Literal

from alzer.backends.backend import (
    OcclusionQuestion,
    Order,
    PreparedInputs,
    Question,
    Ticket,
)
from alzer.errors import AlzerError
from alzer.settings import Limits

# Which of `Backend`'s methods a replica is asked for; the others need no network.
Method = Literal["analyse", "read", "check", "ask_without", "infer"]

# Turns are given by the service, which knows who asks; replicas are not told.
_OWNER = "service"


@dataclass(frozen=True)
class Call:
    """Something that a replica is asked.

    Attributes:
        method: Of a backend.
        ticket: What it is given; nothing in it says who asks.
        limits: How large files may be, by the settings of the service that asks.
    """

    method: Method
    ticket: Ticket
    limits: Limits


@dataclass(frozen=True)
class Progress:
    """How far a replica is.

    Attributes:
        stage: What is being done.
        share: How much is done, 0 to 1.
    """

    stage: str
    share: float


@dataclass(frozen=True)
class Outcome:
    """What has become of a call.

    Attributes:
        value: What the backend gives.
        failure: Why it gives nothing; None if it does.
    """

    value: object = None
    failure: AlzerError | None = None


def call_for(method: Method, ticket: Ticket, limits: Limits) -> Call:
    """Return what is sent to a replica.

    Args:
        method: What is wanted.
        ticket: As the service has it.
        limits: How large files may be.

    Returns:
        The call, without what is the service's own: who asks, and whom it tells.

    Raises:
        TypeError: Replicas are not asked for such a thing.
    """
    match ticket:
        case Order():
            sent: Ticket = Order(files=ticket.files, series=ticket.series, owner=_OWNER)
        case Question():
            # One slice is asked about; of a head the others are some megabytes.
            one = replace(
                ticket.evidence,
                slices=(ticket.evidence.slices[ticket.index],),
                files={},
                manifest=None,
            )
            sent = Question(evidence=one, label=ticket.label, owner=_OWNER)
        case OcclusionQuestion():
            sent = OcclusionQuestion(
                maps=ticket.maps, edges=ticket.edges, fill=ticket.fill, owner=_OWNER
            )
        case PreparedInputs():
            sent = PreparedInputs(images=ticket.images, owner=_OWNER)
        case _:
            raise TypeError(type(ticket).__name__)
    return Call(method, sent, limits)
