"""What loading a model needs of its card; everything else there is for people."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, Field, FiniteFloat, NonNegativeInt

from alzer.model.answer_card import AnswersFields, MapCheckFields
from alzer.model.answer_facts import AnswerFacts
from alzer.model.decision import Decision
from alzer.model.opinion_card import SecondOpinionFields
from alzer.model.person import PersonLimits, Pooled, Pooling
from alzer.model.preparation import InputSpec
from alzer.model.second_opinion import SecondOpinionFit


class _OodLimit(BaseModel):
    limit: FiniteFloat


class _Calibration(BaseModel):
    # None where it could not be judged: the probabilities are then not calibrated.
    # Cards of before 2026-12 have the second name.
    thresholds: tuple[FiniteFloat | None, ...] | None = Field(
        validation_alias=AliasChoices("thresholds", "least_probabilities")
    )
    coverage: Annotated[FiniteFloat, Field(gt=0.0, lt=1.0)] | None = None


class _Data(BaseModel):
    people_per_class: dict[str, NonNegativeInt] | None = None
    source: str | None = None


class _Pooling(BaseModel):
    averaged: Pooled
    only_in_distribution: bool
    # Cards of before there was a choice count all slices.
    lowest: Annotated[FiniteFloat, Field(gt=0.0, le=1.0)] = 1.0


class _Person(_Calibration):
    """Section `person`: the limits of one answer for all slices of a person."""

    pooling: _Pooling
    temperature: Annotated[FiniteFloat, Field(gt=0.0)]
    ood_share: Annotated[FiniteFloat, Field(ge=0.0, le=1.0)] | None

    def limits(self, people_per_class: tuple[int, ...] | None) -> PersonLimits:
        """Return the section as what serving works with."""
        return PersonLimits(
            Pooling(**self.pooling.model_dump()),
            self.temperature,
            self.thresholds,
            self.ood_share,
            self.coverage,
            people_per_class,
        )


class CardFields(BaseModel):
    """What loading needs of a card; a card may say more."""

    name: str
    version: str
    model_sha256: str
    classes: tuple[str, ...]
    input: InputSpec
    gate: _OodLimit | None = None
    calibration: _Calibration | None = None
    person: _Person | None = None
    data: _Data | None = None
    second_opinion: SecondOpinionFields | None = None
    answers: AnswersFields = Field(default_factory=AnswersFields)
    map_check: MapCheckFields | None = None
    limitations: tuple[str, ...] = ()

    @property
    def answer_facts(self) -> AnswerFacts:
        """What the card tells those who read an answer."""
        return AnswerFacts(
            None if self.data is None else self.data.source,
            self.limitations,
            self.answers.slice.figures,
            self.answers.person.figures,
            None if self.map_check is None else self.map_check.confirmed,
        )

    @property
    def second_opinion_fit(self) -> SecondOpinionFit | None:
        """What the card says of the simple measure beside the network."""
        return None if self.second_opinion is None else self.second_opinion.fit

    @property
    def decision(self) -> Decision:
        """What the card says of predictions in general."""
        limit = None if self.gate is None else self.gate.limit
        if self.calibration is None:
            return Decision(limit, people_per_class=self.people_per_class)
        return Decision(
            limit,
            self.calibration.thresholds,
            self.calibration.coverage,
            self.people_per_class,
        )

    @property
    def person_limits(self) -> PersonLimits:
        """What the card says of one answer per person; a plain mean if nothing."""
        if self.person is None:
            return PersonLimits(people_per_class=self.people_per_class)
        return self.person.limits(self.people_per_class)

    @property
    def people_per_class(self) -> tuple[int, ...] | None:
        """People of the training by class, in their order; None if not said."""
        counts = None if self.data is None else self.data.people_per_class
        if counts is None:
            return None
        return tuple(counts.get(name, 0) for name in self.classes)


def thresholds_of(card: Mapping[str, Any]) -> tuple[float | None, ...] | None:
    """Return from which probability on a class is in a slice's prediction set.

    Args:
        card: Of a model.

    Returns:
        For each class; None where nothing was fitted.

    Example:
        >>> thresholds_of({"calibration": {"thresholds": [0.2, None]}})
        (0.2, None)
    """
    section = card.get("calibration")
    return _Calibration.model_validate(section).thresholds if section else None
