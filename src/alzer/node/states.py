"""How far the node has come with a series: plain values, and no identity."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final, Self

# Late images make another content of a series; more than these are not told apart.
_MOST_CONTENTS: Final = 16


class Stage(StrEnum):
    """What a series waits for."""

    collecting = "collecting"  # for more of its images
    waiting = "waiting"  # for its analysis
    analysing = "analysing"
    sending = "sending"  # for its destinations
    done = "done"
    failed = "failed"  # it can't be analysed
    unwanted = "unwanted"  # by a rule

    @property
    def is_end(self) -> bool:
        """Whether nothing will happen unless more images come."""
        return self in {Stage.done, Stage.failed, Stage.unwanted}


@dataclass(frozen=True)
class Delivery:
    """What is to be sent to one destination.

    Attributes:
        destination: Its address, as the settings have it.
        attempts: How often it was tried in vain.
        next_at: When it is tried again, in seconds of UNIX time.
        refusals: How many of these attempts ended with objects refused as such.
    """

    destination: str
    attempts: int = 0
    next_at: float = 0.0
    refusals: int = 0


@dataclass(frozen=True)
class Answer:
    """What a series was answered with.

    Attributes:
        content: Digest of all its files of that time.
        count: How many these were.
        reason: Code of the failure that was told; None: an analysis.
    """

    content: str
    count: int = 0
    reason: str | None = None


# Of these a state has its own, which are those of the last answer.
_OF_ANSWERS: Final = ("count", "reason")


@dataclass(frozen=True)
class SeriesState:
    """How far a series is.

    Attributes:
        stage: What it waits for.
        revision: Grows when images come late and it starts anew.
        attempts: Analyses that began and have not ended.
        announced: How many files a PACS has, as it said last; None: it was not asked.
        expected: How many there will be; None: not known yet.
        has_late: Whether images came after its analysis had begun.
        answers: What was answered, the last one at the end.
        count: How many files the last one had.
        reason: Code of the failure, or the rule by which it is not wanted; while a
            series is worked on once more, that of the time before.
        deliveries: What is left to be sent.
        ended_at: When it came to its end, in seconds of UNIX time.
        is_emptied: Whether its files have been deleted since.
        deleted: How many files it had when they were deleted, before it started anew.
        is_too_large: Whether files of it were not taken, because it has too many.
    """

    stage: Stage = Stage.collecting
    revision: int = 1
    attempts: int = 0
    announced: int | None = None
    expected: int | None = None
    has_late: bool = False
    answers: tuple[Answer, ...] = ()
    count: int = 0
    reason: str | None = None
    deliveries: tuple[Delivery, ...] = ()
    ended_at: float | None = None
    is_emptied: bool = False
    deleted: int = 0
    is_too_large: bool = False

    def as_json(self) -> bytes:
        """Write it down."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def of_json(cls, content: bytes) -> Self:
        """Read what `as_json` wrote.

        Args:
            content: That.

        Returns:
            The state.
        """
        values: dict[str, Any] = json.loads(content)
        values["stage"] = Stage(values["stage"])
        values["deliveries"] = tuple(Delivery(**one) for one in values["deliveries"])
        told = values.get("answers", [])
        if before := values.pop("content", None):  # as it was written before 2026-12
            told = [{"content": before, **{one: values[one] for one in _OF_ANSWERS}}]
        values["answers"] = tuple(Answer(**one) for one in told)
        return cls(**values)

    def with_image(self) -> Self:
        """Return the state once an image has come that was not there."""
        if self.stage in {Stage.analysing, Stage.sending}:
            return replace(self, has_late=True)
        return self.anew() if self.stage.is_end else self._collecting()

    def anew(self) -> Self:
        """Return the state of a series that starts once more."""
        again = self._collecting()
        return replace(
            again,
            revision=self.revision + 1,
            has_late=False,
            ended_at=None,
            is_emptied=False,
            deleted=max(self.deleted, self.count if self.is_emptied else 0),
            is_too_large=self.is_too_large and not self.is_emptied,
            announced=None,
            expected=None,
        )

    def _collecting(self) -> Self:
        return replace(self, stage=Stage.collecting, attempts=0)

    def answered(self, content: str, count: int) -> Self:
        """Return the state once all that has come is answered.

        Args:
            content: Digest of it.
            count: How many files it has.

        Returns:
            The state.
        """
        others = (one for one in self.answers if one.content != content)
        answers = (*others, Answer(content, count, self.reason))
        return replace(self, answers=answers[-_MOST_CONTENTS:], count=count)

    def again(self, content: str) -> Self | None:
        """Return the state of a series that has come as it was answered before.

        Args:
            content: Digest of all that has come.

        Returns:
            The state; None: it has not been answered so.
        """
        for one in self.answers:
            if one.content == content:
                found = replace(self, reason=one.reason)
                return found.answered(one.content, one.count)
        return None

    def sending(self, destinations: Iterable[str], reason: str | None) -> Self:
        """Return the state once there is something to be sent.

        Args:
            destinations: Where to.
            reason: Code of the failure that is told; None: an answer.

        Returns:
            The state.
        """
        deliveries = tuple(Delivery(one) for one in dict.fromkeys(destinations))
        return replace(
            self,
            stage=Stage.sending,
            attempts=0,
            reason=reason,
            deliveries=deliveries,
        )

    def ended(self, now: float) -> Self:
        """Return the state of a series of which nothing is left to be sent.

        Args:
            now: In seconds of UNIX time.

        Returns:
            The state; that of one that starts anew if images have come late.
        """
        if self.has_late:
            return self.anew()
        stage = Stage.failed if self.reason else Stage.done
        return replace(self, stage=stage, attempts=0, deliveries=(), ended_at=now)
