"""What is said of a scan, in other languages: sentences with their values filled in.

Such sentences are composed, sent and kept in English. One is recognised by its fixed
words where people read it, and what stood between them is filled into its translation.
`web/static/texts.js` does the same on the page.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, Self

from alzer.languages.catalogue import LOCALE, SOURCE, texts_in, write_decimals

_PLACE: Final = re.compile(r"\{(\w+)\}")
_BETWEEN_ITEMS: Final = re.compile(r"(, | or | and |; )")
_BETWEEN_SENTENCES: Final = re.compile(r"(?<=[.!?:)]) (?=[A-Z'])")

_PERCENT: Final = re.compile(r"(\d)%", re.ASCII)
_TIMES: Final = re.compile(r"(?<=\d) x (?=\d)", re.ASCII)

# A text with fewer fixed characters than these is recognised only if what stands at its
# places is known as well: else it would be found in what others have written. So is any
# text at whose places sentences stand: half of it would be in another language.
_TELLING: Final = 11
_END: Final = re.compile(r"[.!?](?:\)| |$)")

_VALUE: Final = re.compile(r"(?:[^A-Za-z]|\b(?:x|mm|ml|MiB)\b)*", re.ASCII)
# Names of formats and the like are the same in all languages.
_ABBREVIATION: Final = re.compile(r"(?=(?:[a-z]*[A-Z]){2})[A-Za-z]+")
_QUOTED: Final = re.compile(r"'(.+)'")
_WORDS_AND_NUMBER: Final = re.compile(r"(.+?) ([\d.]+ ?%?)")
_NUMBER_AND_WORDS: Final = re.compile(r"([\d.]+) (.+)")


@dataclass(frozen=True)
class _Pattern:
    """A sentence with places to fill in.

    Attributes:
        text: With a name in braces at each place.
        matches: What it is with anything filled in.
        length: Of its own words.
    """

    text: str
    matches: re.Pattern[str]
    length: int

    @classmethod
    def of(cls, text: str) -> Self:
        fixed = _PLACE.split(text)[::2]
        pattern = "(.+?)".join(map(re.escape, fixed))
        return cls(text, re.compile(pattern, re.DOTALL), len("".join(fixed)))

    @property
    def names(self) -> list[str]:
        return _PLACE.findall(self.text)


@dataclass(frozen=True)
class Translator:
    """Says sentences in a language.

    Attributes:
        language: One of `LANGUAGES`.
        sentences: The translation of each, by its English text.
    """

    language: str
    sentences: Mapping[str, str]

    @cached_property
    def _patterns(self) -> Sequence[_Pattern]:
        """Return those with places, the most telling first."""
        patterns = map(_Pattern.of, filter(_PLACE.search, self.sentences))
        return sorted(patterns, key=lambda one: -one.length)

    def say(self, text: str) -> str:
        """Say what was said in English.

        Args:
            text: Sentences, or words; any text.

        Returns:
            The same in the language; as it is where nobody has translated it.

        Examples:
            >>> translator_to("de").say("Very Mild Impairment or Mild Impairment")
            'Sehr leichte Beeinträchtigung oder Leichte Beeinträchtigung'
            >>> translator_to("de").say("What nobody knows")
            'What nobody knows'
        """
        if self.language == SOURCE or not text:
            return text
        return self._told(text) or text

    def _told(self, text: str) -> str | None:
        for tell in (self._known, self._list, self._one_by_one):
            if (found := tell(text)) is not None:
                return found
        return None

    def _known(self, text: str) -> str | None:
        """Return a text that the catalogue has, as it is or filled in."""
        if text in self.sentences:
            return self.sentences[text]
        for pattern in self._patterns:
            if found := pattern.matches.fullmatch(text):
                filled = [self._told(one) for one in found.groups()]
                if not _fits(pattern, filled, found.groups()):
                    continue
                parts = zip(pattern.names, filled, found.groups(), strict=True)
                values = {name: part or given for name, part, given in parts}
                return _fill(self.sentences[pattern.text], values)
        return None

    def _list(self, text: str) -> str | None:
        """Say a list of what is known; nothing if any of it is not."""
        pieces = _BETWEEN_ITEMS.split(text)
        told = [
            self._connected(piece) if place % 2 else self._item(piece)
            for place, piece in enumerate(pieces)
        ]
        return None if None in told else "".join(filter(None, told))

    def _connected(self, piece: str) -> str:
        word = piece.strip()
        return f" {self._text(word)} " if word.isalpha() else piece

    def _item(self, text: str) -> str | None:
        """Say words, a number, or words with one behind or before them."""
        found = self._known(text)
        if found is None and _ABBREVIATION.fullmatch(text):
            found = text
        if found is not None:
            return found
        if _VALUE.fullmatch(text):
            return self._localised(text)
        if quoted := _QUOTED.fullmatch(text):
            name = self._known(quoted[1])
            return name and _fill(self._text("'{name}'"), {"name": name})
        if counted := _WORDS_AND_NUMBER.fullmatch(text):
            words = self._known(counted[1])
            return words and f"{words} {self._localised(counted[2])}"
        if counted := _NUMBER_AND_WORDS.fullmatch(text):
            words = self._known(counted[2])
            return words and f"{self._localised(counted[1])} {words}"
        return None

    def _one_by_one(self, text: str) -> str | None:
        """Say sentences one after the other, each of them known."""
        starts = [0, *(one.end() for one in _BETWEEN_SENTENCES.finditer(text))]
        ends = [*starts[1:], len(text) + 1]
        told, first = [], 0
        while first < len(ends):
            for behind in range(len(ends), first, -1):
                found = self._known(text[starts[first] : ends[behind - 1] - 1])
                if found is not None:
                    told.append(found)
                    first = behind
                    break
            else:
                return None
        return " ".join(told)

    def _localised(self, text: str) -> str:
        """Write the numbers of a text as people of the language do."""
        text = write_decimals(text, language=self.language)
        return _TIMES.sub(" \N{MULTIPLICATION SIGN} ", _PERCENT.sub(r"\1 %", text))

    def _text(self, text: str) -> str:
        return texts_in(self.language).gettext(text)


def _fits(pattern: _Pattern, told: Sequence[str | None], given: Sequence[str]) -> bool:
    """Return whether a sentence is recognised with what stands at its places.

    Args:
        pattern: The sentence.
        told: What is known of that, in the language.
        given: The same in English.
    """
    unknown = [part for part, known in zip(given, told, strict=True) if known is None]
    return not unknown or (
        pattern.length >= _TELLING and not any(map(_END.search, unknown))
    )


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), text)


@cache
def translator_to(language: str) -> Translator:
    """Return what says sentences in a language.

    Args:
        language: One of `LANGUAGES`.
    """
    if language == SOURCE:
        return Translator(language, {})
    path = LOCALE / language / "LC_MESSAGES" / "sentences.json"
    return Translator(language, json.loads(path.read_text("utf-8")))
