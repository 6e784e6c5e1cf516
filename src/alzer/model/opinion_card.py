"""Section `second_opinion` of a model's card, as far as answers need it."""

from typing import Literal

from pydantic import BaseModel, FiniteFloat

from alzer.model.second_opinion import (
    CsfRegression,
    MeasuredAuc,
    SecondOpinionFit,
)


class _Interval(BaseModel):
    value: FiniteFloat | None
    low: FiniteFloat | None
    high: FiniteFloat | None


class _Scores(BaseModel):
    auc: _Interval


class _Regression(BaseModel):
    intercept: FiniteFloat
    slope: FiniteFloat
    everyone: _Scores | None = None
    age_60_and_over: _Scores | None = None

    @property
    def auc(self) -> MeasuredAuc | None:
        """That of people of 60 and over, where age does not help; else of everyone."""
        older, everyone = self.age_60_and_over, self.everyone
        if older is not None and older.auc.value is not None:
            return _auc(older.auc, "people of 60 and over")
        return None if everyone is None else _auc(everyone.auc, "everyone")

    @property
    def fit(self) -> CsfRegression:
        """The regression as what serving works with."""
        return CsfRegression(self.intercept, self.slope, self.auc)


def _auc(
    found: _Interval, group: Literal["everyone", "people of 60 and over"]
) -> MeasuredAuc | None:
    if found.value is None or found.low is None or found.high is None:
        return None
    return MeasuredAuc(found.value, found.low, found.high, group)


class SecondOpinionFields(BaseModel):
    """The section; it may say more."""

    measure: Literal["csf_fraction"]
    slice: _Regression
    person: _Regression

    @property
    def fit(self) -> SecondOpinionFit:
        """The section as what serving works with."""
        return SecondOpinionFit(self.slice.fit, self.person.fit)
