"""Plots of the answers by what the data set tells of its participants."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from alzer.reports.group.people import Participant, sort_levels
from alzer.reports.group.plots import (
    Person,
    Plot,
    count_words,
    plot_ages,
    plot_groups,
)
from alzer.reports.group.rows import ScanRow

_KINDS: Final = ("Sex", "CDR", "Diagnosis", "Group")

# More names would not fit below the plot.
_MOST_LEVELS: Final = 6


def find_plots(
    rows: Sequence[ScanRow], people: Mapping[str, Participant]
) -> tuple[tuple[Plot, ...], str]:
    """Plot the probability of impairment by age, sex and rating, where they are told.

    Args:
        rows: All scans.
        people: What the data set tells of its participants.

    Returns:
        The plots, and on whom they rest as a sentence; both empty where nothing is
        told. A person counts once, with the first scan whose answer may be shown.
    """
    first: dict[str, ScanRow] = {}
    for row in sorted(rows, key=lambda row: row.session):
        if row.is_shown and row.participant in people:
            first.setdefault(row.participant, row)
    if not first:
        return (), ""
    plots = tuple(_plots(first, people))
    if not plots:
        return (), ""
    unknown = {row.participant for row in rows} - set(first)
    shown = count_words(len(first), "person", "people")
    note = f"One dot for each of {shown}, by their first scan with an answer."
    if unknown:
        others = count_words(len(unknown), "other person", "other people")
        note += f" Without an answer, or not in participants.tsv: {others}."
    return plots, note


def _plots(
    first: Mapping[str, ScanRow], people: Mapping[str, Participant]
) -> Iterator[Plot]:
    ages = [
        (age, Person(name, row.impaired))
        for name, row in first.items()
        if (age := people[name].age) is not None
    ]
    if ages:
        yield plot_ages(ages)
    for kind in _KINDS:
        groups: dict[str, list[Person]] = {}
        for name, row in first.items():
            if level := people[name].groups.get(kind):
                groups.setdefault(level, []).append(Person(name, row.impaired))
        if 1 < len(groups) <= _MOST_LEVELS:
            yield plot_groups(kind, groups, sort_levels(list(groups)))
