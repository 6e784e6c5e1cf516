"""What became of images of other kinds, in words and a table."""

from alzer.evaluation.layout import Section, Table
from alzer.evaluation.numbers import Figures, percent, with_interval
from alzer.evaluation.outside import EVERYONE

TITLE = "Images unlike the training slices"


def describe_ood(figures: Figures | None) -> Section:
    """Return the section on images unlike the training slices.

    Args:
        figures: Of `ood_figures`; None if nothing was measured.

    Returns:
        The section.
    """
    if figures is None:
        return Section(TITLE, text=["Not measured (alzer evaluate --ood)."])
    columns = [
        "images",
        "number (subjects)",
        "refused",
        "doubted",
        "beyond the OOD limit",
        "pass",
        "AUROC of the OOD score (95 %)",
    ]
    return Section(
        TITLE,
        text=[_how(figures), _who(figures)],
        tables=[Table(columns, [_row(each) for each in figures["kinds"]])],
    )


def _how(figures: Figures) -> str:
    return (
        "Two things can stop an answer: checks of what the picture shows, which refuse "
        "it or doubt the answer, and the OOD score, a distance of the network's "
        "activations from those of its training slices. An image passes if neither "
        "does. The score is counted on its own, also of images that the checks stop. "
        "Its limit lets 99 % of the slices of people held out pass: measured, "
        f"{percent(figures['false_alarms'])} of them are beyond it."
    )


def _who(figures: Figures) -> str:
    compared = (
        "AUROC compares the scores of a kind with those of the slices of the data; its "
        "interval comes from drawing subjects."
    )
    if figures["judged_by"] == EVERYONE:
        return (
            "The networks of the folds were not at hand: the model for everyone judged "
            "all, also the slices that it was trained on and what was made of them, "
            f"which makes the comparison somewhat too easy. {compared}"
        )
    return (
        "Slices of the data, and what was made of them, were judged by the network of "
        "the fold that never saw the person, other images by the networks of the folds "
        f"in turn; scores are compared as shares of each network's limit. {compared}"
    )


def _row(each: Figures) -> list[str]:
    return [
        each["kind"],
        f"{each['images']} ({each['subjects']})",
        percent(each["refused"]),
        percent(each["doubted"]),
        percent(each["flagged"]),
        percent(each["passes"]),
        with_interval(each["auroc"]),
    ]
