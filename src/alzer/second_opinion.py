"""A second opinion beside the network's answer: how much dark fluid the scan shows.

The measure takes no part in the answer. When the two agree is decided here alone, for
every interface (docs/decisions/0024-second-opinion.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASS_NAMES
from alzer.headline import About, choose_headline
from alzer.model.csf_fraction import csf_fraction
from alzer.model.second_opinion import CsfRegression, MeasuredAuc, SecondOpinionFit

# A probability that is nearer to a half than this is on neither side: so far are
# probabilities and shares of impaired people apart where the measure was judged.
UNDECIDED: Final = 0.05

Side = Literal["impaired", "not impaired"]


@dataclass(frozen=True)
class SecondOpinion:
    """What the simple measure says of a scan.

    Attributes:
        csf_percent: CSF fraction inside the brain, 0 to 100: of the slice, or the mean
            over the slices of a whole head.
        impairment_probability: Of any impairment, by this measure alone, 0 to 1.
        agrees: Whether measure and model lie on the same side; None if either can't
            tell.
        text: All of it in one sentence, for a person.
        caveat: How good the measure is, and what it is not, for a person.
        auc: How good it is on people whom it was not fitted to; None if unknown.
    """

    csf_percent: float
    impairment_probability: float
    agrees: bool | None
    text: str
    caveat: str
    auc: MeasuredAuc | None = None


def second_opinion(
    fields: Iterable[NDArray[np.floating]],
    fit: SecondOpinionFit | None,
    about: About,
    model_side: Side | None,
) -> SecondOpinion | None:
    """Measure what slices show, and compare it with the model's answer.

    Args:
        fields: The network's inputs, each of shape (row, column): one slice, or all of
            a person's.
        fit: What the model's card says of the measure.
        about: Whether of one slice or of a person.
        model_side: Of the model's answer; None if it is on neither.

    Returns:
        None if the card says nothing of the measure, or nothing can be measured.
    """
    found = [csf_fraction(field) for field in fields] if fit else []
    known = [fraction for fraction in found if fraction is not None]
    if fit is None or not known:
        return None
    fraction = float(np.mean(known))
    regression = fit.slice if about == "this slice" else fit.person
    probability = regression.probability(fraction)
    own_side = _side(probability)
    agrees = None
    if model_side is not None and own_side is not None:
        agrees = model_side == own_side
    comparison = _compare(model_side, own_side)
    return SecondOpinion(
        round(100.0 * fraction, 2),
        round(probability, 6),
        agrees,
        _sentence(fraction, probability, about, comparison),
        _caveat(regression, about),
        regression.auc,
    )


def side_of_model(
    probabilities: Sequence[float], possible_classes: Sequence[str] | None
) -> Side | None:
    """Return on which side of the middle a reliable answer of the model lies.

    Args:
        probabilities: One per class.
        possible_classes: Names of the classes that can't be ruled out; None if that is
            unknown.

    Returns:
        The side of the probability of any impairment; None if the classes that the
        headline names do not all lie on that side, or no class fits.

    Examples:
        >>> side_of_model([0.2, 0.5, 0.3, 0.0], ["Very Mild Impairment"])
        'impaired'
        >>> side_of_model([0.6, 0.3, 0.1, 0.0], None)
        'not impaired'
        >>> side_of_model(
        ...     [0.6, 0.3, 0.1, 0.0], ["No Impairment", "Very Mild Impairment"]
        ... ) is None
        True
    """
    most_probable = CLASS_NAMES[int(np.argmax(probabilities))]
    named = choose_headline(most_probable, possible_classes, None).classes
    sides = {_side_of_class(name) for name in named}
    own: Side = "impaired" if 1.0 - probabilities[0] > 0.5 else "not impaired"
    return own if sides == {own} else None


def _side_of_class(name: str) -> Side:
    return "not impaired" if name == CLASS_NAMES[0] else "impaired"


def _side(probability: float) -> Side | None:
    if abs(probability - 0.5) < UNDECIDED:
        return None
    return "impaired" if probability > 0.5 else "not impaired"


def _compare(model: Side | None, own: Side | None) -> str:
    if model is None:
        return "the model cannot tell, so the two can't be compared"
    if own is None:
        return "that is too near the middle to agree or disagree with the model"
    return "it and the model agree" if model == own else "it and the model disagree"


def _sentence(fraction: float, probability: float, about: About, words: str) -> str:
    where = "in this slice" if about == "this slice" else "on average over the slices"
    return (
        f"A simple measure of dark fluid (CSF) inside the brain, {fraction:.1%} "
        f"{where}, puts the probability of impairment at {probability:.0%}: {words}."
    )


def _caveat(regression: CsfRegression, about: About) -> str:
    shown = "the slice shows" if about == "this slice" else "the scan shows"
    meaning = f"a measure of how much dark fluid {shown}, not a diagnosis"
    if (auc := regression.auc) is None:
        return f"It is {meaning}."
    return f"It is {meaning}; its own {_describe(auc)}."


def _describe(auc: MeasuredAuc) -> str:
    return (
        f"AUC on {auc.group} whom it was not fitted to is {auc.value:.2f} "
        f"({auc.low:.2f} to {auc.high:.2f})"
    )
