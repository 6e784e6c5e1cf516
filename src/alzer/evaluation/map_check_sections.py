"""What the audits of a model's maps found, in words for the card."""

from typing import Final

from alzer.evaluation.layout import Section, Table
from alzer.evaluation.numbers import Figures, percent, with_interval

# What the stages of randomisation are, from the last to the first.
STAGE_WORDS: Final = {
    "fc": "the last layer",
    "layer4": "and the fourth stage",
    "layer3": "and the third stage",
    "layer2": "and the second stage",
    "layer1": "and the first stage",
    "conv1": "and the first convolution",
}


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


def describe_map_layers(figures: Figures | None) -> Section:
    """Return the section on maps whose network forgets what it has learnt.

    Args:
        figures: Section `map_layers` of a card; None if nothing was written there.
    """
    title = "Whether its maps depend on what it has learnt"
    if not figures:
        text = "Not measured (alzer audit DATASET --randomise-layers --update-card)."
        return Section(title, text=[text])
    rows = [
        [STAGE_WORDS.get(stage, stage), with_interval(alike)]
        for stage, alike in figures["stages"].items()
    ]
    return Section(
        title,
        text=[
            (
                "The weights of the model are dealt anew among themselves, from the "
                "last layer to the first, and its maps compared with those of the "
                f"model as it is ({figures['slices']} slices of {figures['people']} "
                "people, whom it may have seen: this is a test of maps, not of "
                "answers). Rank correlation over the cells of a map, 1: the same; 0: "
                "nothing in common. Maps that stay alike would not show what the "
                "model has learnt (Adebayo et al. 2018)."
            )
        ],
        tables=[Table(["weights dealt anew", "likeness of maps (95 %)"], rows)],
        figures=("map-layers",),
    )


def _range(share: Figures) -> str:
    return f"{percent(share['low'])} to {percent(share['high'])}"
