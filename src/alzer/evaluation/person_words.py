"""One answer per person, in words and tables for the model's card."""

from alzer.evaluation.layout import Section, Table
from alzer.evaluation.numbers import Figures, percent

_AVERAGED = {"probabilities": "mean of probabilities", "logits": "mean of logits"}


def describe_person(figures: Figures | None) -> Section:
    """Return the section on one answer for all slices of a person.

    Args:
        figures: What `person_figures` gave; None or nothing if it was not run.
    """
    title = "One answer per person"
    if not figures:
        return Section(title, text=["Not measured."])
    return Section(
        title,
        text=[
            (
                "A scan of a whole head gets one answer, from all of its slices. The "
                "figures per person in this card are of that answer. How slices are "
                "pooled, and the OOD rule, are fitted to the people of the other "
                "folds, and judged on those of this one; so are the person's "
                "temperature and set, above."
            ),
            _flags(figures),
        ],
        tables=[pooling_table(figures)],
    )


def pooling_table(figures: Figures) -> Table:
    """Return the log loss of each way of pooling, the lowest first."""
    ways = sorted(figures["poolings"], key=lambda way: way["log_loss"])
    rows = [
        [
            _AVERAGED[way["averaged"]],
            _lowest(way),
            "left out" if way["only_in_distribution"] else "counted",
            f"{way['log_loss']:.4f}",
            str(figures["chosen_by_folds"].count(_without_loss(way))),
        ]
        for way in ways
    ]
    columns = [
        "pooled by",
        "slices",
        "slices out of distribution",
        "log loss",
        "folds chose it",
    ]
    return Table(columns, rows)


def _lowest(way: Figures) -> str:
    share = way.get("lowest", 1.0)
    return "all" if share == 1.0 else f"lowest {percent(share)}"


def _without_loss(way: Figures) -> dict[str, object]:
    return {name: value for name, value in way.items() if name != "log_loss"}


def _flags(figures: Figures) -> str:
    if figures["false_alarms"] is None:
        return "Distances from the training slices are not known: there is no OOD rule."
    return (
        f"{percent(figures['people_with_a_flagged_slice'])} of the people have a slice "
        "that is out of distribution for the network of their fold. A person is where "
        "more of the slices are than for nearly all other people: "
        f"{percent(figures['false_alarms'])} of the people are flagged."
    )
