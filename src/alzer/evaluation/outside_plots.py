"""Slices from outside and altered slices as pictures."""

from alzer.evaluation.numbers import Figures
from alzer.evaluation.pictures import GUIDE, OTHER, OWN, as_svg, bars, new_figure

Pictures = dict[str, tuple[str, str]]


def draw_outside(figures: Figures | None) -> Pictures:
    """Draw the AUC of each predictor, and the ROC curves.

    Args:
        figures: Of `outside_figures`; None if nothing was measured.

    Returns:
        By name, an SVG element and a sentence on how to read it.
    """
    if figures is None:
        return {}
    pictures = {
        "outside": (
            _draw_aucs(figures["predictors"]),
            (
                "AUC per person on slices from outside, with 95 % intervals; the "
                "dashed line is chance."
            ),
        )
    }
    if all(figures["curves"].values()):
        pictures["outside-roc"] = (
            _draw_curves(figures["curves"]),
            "Sensitivity against false alarms, per person, on slices from outside.",
        )
    return pictures


def draw_robustness(figures: Figures | None) -> Pictures:
    """Draw the share of flips of each alteration.

    Args:
        figures: Of `robustness_figures`; None if nothing was measured.

    Returns:
        By name, an SVG element and a sentence on how to read it.
    """
    if figures is None:
        return {}
    rows = [(row["alteration"], row, OWN) for row in figures["rows"]]
    figure, axes = new_figure(0.8 + 0.26 * len(rows))
    bars(axes, rows)
    axes.set(xlabel="share of slices that get another class")
    axes.set_xlim(left=0.0)
    axes.tick_params(axis="y", labelsize=8)
    words = "How often each change of a slice changes its class, with 95 % intervals."
    return {"robustness": (as_svg(figure), words)}


def _draw_aucs(predictors: Figures) -> str:
    rows = [
        (name, each["auc_per_person"], OTHER if place else OWN)
        for place, (name, each) in enumerate(predictors.items())
    ]
    figure, axes = new_figure(0.8 + 0.42 * len(rows))
    bars(axes, rows)
    axes.axvline(0.5, color=GUIDE, linestyle="--", linewidth=1)
    axes.set(xlabel="AUC, impaired or not", xlim=(0.2, 1.0))
    return as_svg(figure)


def _draw_curves(curves: Figures) -> str:
    figure, axes = new_figure(4.2)
    for (name, curve), colour in zip(curves.items(), (OWN, OTHER), strict=True):
        axes.step(
            curve["false_positive_rate"],
            curve["true_positive_rate"],
            where="post",
            label=name,
            color=colour,
        )
    axes.plot([0, 1], [0, 1], color=GUIDE, linestyle="--", linewidth=1)
    axes.set(xlabel="false alarms", ylabel="sensitivity", aspect="equal")
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    return as_svg(figure)
