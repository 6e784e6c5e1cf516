"""The second opinion, in words and a table for the model's card."""

from alzer.evaluation.layout import Section, Table
from alzer.evaluation.numbers import Figures, percent, with_interval

_UNITS = {"slice": "one slice", "person": "a person, mean of the slices"}
_GROUPS = {"everyone": "everyone", "age_60_and_over": "age 60 and over"}


def describe_second_opinion(figures: Figures | None) -> Section:
    """Return the section on the simple measure beside the network.

    Args:
        figures: What `second_opinion_section` gave; None or nothing without it.
    """
    title = "Second opinion: dark fluid (CSF) inside the brain"
    if not figures:
        return Section(title, text=["Not measured."])
    text = [
        (
            "Beside each answer stands what a simple measure says: the share of dark "
            "pixels inside the brain, and the probability of impairment by a logistic "
            "regression on that share alone. It takes no part in the answer. Each fold "
            "is judged by what was fitted to the people of the others; intervals are "
            "over people."
        )
    ]
    if outside := figures.get("outside"):
        text.append(_describe_outside(outside))
    return Section(title, text=text, tables=[_table(figures)])


def _table(figures: Figures) -> Table:
    rows = [
        [
            f"{unit}, {words}",
            str(found["people"]),
            with_interval(found["auc"]),
            f"{found['ece']:.3f}",
            f"{found['brier']:.3f}",
        ]
        for name, unit in _UNITS.items()
        for group, words in _GROUPS.items()
        if (found := figures[name].get(group))
    ]
    columns = ["impaired or not, by", "people", "AUC", "ECE", "Brier score"]
    return Table(columns, rows)


def _describe_outside(outside: Figures) -> str:
    return (
        f"On {outside['sessions']} sessions of {outside['people']} people prepared "
        "another way, each judged without its own fold: AUC per session "
        f"{with_interval(outside['auc'])}, per person "
        f"{with_interval(outside['auc_of_people'])}; ECE {outside['ece']:.3f}, mean "
        f"probability {percent(outside['mean_probability'])} where "
        f"{percent(outside['share_impaired'])} of the sessions are of impaired people."
    )
