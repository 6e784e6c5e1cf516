"""Altered slices in words and a table."""

from alzer.evaluation.layout import Section, Table
from alzer.evaluation.numbers import Figures, percent

TITLE = "Whether small changes of a slice change its class"


def describe_robustness(figures: Figures | None) -> Section:
    """Return the section on altered slices.

    Args:
        figures: Of `robustness_figures`; None if nothing was measured.

    Returns:
        The section.
    """
    if figures is None:
        return Section(TITLE, text=["Not measured (alzer evaluate --robustness)."])
    text = (
        f"The middle slice of {figures['people']} people, judged by the network of the "
        "fold that held them out. The picture is altered as it would be sent, before "
        "it is read and prepared. A flip is another most probable class; the change is "
        "that of the probability of any impairment. Intervals: Wilson's, each person "
        "counting once; of neighbouring slices, over people (BCa). Not relied on are "
        "slices that the service answers with a doubt or as out of distribution."
    )
    columns = [
        "what was done",
        "slices",
        "flips",
        "share (95 %)",
        "median change",
        "90th percentile",
        "not relied on",
        "refused",
    ]
    rows = [_row(each) for each in figures["rows"]]
    return Section(
        TITLE, text=[text], tables=[Table(columns, rows)], figures=("robustness",)
    )


def _row(row: Figures) -> list[str]:
    unreliable = row["not_relied_on"]
    return [
        row["alteration"],
        str(row["pairs"]),
        str(row["flips"]),
        _share(row),
        _change(row["median_change"]),
        _change(row["90th_percentile_of_change"]),
        "" if unreliable is None else str(unreliable),
        str(row["refused"]),
    ]


def _share(row: Figures) -> str:
    if row["low"] is None or row["high"] is None:
        return percent(row["value"])
    return f"{percent(row['value'])} ({percent(row['low'])} to {percent(row['high'])})"


def _change(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"
