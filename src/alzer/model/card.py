"""What loading a model needs of its card; everything else there is for people."""

from typing import Annotated

from pydantic import BaseModel, Field, FiniteFloat

from alzer.model.decision import Decision
from alzer.model.person import PersonLimits, Pooled, Pooling
from alzer.model.preparation import InputSpec


class _Gate(BaseModel):
    limit: FiniteFloat


class _Calibration(BaseModel):
    least_probabilities: tuple[FiniteFloat | None, ...]


class _Pooling(BaseModel):
    averaged: Pooled
    only_in_distribution: bool


class _Person(_Calibration):
    """Section `person`: the limits of one answer for all slices of a person."""

    pooling: _Pooling
    temperature: Annotated[FiniteFloat, Field(gt=0.0)]
    ood_share: Annotated[FiniteFloat, Field(ge=0.0, le=1.0)] | None

    @property
    def limits(self) -> PersonLimits:
        """The section as what serving works with."""
        pooling = Pooling(self.pooling.averaged, self.pooling.only_in_distribution)
        return PersonLimits(
            pooling, self.temperature, self.least_probabilities, self.ood_share
        )


class CardFields(BaseModel):
    """What loading needs of a card; a card may say more."""

    name: str
    version: str
    model_sha256: str
    classes: tuple[str, ...]
    input: InputSpec
    gate: _Gate | None = None
    calibration: _Calibration | None = None
    person: _Person | None = None

    @property
    def decision(self) -> Decision:
        """What the card says of predictions in general."""
        limit = None if self.gate is None else self.gate.limit
        if self.calibration is None:
            return Decision(limit)
        return Decision(limit, self.calibration.least_probabilities)

    @property
    def person_limits(self) -> PersonLimits:
        """What the card says of one answer per person; a plain mean if nothing."""
        return PersonLimits() if self.person is None else self.person.limits
