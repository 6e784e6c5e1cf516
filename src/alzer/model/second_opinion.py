"""What a model's card says of the simple measure beside the network's answer.

Section `second_opinion` holds two logistic regressions on `csf_fraction`, one for a
slice and one for a person, with how well each did on people held out
(docs/decisions/0024-second-opinion.md).
"""

import math
from dataclasses import dataclass
from typing import Literal

# Of `alzer.model.csf_fraction`: coefficients mean nothing for another measure.
MEASURE = "csf_fraction"


@dataclass(frozen=True)
class MeasuredAuc:
    """An area under the ROC curve, impaired or not, on people held out.

    Attributes:
        value: The area, 0 to 1; `low` and `high` are the ends of its 95 % interval.
        low: Likewise.
        high: Likewise.
        group: Whom it is of, such as 'people of 60 and over'.
    """

    value: float
    low: float
    high: float
    group: Literal["everyone", "people of 60 and over"]


@dataclass(frozen=True)
class CsfRegression:
    """Probability of impairment by the CSF fraction alone.

    Attributes:
        intercept: Log odds of impairment at a fraction of 0.
        slope: By how much the log odds grow up to a fraction of 1.
        auc: How well it tells impaired from unimpaired; None if that is not known.

    Examples:
        >>> CsfRegression(-3.0, 12.0).probability(0.25)
        0.5
    """

    intercept: float
    slope: float
    auc: MeasuredAuc | None = None

    def probability(self, fraction: float) -> float:
        """Return the probability of impairment, 0 to 1.

        Args:
            fraction: CSF fraction, 0 to 1: of a slice, or the mean of a person's.
        """
        log_odds = self.intercept + self.slope * fraction
        return 0.5 + 0.5 * math.tanh(log_odds / 2.0)  # without overflow


@dataclass(frozen=True)
class SecondOpinionFit:
    """The regressions that a card holds.

    Attributes:
        slice: For one slice.
        person: For the mean over the slices of a whole head.
    """

    slice: CsfRegression
    person: CsfRegression
