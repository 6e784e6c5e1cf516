"""Both calibrations and both kinds of prediction sets, in words and tables."""

from collections.abc import Mapping
from typing import Any

from alzer.evaluation.layout import Section, Table
from alzer.evaluation.numbers import Figures, percent, plain, with_interval

UNITS: Mapping[str, str] = {"slices": "single slices", "people": "whole people"}

_FITTED = {
    "slices": "The temperature of slices is fitted to slices, each person weighing the "
    "same; that of people, to one prediction per person.",
    "person means": "The temperature of slices is fitted to the means of people, as "
    "models did before version 3: single slices are less certain than it "
    "takes them to be, and come out overconfident.",
}


def describe_calibration(figures: Figures) -> Section:
    """Return the section on how true probabilities are, for slices and for people."""
    found, title = figures["calibration"], "Calibration"
    if not any(found[unit]["after"] for unit in UNITS):
        return Section(
            title,
            text=["Nothing is calibrated: there is no second fold to judge it on."],
            tables=[_stages(found)],
        )
    return Section(
        title,
        text=[
            (
                "A single slice and a whole person have a temperature each, fitted to "
                "the people held out by the other folds, and judged on those of this "
                "one. What ships has those that are fitted to all of them. "
                f"{_FITTED[found['fitted_to']]}"
            ),
            f"Each prediction is of a {found['predictions_of']}.",
            (
                "The expected calibration error (ECE) is biased: chance adds to it "
                "even where the probabilities are perfectly true. So it has no "
                "interval; beside it stand an estimate without what chance adds, and "
                "what chance alone would make of as many people: on average, and at "
                "most in 95 % of studies."
            ),
        ],
        tables=[_stages(found), *(_bins(found, unit) for unit in UNITS)],
        figures=tuple(f"reliability_{unit}" for unit in UNITS),
    )


def describe_sets(figures: Figures) -> Section:
    """Return the section on prediction sets, for slices and for people."""
    title = "Prediction sets"
    known = {unit: figures["sets"][unit] for unit in UNITS if figures["sets"][unit]}
    if not known:
        return Section(title, text=["Not measured: there is no second fold."])
    wanted = percent(next(iter(known.values()))["coverage_wanted"])
    return Section(
        title,
        text=[
            (
                "For each class the least probability with which it stays possible is "
                f"set so that the sets of {wanted} of its people hold it; it is fitted "
                "to the other folds and judged on this one. Everyone counts in the "
                "last row, also people of classes that no set can name."
            ),
            *(_sizes(unit, sets) for unit, sets in known.items()),
        ],
        tables=[coverage_table(known)],
        figures=tuple(f"coverage_{unit}" for unit in known),
    )


def coverage_table(sets: Mapping[str, Figures]) -> Table:
    """Return how often the sets hold the class of people whom they don't know.

    Args:
        sets: Figures of the sets, by unit.
    """
    classes = list(next(iter(sets.values()))["classes"])
    rows = [
        [name, *(_coverage(found["classes"][name]) for found in sets.values())]
        for name in classes
    ]
    rows.append(["everyone", *(_coverage(found["overall"]) for found in sets.values())])
    columns = ["class", *(f"sets of {UNITS[unit]} that hold it" for unit in sets)]
    return Table(columns, rows)


def _coverage(found: Figures | None) -> str:
    if found is None:
        return "too few people: can't be measured"
    return f"{with_interval(found)}, {found['people']} people"


def _sizes(unit: str, sets: Figures) -> str:
    return (
        f"Sets of {UNITS[unit]} name {plain(sets['mean_size'])} classes on average; "
        f"{percent(sets['share_uninformative'])} name all that could be checked (the "
        f"model cannot tell), {percent(sets['share_empty'])} none."
    )


def _stages(found: Figures) -> Table:
    stages = {"before": "as trained", "after": "with temperature"}
    rows = [
        _stage(f"{UNITS[unit]}, {words}", found[unit][stage])
        for unit in UNITS
        for stage, words in stages.items()
        if found[unit][stage]
    ]
    columns = [
        "every person weighs the same",
        "log loss",
        "Brier score",
        "ECE",
        "ECE without chance",
        "ECE by chance alone (95 % below)",
    ]
    return Table(columns, rows)


def _stage(name: str, stage: Mapping[str, Any]) -> list[str]:
    chance = stage["ece_by_chance"]
    return [
        name,
        f"{stage['log_loss']:.3f}",
        f"{stage['brier']:.3f}",
        f"{stage['ece']:.3f}",
        f"{stage['ece_debiased']:.3f}",
        f"{chance['mean']:.3f} ({chance['high']:.3f})",
    ]


def _bins(found: Figures, unit: str) -> Table:
    stage = found[unit]["after"] or found[unit]["before"]
    rows = [
        [percent(part["confidence"]), percent(part["accuracy"]), str(part["rows"])]
        for part in stage["bins"]
    ]
    return Table([f"{UNITS[unit]}: confidence", "share that was right", unit], rows)
