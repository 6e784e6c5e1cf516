"""The four classes: their order, names and plain meaning."""

from typing import NamedTuple


class ImpairmentClass(NamedTuple):
    """One degree of cognitive impairment, as rated by the CDR scale.

    Attributes:
        name: The name shown to people and used in every record.
        folder: The usual name of its folder in sets of slices that are sorted by class.
        cdr: The Clinical Dementia Rating behind it.
        meaning: One plain sentence.
    """

    name: str
    folder: str
    cdr: float
    meaning: str


# The order is the order of severity, of the network's outputs and of every
# table that the software prints.
# Source: Morris 1993, doi:10.1212/WNL.43.11.2412-a (the CDR scale).
CLASSES = (
    ImpairmentClass(
        "No Impairment",
        "NonDemented",
        0.0,
        "Looks like scans of people rated as not impaired (CDR 0).",
    ),
    ImpairmentClass(
        "Very Mild Impairment",
        "VeryMildDemented",
        0.5,
        "Looks like scans of people rated as very mildly impaired (CDR 0.5).",
    ),
    ImpairmentClass(
        "Mild Impairment",
        "MildDemented",
        1.0,
        "Looks like scans of people rated as mildly impaired (CDR 1).",
    ),
    ImpairmentClass(
        "Moderate Impairment",
        "ModerateDemented",
        2.0,
        "Looks like scans of people rated as moderately impaired (CDR 2).",
    ),
)

CLASS_NAMES = tuple(each.name for each in CLASSES)
