"""The four classes: their order, names and plain meaning."""

from typing import NamedTuple


class ImpairmentClass(NamedTuple):
    """One degree of cognitive impairment, as rated by the CDR scale.

    Attributes:
        name: The name shown to people and used in every record.
        folder: The usual name of its folder in sets of slices that are sorted by class.
        cdr: The Clinical Dementia Rating behind it.
        rated: How people of the class were rated, to stand after 'people rated as'.
        everyday: What the rating means in everyday life, in plain words.
    """

    name: str
    folder: str
    cdr: float
    rated: str
    everyday: str


# The order is the order of severity, of the network's outputs and of every
# table that the software prints.
# Source: Morris 1993, doi:10.1212/WNL.43.11.2412-a (the CDR scale).
CLASSES = (
    ImpairmentClass(
        "No Impairment",
        "NonDemented",
        0.0,
        "not impaired",
        "No memory loss, or slight forgetfulness now and then; everyday life is "
        "managed as ever.",
    ),
    ImpairmentClass(
        "Very Mild Impairment",
        "VeryMildDemented",
        0.5,
        "very mildly impaired",
        "Slight but steady forgetfulness. Work, home and hobbies are slightly "
        "affected at most, and the person needs no help.",
    ),
    ImpairmentClass(
        "Mild Impairment",
        "MildDemented",
        1.0,
        "mildly impaired",
        "Memory loss gets in the way of everyday life. Harder tasks are "
        "given up, and the person needs reminders.",
    ),
    ImpairmentClass(
        "Moderate Impairment",
        "ModerateDemented",
        2.0,
        "moderately impaired",
        "Only what was learned well is kept; what is new is soon lost. "
        "Outside the home and with dressing the person needs help.",
    ),
)

CLASS_NAMES = tuple(each.name for each in CLASSES)
