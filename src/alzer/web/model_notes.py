"""What the page says of the model beside its answers, all of it from its card."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alzer.backends.backend import ModelFacts
from alzer.caveats import class_caveats, explain_sets
from alzer.model.answer_facts import AnswerFigures, RatedShare

# Where a range of probability begins and ends, how many people had an answer in it,
# and the share of them who were rated with the class, with its interval; in percent.
RatedRow = tuple[int, int, int, int, int, int]


@dataclass(frozen=True)
class ModelNotes:
    """What a model's card says that stands beside its answers for one kind of scan.

    Attributes:
        sets: How the classes of a headline are to be read.
        classes: By class name, what to know of classes that could not be checked.
        figures: How good answers were for people held out.
    """

    sets: str
    classes: Mapping[str, str]
    figures: AnswerFigures = field(default_factory=AnswerFigures)

    @property
    def rated(self) -> dict[str, list[RatedRow]]:
        """By class name, how many people had a class to whom it was given so much."""
        return {
            name: [_in_percent(each) for each in ranges]
            for name, ranges in self.figures.classes.items()
        }


def describe_model(facts: ModelFacts) -> dict[str, ModelNotes]:
    """Return what stands beside a model's answers, by the kind of scan."""
    kinds = {
        "slice": (facts.decision, facts.answers.slice),
        "volume": (facts.person, facts.answers.person),
    }
    return {
        kind: ModelNotes(explain_sets(decision), class_caveats(decision), figures)
        for kind, (decision, figures) in kinds.items()
    }


def _in_percent(found: RatedShare) -> RatedRow:
    rated = found.rated
    shares = (rated.value, rated.low, rated.high)
    value, low, high = (round(100.0 * share) for share in shares)
    ends = round(100.0 * found.low), round(100.0 * found.high)
    return (*ends, found.people, value, low, high)
