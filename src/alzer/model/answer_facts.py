"""What a model's card tells those who read one of its answers.

Section `answers` holds, for single slices and for whole people, figures of people whom
the networks never saw (`alzer.evaluation.answer_figures` computes them).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Group = Literal["everyone", "people of 60 and over"]


@dataclass(frozen=True)
class Measured:
    """A figure with its 95 % interval.

    Attributes:
        value: The figure, 0 to 1; `low` and `high` are the ends of its interval.
        low: Likewise.
        high: Likewise.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class GroupFigures:
    """How good answers were for a group of people held out.

    Attributes:
        group: Who they are.
        people: How many.
        impaired: How many of them were rated as impaired to any degree.
        auc: Of impaired against not; None if it is not known.
        called_impaired: Share of the unimpaired whose most probable class was an
            impaired one; None likewise.
        missed: Share of the impaired whose most probable class was the unimpaired one;
            None likewise.
        ece: Expected calibration error of the most probable class; None likewise.
    """

    group: Group
    people: int
    impaired: int
    auc: Measured | None = None
    called_impaired: Measured | None = None
    missed: Measured | None = None
    ece: float | None = None


@dataclass(frozen=True)
class RatedShare:
    """Of people who got about the same probability of a class, how many had it.

    Attributes:
        low: Where the range of probability begins, 0 to 1.
        high: Where it ends.
        people: How many people held out had an answer in it.
        rated: Share of them who were rated with the class; slices count by person.
    """

    low: float
    high: float
    people: int
    rated: Measured


@dataclass(frozen=True)
class AnswerFigures:
    """Figures of answers for one kind of scan.

    Attributes:
        groups: The one to quote first; may be empty.
        classes: By class name, ranges of probability from low to high; classes that
            too few people had are missing.
    """

    groups: tuple[GroupFigures, ...] = ()
    classes: Mapping[str, tuple[RatedShare, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ConfirmedMaps:
    """How often maps of people held out passed the check (`alzer.map_check`).

    Attributes:
        people: How many there were.
        share: Of their maps, each person weighing the same.
    """

    people: int
    share: Measured


@dataclass(frozen=True)
class AnswerFacts:
    """All that a card tells readers of answers; empty where it tells nothing.

    Attributes:
        source: The study that the model was trained on.
        limitations: What the model is not, and where its data end, in sentences.
        slice: Figures of single slices.
        person: Figures of whole people.
        confirmed_maps: Whether the maps hold; None if nobody has looked.
    """

    source: str | None = None
    limitations: tuple[str, ...] = ()
    slice: AnswerFigures = field(default_factory=AnswerFigures)
    person: AnswerFigures = field(default_factory=AnswerFigures)
    confirmed_maps: ConfirmedMaps | None = None
