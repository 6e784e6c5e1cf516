"""How often the maps of people held out pass the check, in words for the card."""

from alzer.evaluation.layout import Section, Table
from alzer.evaluation.numbers import Figures, percent


def describe_map_check(figures: Figures | None) -> Section:
    """Return the section on the check of the maps.

    Args:
        figures: Section `map_check` of a card; None if no audit was written there.
    """
    title = "How far its maps can be trusted"
    if not figures:
        text = "Not measured (alzer audit DATASET --study STUDY --update-card)."
        return Section(title, text=[text])
    rows = [
        [name, f"{percent(share['value'])} ({_range(share)})"]
        for name, share in figures["shares"].items()
    ]
    total = max(sum(figures["verdicts"].values()), 1)
    lies = ", ".join(
        f"{verdict} {percent(count / total)}"
        for verdict, count in sorted(figures["verdicts"].items())
    )
    return Section(
        title,
        text=[
            (
                f"{figures['slices']} slices of {figures['people']} people held out, "
                "each judged by the network that never saw them: what a map marks was "
                "filled in, and so were 15 equally large areas elsewhere. A map earns "
                "the badge where the marked area mattered more than all of these, with "
                "both fills, and more than what is marked on average and the middle. "
                "What earns none can still be right: all it says is that other areas "
                "mattered as much."
            ),
            f"Where the evidence lies: {lies}.",
        ],
        tables=[Table(["share of maps", "95 % interval over people"], rows)],
    )


def _range(share: Figures) -> str:
    return f"{percent(share['low'])} to {percent(share['high'])}"
