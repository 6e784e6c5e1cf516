"""Numbers that are written as text, as files in the field write them."""

import math
import re
from typing import Final

# What may lie between numbers beside the standard's backslash; blanks only between two
# of them, since '300 HU' is one number with a unit.
_BETWEEN: Final = re.compile(r"\s*[\\;|/]\s*|(?<=[\d.,])\s+(?=[-+]?[.,]?\d)")

# Programs that write a list as they would print it put these around it.
_AROUND: Final = " \t\r\n\0[](){}'\""

# Numbers with decimal points, and commas between them.
_COMMAS_BETWEEN: Final = re.compile(
    r"[-+]?\d+\.\d*(?:[eE][-+]?\d+)?(?:,[-+]?\d+\.\d*(?:[eE][-+]?\d+)?)+"
)

_THOUSANDS: Final = re.compile(r"[-+]?\d{1,3}((,\d{3})+\.\d+|(\.\d{3})+,\d+)$")

# A number at the beginning; what follows must not look like more of it, or like what
# some programs write for infinity and NaN (1.#INF).
_NUMBER: Final = re.compile(
    r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eEdD][-+]?\d+)?(?![\d.,#])"
)


def parse_numbers(text: str) -> tuple[float, ...]:
    r"""Read a decimal string, or a list of them.

    A comma is taken as a decimal point where it can be one; brackets and quotation
    marks around a number, and text behind it, are left out.

    Args:
        text: The value of an element of representation DS or IS.

    Returns:
        The numbers in their order; NaN for each that can't be read, none at all if
        there is only white space.

    Source:
        PS3.5 section 6.2 for what a decimal string should be.

    Examples:
        >>> parse_numbers("300,5")
        (300.5,)
        >>> parse_numbers("300 HU")
        (300.0,)
        >>> parse_numbers("1.5E+02\\40 ")
        (150.0, 40.0)
        >>> parse_numbers("[1.5, 40]")
        (1.5, 40.0)
        >>> parse_numbers("unknown")
        (nan,)
    """
    text = text.strip(_AROUND)
    if not text:
        return ()
    parts = _BETWEEN.split(text)
    if len(parts) == 1 and _COMMAS_BETWEEN.fullmatch(text):
        parts = text.split(",")
    return tuple(_parse(part.strip(_AROUND + ",")) for part in parts)


def _parse(text: str) -> float:
    if _THOUSANDS.match(text):
        separator = min(",.", key=text.rfind)
        text = text.replace(separator, "")
    found = _NUMBER.match(text)
    if found is None:
        return math.nan
    number = found.group().replace(",", ".").lower().replace("d", "e")
    return float(number)
