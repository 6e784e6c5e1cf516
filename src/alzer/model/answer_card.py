"""Section `answers` of a model's card."""

from typing import Annotated

from pydantic import BaseModel, Field, FiniteFloat, NonNegativeInt

from alzer.model.answer_facts import (
    AnswerFigures,
    ConfirmedMaps,
    Group,
    GroupFigures,
    Measured,
    RatedShare,
)

_Share = Annotated[FiniteFloat, Field(ge=0.0, le=1.0)]


class _Interval(BaseModel):
    value: _Share | None
    low: _Share | None
    high: _Share | None

    @property
    def measured(self) -> Measured | None:
        """The figure, if it could be measured."""
        if self.value is None or self.low is None or self.high is None:
            return None
        return Measured(self.value, self.low, self.high)


class _Group(BaseModel):
    people: NonNegativeInt
    impaired: NonNegativeInt
    auc: _Interval | None = None
    called_impaired: _Interval | None = None
    missed: _Interval | None = None
    ece: _Share | None = None

    def figures(self, group: Group) -> GroupFigures:
        """Return the section as what serving works with."""
        return GroupFigures(
            group,
            self.people,
            self.impaired,
            _measured(self.auc),
            _measured(self.called_impaired),
            _measured(self.missed),
            self.ece,
        )


class _Range(BaseModel):
    low: Annotated[_Share, Field(alias="from")]
    high: Annotated[_Share, Field(alias="to")]
    people: NonNegativeInt
    rated: _Interval


class _Unit(BaseModel):
    everyone: _Group | None = None
    age_60_and_over: _Group | None = None
    classes: dict[str, tuple[_Range, ...]] = Field(default_factory=dict)

    @property
    def figures(self) -> AnswerFigures:
        """The section as what serving works with: of older people first.

        Younger people are easily told to be unimpaired, which flatters a model.
        """
        named: tuple[tuple[Group, _Group | None], ...] = (
            ("people of 60 and over", self.age_60_and_over),
            ("everyone", self.everyone),
        )
        groups = tuple(found.figures(name) for name, found in named if found)
        return AnswerFigures(
            groups, {name: _ranges(found) for name, found in self.classes.items()}
        )


class MapCheckFields(BaseModel):
    """Section `map_check` of a card; it may say more."""

    people: NonNegativeInt
    shares: dict[str, _Interval]

    @property
    def confirmed(self) -> ConfirmedMaps | None:
        """How many maps earned the badge, if that could be measured."""
        found = _measured(self.shares.get("badge"))
        return None if found is None else ConfirmedMaps(self.people, found)


class AnswersFields(BaseModel):
    """The section; it may say more."""

    slice: _Unit = Field(default_factory=_Unit)
    person: _Unit = Field(default_factory=_Unit)


def _measured(found: _Interval | None) -> Measured | None:
    return None if found is None else found.measured


def _ranges(found: tuple[_Range, ...]) -> tuple[RatedShare, ...]:
    return tuple(
        RatedShare(each.low, each.high, each.people, rated)
        for each in found
        if (rated := each.rated.measured) is not None
    )
