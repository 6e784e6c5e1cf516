"""What a person reads first of an answer: the one rule for every interface.

The page, the table, the records and the list of analyses all take their headline
from here, so that none of them names a class where the others name none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from alzer.classes import CLASS_NAMES

About = Literal["this slice", "this person"]

NO_RELIABLE_ANSWER: Final = "No reliable answer"
NO_CLASS_FITS: Final = "No class fits well"


@dataclass(frozen=True)
class Headline:
    """What stands above everything else that is said of a scan.

    Attributes:
        text: One line.
        classes: The classes that it names, in order of severity; none where no
            answer can be relied on or no class fits.
        about: Of what it is said: one slice, or a person by all of their slices.
    """

    text: str
    classes: tuple[str, ...] = ()
    about: About = "this slice"

    @property
    def sentence(self) -> str:
        """The line with what it is said of, such as 'For this person: ...'."""
        return f"For {self.about}: {self.text}"


def choose_headline(
    prediction: str,
    possible_classes: Sequence[str] | None,
    unreliable_reason: str | None,
    about: About = "this slice",
) -> Headline:
    """Return what a person should read first.

    Args:
        prediction: Name of the most probable class.
        possible_classes: Names of the classes that can't be ruled out; None if the
            model can't tell which these are.
        unreliable_reason: Why the answer can't be relied on; None if nothing is
            known against it.
        about: Of what the answer is.

    Returns:
        Without a reliable answer, that there is none; else the classes that can't be
        ruled out. The predicted class is always among them: one that could not be
        checked on enough people is never in the set, however probable it is.

    Examples:
        >>> choose_headline("No Impairment", ["No Impairment"], None).text
        'No Impairment'
        >>> choose_headline("No Impairment", ["Mild Impairment"], None).text
        'No Impairment or Mild Impairment'
        >>> choose_headline("No Impairment", None, "It is a photograph.").text
        'No reliable answer'
        >>> choose_headline("No Impairment", None, None, "this person").sentence
        'For this person: No Impairment'
    """
    if unreliable_reason is not None:
        return Headline(NO_RELIABLE_ANSWER, about=about)
    if possible_classes is not None and not possible_classes:
        return Headline(NO_CLASS_FITS, about=about)
    named = {prediction, *(possible_classes or ())}
    classes = tuple(name for name in CLASS_NAMES if name in named)
    return Headline(_join_with_or(classes), classes, about)


def _join_with_or(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
