"""Slices from outside a study's data: who may judge whom, and what they answer.

A person whom a study was trained on is judged by the network of the fold that held
them out, everybody else by the model for everyone. Slices go the way that they go
in the service: read, examined, prepared, run beside their mirror image.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alzer.analysed_slice import make_ready
from alzer.errors import InvalidRequest, LeakySplit, UnusableScan
from alzer.evaluation.csf import csf_fraction
from alzer.model.engine import Model
from alzer.scans.formats import read_slice
from alzer.scans.reduction import reduce_slice
from alzer.scans.slice import Slice

# The name of the model for everyone; the others are called `fold-0` and so on.
EVERYONE = "everyone"

# Of all that a network gives: far finer than anything depends on.
DECIMALS = 4

NO_IMAGE = "The table names no image."
NO_NETWORK = "The study has no network of the fold that held this person out."


@dataclass(frozen=True)
class Session:
    """One visit of one person, with one slice.

    Attributes:
        name: Of the session.
        person: Whose visits belong together.
        label: Class index at this visit.
        path: The slice; None if the table names none.
        subject: The person's name in the training data; None if not part of it.
        fold: In which the table says that the person is held out; None if it doesn't.
        visit: What the table calls it; may be empty.
        measures: Such as `age` in years and `nwbv`, where known.
    """

    name: str
    person: str
    label: int
    path: Path | None = None
    subject: str | None = None
    fold: int | None = None
    visit: str = ""
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SliceAnswer:
    """What a network says of a slice that it could be shown.

    Attributes:
        logits: One per class, as the network gives them.
        ood_score: How unlike its training slices this one is; None if unknown.
        ood_limit: From where on that is too far; None if the network has no limit.
        csf: Crude CSF fraction of the slice, 0 to 1.
        doubt: Why the answer can't be relied on, whatever the network says; empty
            if nothing speaks against it.
    """

    logits: tuple[float, ...]
    ood_score: float | None
    ood_limit: float | None
    csf: float
    doubt: str = ""

    @property
    def flagged(self) -> bool | None:
        """Whether the slice is out of distribution; None if nobody can tell."""
        if self.ood_limit is None:
            return None
        return self.ood_score is None or self.ood_score > self.ood_limit


@dataclass(frozen=True)
class SessionResult:
    """What became of one session.

    Attributes:
        session: The session.
        network: Whose answer it is: `everyone` or `fold-` and its number.
        answer: What the network says; None if it could not be asked.
        problem: Why it could not; empty if it could.
    """

    session: Session
    network: str
    answer: SliceAnswer | None
    problem: str = ""


def assign_networks(
    sessions: Sequence[Session], folds: Mapping[str, int]
) -> tuple[str, ...]:
    """Name the network that may judge each session: one that never saw the person.

    Args:
        sessions: Of people inside and outside the training data.
        folds: Everybody whom the study was trained on, with the fold that held
            them out.

    Returns:
        One name per session.

    Raises:
        LeakySplit: If the table would have a person judged by a network that saw
            them: another fold is given, or a person of the training data is not
            named as such in every session.
        InvalidRequest: If a subject is unknown to the training data, or is two
            persons.
    """
    _require_one_name_each(sessions, folds)
    return tuple(_network_of(session, folds) for session in sessions)


def _network_of(session: Session, folds: Mapping[str, int]) -> str:
    if session.subject is None:
        return EVERYONE
    if session.subject not in folds:
        message = (
            f"Session {session.name} is of subject '{session.subject}', whom the "
            "training data don't know; leave the subject empty for people who are "
            "not part of them."
        )
        raise InvalidRequest(message)
    fold = folds[session.subject]
    if session.fold not in {None, fold}:
        message = (
            f"The table has '{session.subject}' in fold {session.fold}, the study "
            f"held that person out in fold {fold}; the network of the other fold has "
            "seen them. Correct the table, or give the data of the study."
        )
        raise LeakySplit(message)
    return f"fold-{fold}"


def _require_one_name_each(
    sessions: Sequence[Session], folds: Mapping[str, int]
) -> None:
    subjects: dict[str, str | None] = {}
    persons: dict[str, str] = {}
    for session in sessions:
        if session.subject is None and session.person in folds:
            message = (
                f"Session {session.name} is of '{session.person}', who is a person of "
                "the training data; name them as subject."
            )
            raise LeakySplit(message)
        if subjects.setdefault(session.person, session.subject) != session.subject:
            message = (
                f"The sessions of '{session.person}' name two subjects, or a subject "
                "and none; a network that saw this person could judge some of them."
            )
            raise LeakySplit(message)
        subject = session.subject
        if subject and persons.setdefault(subject, session.person) != session.person:
            message = f"Subject '{subject}' is two persons in the table; correct it."
            raise InvalidRequest(message)


def judge_sessions(
    sessions: Sequence[Session],
    folds: Mapping[str, int],
    models: Mapping[str, Model],
    advance: Callable[[str], None] = lambda _: None,
) -> list[SessionResult]:
    """Have every session judged by a network that never saw the person.

    Args:
        sessions: As for `assign_networks`.
        folds: Likewise.
        models: By the names that `assign_networks` gives; who has none is not
            judged.
        advance: Called with a few words now and then.

    Returns:
        One result per session, in their order.

    Raises:
        LeakySplit: As `assign_networks`.
        InvalidRequest: Likewise, or if nobody can be judged.
    """
    results = []
    for place, network in enumerate(assign_networks(sessions, folds)):
        if place % 20 == 0:
            advance(f"outside: session {place} of {len(sessions)}")
        results.append(_judge(sessions[place], network, models.get(network)))
    if not any(result.answer for result in results):
        reason = results[0].problem if results else "The table has no rows."
        message = f"None of {len(results)} sessions can be judged. {reason}"
        raise InvalidRequest(message)
    return results


def _judge(session: Session, network: str, model: Model | None) -> SessionResult:
    if session.path is None:
        return SessionResult(session, network, None, NO_IMAGE)
    if model is None:
        return SessionResult(session, network, None, NO_NETWORK)
    try:
        answer = ask(session.path.read_bytes(), model)
    except OSError:
        return SessionResult(session, network, None, "The file can't be read.")
    except UnusableScan as refusal:
        return SessionResult(session, network, None, str(refusal))
    return SessionResult(session, network, answer)


def ask(
    source: bytes | Slice, model: Model, *, must_look_right: bool = True
) -> SliceAnswer:
    """Show a slice to a model as the service does.

    Numbers are rounded as tables keep them, so that these give the same figures.

    Args:
        source: A file with one slice, or the slice.
        model: What answers.
        must_look_right: As for `make_ready`.

    Returns:
        What it says, and what speaks against relying on it.

    Raises:
        UnusableScan: If it is no slice that can be analysed.
    """
    scan = source if isinstance(source, Slice) else read_slice(source)
    ready = make_ready(reduce_slice(scan), model.spec, must_look_right=must_look_right)
    found = model.run(ready.prepared.pixels[None])
    score, limit = found.ood_score, model.decision.ood_limit
    return SliceAnswer(
        logits=tuple(round(float(value), DECIMALS) for value in found.logits[0]),
        ood_score=None if score is None else round(float(score[0]), DECIMALS),
        ood_limit=None if limit is None else round(limit, DECIMALS),
        csf=round(csf_fraction(ready.head), DECIMALS),
        doubt=next(iter(ready.doubts), ""),
    )
