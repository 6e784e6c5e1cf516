"""What a reader has to know of a prediction set, in sentences.

Nothing here is about one model: how many people there were and what the sets cover
comes with the limits, which every model brings in its card.
"""

from collections.abc import Sequence
from typing import Final

from alzer.classes import CLASS_NAMES
from alzer.model.decision import Decision

UNINFORMATIVE: Final = (
    "The model cannot tell the degree of impairment from this scan: it can rule out "
    "none of the classes that it was checked on. Nothing follows from this for the "
    "person."
)


def set_caveats(
    prediction_set: Sequence[int] | None, decision: Decision
) -> tuple[str, ...]:
    """Return what has to be said of a set that names no class, or all of them.

    Args:
        prediction_set: Class indices; None if it is not known.
        decision: The limits that gave it.

    Returns:
        At most one sentence.
    """
    if prediction_set is None:
        return ()
    if not prediction_set:
        return (_empty_set(decision.coverage),)
    if decision.is_uninformative(prediction_set):
        return (UNINFORMATIVE,)
    return ()


def class_caveats(decision: Decision) -> dict[str, str]:
    """Return a sentence on each class for which too few people were there to check it.

    Args:
        decision: The limits of a model.

    Returns:
        By class name; empty if all could be checked, or none was.

    Examples:
        >>> decision = Decision(None, (0.2, 0.2, 0.1, None), 0.9, (40, 30, 20, 1))
        >>> class_caveats(decision)["Moderate Impairment"]
        "'Moderate Impairment' rests on 1 person in the training data; its accuracy \
can't be measured."
    """
    return {
        CLASS_NAMES[label]: _few_people(CLASS_NAMES[label], _count(decision, label))
        for label in decision.unchecked
    }


def explain_sets(decision: Decision) -> str:
    """Return how the classes that a headline names are to be read.

    Args:
        decision: The limits of a model.

    Returns:
        Sentences; nothing if the model names no prediction sets.
    """
    if not decision.calibrated:
        return ""
    sentences = []
    if decision.coverage is not None:
        sentences.append(
            f"For about {_percent(decision.coverage)} of the people rated with a "
            "class, that class is among those named in this way."
        )
    if names := [f"'{CLASS_NAMES[label]}'" for label in decision.unchecked]:
        sentences.append(f"This could not be checked for {' and '.join(names)}.")
    return " ".join(sentences)


def _empty_set(coverage: float | None) -> str:
    people = "nearly all" if coverage is None else _percent(coverage)
    return (
        "No class fits this scan: the probability of each class is lower here than for "
        f"{people} of the people rated with that class. Don't rely on the most "
        "probable class."
    )


def _count(decision: Decision, label: int) -> int | None:
    people = decision.people_per_class
    return None if people is None else people[label]


def _few_people(name: str, people: int | None) -> str:
    if people is None:
        return (
            f"Too few people in the training data had '{name}'; its accuracy can't be "
            "measured."
        )
    if not people:
        return f"Nobody in the training data had '{name}'; the model can't know it."
    noun = "person" if people == 1 else "people"
    return (
        f"'{name}' rests on {people} {noun} in the training data; its accuracy can't "
        "be measured."
    )


def _percent(share: float) -> str:
    return f"{100.0 * share:g} %"
