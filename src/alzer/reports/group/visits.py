"""Whether the answers for several scans of one person agree."""

from collections.abc import Sequence

from alzer.reports.group.plots import count_words
from alzer.reports.group.report import Visits
from alzer.reports.group.rows import ScanRow
from alzer.reports.report import Fact, percent


def find_visits(rows: Sequence[ScanRow]) -> tuple[Visits, ...]:
    """Compare the answers of people with several sessions.

    Args:
        rows: All scans.

    Returns:
        One for each person with two or more answers that may be shown; those whose
        answers share no class come first.
    """
    by_person: dict[str, list[ScanRow]] = {}
    for row in rows:
        by_person.setdefault(row.participant, []).append(row)
    found = [
        _compare(name, sorted(scans, key=lambda row: row.session))
        for name, scans in sorted(by_person.items())
        if sum(row.is_shown for row in scans) > 1
    ]
    return tuple(sorted(found, key=lambda each: (each.agree, each.name)))


def summarise_visits(visits: Sequence[Visits]) -> str:
    """Describe how often the answers agree, in a sentence.

    Args:
        visits: As `find_visits` gives them.

    Returns:
        The sentence; empty if there is nobody.
    """
    if not visits:
        return ""
    people = count_words(len(visits), "person", "people")
    agree = sum(each.agree for each in visits)
    return (
        f"Of {people} with two or more sessions with an answer, for {agree} at least "
        "one class can't be ruled out in any of them. Change from one session to the "
        "next and the model's own uncertainty can't be told apart here."
    )


def _compare(name: str, scans: Sequence[ScanRow]) -> Visits:
    shown = [row for row in scans if row.is_shown]
    common = frozenset(shown[0].named).intersection(*(row.named for row in shown))
    same = len({row.prediction for row in shown}) == 1
    if not common:
        verdict = "no class in common"
    elif same:
        verdict = "the same class is most probable"
    else:
        verdict = "a class in common, but another is most probable"
    sessions = tuple(Fact(row.session or row.source, _describe(row)) for row in scans)
    return Visits(name, sessions, verdict, bool(common))


def _describe(row: ScanRow) -> str:
    if not row.is_shown:
        return row.headline
    return f"{row.headline}; any impairment {percent(row.impaired)}"
