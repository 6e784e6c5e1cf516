"""Figures of a study as pictures, to be looked at."""

import io
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alzer.evaluation.calibration_words import UNITS
from alzer.evaluation.words import COHORT_WORDS

Figures = Mapping[str, Any]

# Narrow enough that letters stay readable on a telephone.
WIDTH_INCHES = 4.6

OWN, OTHER, GUIDE = "#0b5f73", "#8a6d3b", "#8fa3ad"


def draw(figures: Figures) -> dict[str, tuple[str, str]]:
    """Draw every picture of the report.

    Args:
        figures: What `evaluate` gave.

    Returns:
        By name, an SVG element and a sentence on how to read it.
    """
    pictures = {
        "aucs": (
            _draw_aucs(figures),
            (
                "AUC per person with 95 % intervals; the dashed line is chance. What "
                "overlaps is not surely different: the text above tells what is."
            ),
        ),
        "roc": (
            _draw_roc(figures),
            (
                "Sensitivity against false alarms, everyone; the further up and "
                "left, the better. Only the strongest simple predictors are shown."
            ),
        ),
        "groups": (
            _draw_groups(figures),
            "AUC within groups of people. Groups of one kind only have none.",
        ),
    }
    for unit, words in UNITS.items():
        pictures[f"reliability_{unit}"] = (
            _draw_reliability(figures["calibration"][unit], words),
            (
                f"Answers for {words}: how often the most probable class was right, "
                "against how probable it was said to be. On the diagonal the two "
                "agree; the area of a dot is the share of people."
            ),
        )
        if figures["sets"][unit]:
            pictures[f"coverage_{unit}"] = (
                _draw_coverage(figures["sets"][unit]),
                (
                    f"Answers for {words}: share of each class's people whose sets "
                    "hold it; the dashed line is what was asked for."
                ),
            )
    return pictures


def new_figure(height: float) -> tuple[Figure, Axes]:
    """Return a figure of this height in inches, and its axes."""
    figure = Figure(figsize=(WIDTH_INCHES, height), layout="constrained")
    axes = figure.subplots()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def as_svg(figure: Figure) -> str:
    """Return a figure as an SVG element; the same figure gives the same text."""
    file = io.StringIO()
    # Letters as outlines, and names that do not change from run to run.
    with mpl.rc_context({"svg.hashsalt": "alzer", "svg.fonttype": "path"}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    return text[text.index("<svg") :]


def bars(axes: Axes, rows: list[tuple[str, Figures | None, str]]) -> None:
    """Draw values with intervals, the first row on top."""
    for place, (_, interval, colour) in enumerate(reversed(rows)):
        if interval is None or interval["value"] is None:
            axes.text(0.5, place, "none", ha="center", va="center", color=GUIDE)
            continue
        value, low, high = (interval[each] for each in ("value", "low", "high"))
        axes.plot([low, high], [place, place], color=colour, linewidth=2)
        axes.plot([value], [place], "o", color=colour)
    axes.set_yticks(range(len(rows)), [name for name, _, _ in reversed(rows)])
    axes.set_ylim(-0.6, len(rows) - 0.4)


def _draw_aucs(figures: Figures) -> str:
    names = ["this model", *figures["baselines"]]
    cohorts = [each for each in COHORT_WORDS if each in figures["per_person"]]
    figure = Figure(
        figsize=(WIDTH_INCHES, 0.6 + 0.42 * len(names) * len(cohorts)),
        layout="constrained",
    )
    for axes, cohort in zip(
        figure.subplots(len(cohorts), 1, sharex=True, squeeze=False)[:, 0],
        cohorts,
        strict=True,
    ):
        rows = [("this model", figures["per_person"][cohort]["auc"], OWN)]
        rows += [
            (name, each[cohort]["auc"], OTHER)
            for name, each in figures["baselines"].items()
        ]
        bars(axes, rows)
        axes.axvline(0.5, color=GUIDE, linestyle="--", linewidth=1)
        axes.set_title(COHORT_WORDS[cohort], loc="left", fontsize=10)
        axes.set_xlim(0.3, 1.0)
    axes.set_xlabel("AUC, impaired or not")
    return as_svg(figure)


def _draw_roc(figures: Figures) -> str:
    figure, axes = new_figure(4.2)
    ranked = sorted(
        figures["baselines"].items(),
        key=lambda each: -(each[1]["everyone"]["auc"]["value"] or 0.0),
    )[:2]
    curves = [("this model", figures["curves"]["model"], OWN, 2.2)]
    curves += [
        (name, each["curve"], colour, 1.2)
        for (name, each), colour in zip(ranked, (OTHER, GUIDE), strict=False)
    ]
    for name, curve, colour, width in curves:
        axes.step(
            curve["false_positive_rate"],
            curve["true_positive_rate"],
            where="post",
            label=name,
            color=colour,
            linewidth=width,
        )
    axes.plot([0, 1], [0, 1], color=GUIDE, linestyle="--", linewidth=1)
    axes.set(xlabel="false alarms", ylabel="sensitivity", aspect="equal")
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    return as_svg(figure)


def _draw_groups(figures: Figures) -> str:
    rows = [
        (f"{each['group']} ({each['people']})", each["auc"], OWN)
        for each in figures["subgroups"]
    ]
    figure, axes = new_figure(0.8 + 0.38 * len(rows))
    bars(axes, rows)
    axes.axvline(0.5, color=GUIDE, linestyle="--", linewidth=1)
    axes.set(xlabel="AUC, impaired or not", xlim=(0.0, 1.0))
    return as_svg(figure)


def _draw_reliability(stages: Figures, words: str) -> str:
    figure, axes = new_figure(4.2)
    axes.set_title(words, loc="left", fontsize=10)
    for stage, colour, name in (
        ("before", OTHER, "as trained"),
        ("after", OWN, "with temperature"),
    ):
        if not stages[stage]:
            continue
        bins = stages[stage]["bins"]
        axes.scatter(
            [each["confidence"] for each in bins],
            [each["accuracy"] for each in bins],
            s=[800.0 * part["share"] for part in bins],
            color=colour,
            alpha=0.7,
            label=name,
        )
    axes.plot([0, 1], [0, 1], color=GUIDE, linestyle="--", linewidth=1)
    axes.set(
        xlabel="probability of the predicted class",
        ylabel="share that was right",
        xlim=(0, 1),
        ylim=(0, 1),
        aspect="equal",
    )
    legend = axes.legend(loc="upper left", frameon=False, fontsize=8)
    for handle in legend.legend_handles:
        handle.set_sizes([40.0])  # type: ignore[union-attr]  # they are dots
    return as_svg(figure)


def _draw_coverage(sets: Figures) -> str:
    rows = [(name, found, OWN) for name, found in sets["classes"].items()]
    rows.append(("everyone", sets["overall"], OWN))
    figure, axes = new_figure(0.8 + 0.4 * len(rows))
    bars(axes, rows)
    wanted = sets["coverage_wanted"]
    axes.axvline(wanted, color=GUIDE, linestyle="--", linewidth=1)
    axes.set(xlabel="share of sets that hold the class", xlim=(0.0, 1.02))
    return as_svg(figure)
