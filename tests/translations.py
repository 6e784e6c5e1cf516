"""What is translated, and what was left in English."""

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final

import catalogue
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

# What is the same in both languages: names, units and words that German took over.
_SAME_LENGTH: Final = 12


@cache
def messages(language: str) -> list[Message]:
    path = catalogue.LOCALE / language / "LC_MESSAGES" / "alzer.po"
    with path.open("rb") as file:
        return [each for each in read_po(file, language) if each.id]


def forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def placeholders(text: str) -> set[str]:
    """Return what is filled in: names in braces, or as Python's `%` has them."""
    named = {name for _, name, _, _ in string.Formatter().parse(text) if name}
    return named | set(re.findall(r"%\(\w+\)s|%%", text))


def patterns(language: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield English texts that have a translation, as they look when filled in."""
    for each in messages(language):
        for source, text in zip(forms(each.id), forms(each.string), strict=False):
            plain = re.sub(r"<[^>]*>", "", source).replace("%%", "%")
            plain = plain.replace("&nbsp;", "\N{NO-BREAK SPACE}")
            pieces = re.split(r"\{\w+\}|%\(\w+\)s", plain)
            is_telling = len("".join(pieces)) >= _SAME_LENGTH
            if is_telling and source != text:
                yield source, re.compile(".+".join(map(re.escape, pieces)))


def english_in(texts: Iterable[str], language: str = "de") -> list[str]:
    """Return the texts that have a translation, and are said without it."""
    known = list(patterns(language))
    return [
        f"{text!r} is {source!r}"
        for text in texts
        for source, pattern in known
        if pattern.fullmatch(text)
    ]
