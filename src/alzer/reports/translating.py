"""A report in another language than English, in which it is put together."""

import re
from dataclasses import fields, is_dataclass, replace
from typing import Final, cast

from alzer.languages.catalogue import texts_in
from alzer.languages.sentences import Translator, translator_to
from alzer.reports.report import MONTHS, Fact, Report

# As `describe_moment` writes it.
_MOMENT: Final = re.compile(rf"(\d+) ({'|'.join(MONTHS)}) (\d{{4}}), (.+)")

# What programs read of a report.
_NOT_SAID: Final = frozenset({"level", "about"})


def translate(report: Report, language: str) -> Report:
    """Say a report in a language.

    Args:
        report: In English.
        language: One of `alzer.languages.catalogue.LANGUAGES`.

    Returns:
        The same report; what nobody has translated stays in English.
    """
    translated = _said(report, translator_to(language))
    return cast("Report", translated)


def _said(told: object, translator: Translator) -> object:
    if isinstance(told, str):
        moment = _MOMENT.fullmatch(told)
        return _say_moment(moment, translator) if moment else translator.say(told)
    if isinstance(told, tuple):
        return tuple(_said(one, translator) for one in told)
    if isinstance(told, Fact) and told.is_verbatim:
        return replace(told, name=translator.say(told.name))
    if is_dataclass(told) and not isinstance(told, type):
        values = {
            one.name: _said(getattr(told, one.name), translator)
            for one in fields(told)
            if one.name not in _NOT_SAID
        }
        return replace(told, **values)
    return told


def _say_moment(moment: re.Match[str], translator: Translator) -> str:
    day, month, year, time = moment.groups()
    form = texts_in(translator.language).gettext("{day} {month} {year}, {time}")
    return form.format(day=day, month=translator.say(month), year=year, time=time)
