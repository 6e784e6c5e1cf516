"""The languages of what people read, and their texts.

English is the language of the sources; `locale` holds a catalogue for each other one,
made by `tools/catalogue.py`.
"""

import gettext
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

DOMAIN: Final = "alzer"
SOURCE: Final = "en"

# As people who speak it call it: who looks for it may not read the page's language.
LANGUAGES: Final[Mapping[str, str]] = {SOURCE: "English", "de": "Deutsch"}

# What stands between a number's whole part and its decimals, where it is no point.
_DECIMAL_SIGNS: Final[Mapping[str, str]] = {"de": ","}

_DECIMAL: Final = re.compile(r"(?<![\d.])(\d+)\.(\d+)(?![\d.])", re.ASCII)

LOCALE: Final = Path(__file__).with_name("locale")


@cache
def texts_in(language: str) -> gettext.NullTranslations:
    """Return the texts of a language.

    Args:
        language: One of `LANGUAGES`.

    Returns:
        Its catalogue; of English an empty one, as its texts are the sources'.

    Examples:
        >>> texts_in("de").gettext("No Impairment")
        'Keine Beeinträchtigung'
        >>> texts_in("en").gettext("No Impairment")
        'No Impairment'
    """
    if language == SOURCE:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALE, [language])


def write_number(value: float, decimals: int | None = None, *, language: str) -> str:
    """Write a number as people of a language do.

    Args:
        value: The number.
        decimals: How many of them; None: as many as it needs.
        language: One of `LANGUAGES`.

    Examples:
        >>> write_number(0.715, 2, language="en"), write_number(0.5, language="de")
        ('0.71', '0,5')
    """
    text = f"{value:g}" if decimals is None else f"{value:.{decimals}f}"
    return write_decimals(text, language=language)


def write_decimals(text: str, *, language: str) -> str:
    """Write the numbers of an English text as people of a language do.

    Args:
        text: What is no decimal number in it stays, such as versions.
        language: One of `LANGUAGES`.

    Examples:
        >>> write_decimals("0.5 of 1.2.3", language="de")
        '0,5 of 1.2.3'
    """
    sign = _DECIMAL_SIGNS.get(language, ".")
    return _DECIMAL.sub(rf"\1{sign}\2", text)
