"""Figures of the audits of maps as pictures."""

from alzer.evaluation.map_check_sections import STAGE_WORDS
from alzer.evaluation.numbers import Figures
from alzer.evaluation.pictures import GUIDE, OWN, as_svg, bars, new_figure

Pictures = dict[str, tuple[str, str]]


def draw_map_layers(figures: Figures | None) -> Pictures:
    """Draw how alike maps stay while weights are dealt anew.

    Args:
        figures: Section `map_layers` of a card; None if nothing was measured.

    Returns:
        By name, an SVG element and a sentence on how to read it.
    """
    if not figures:
        return {}
    rows = [
        (STAGE_WORDS.get(stage, stage), alike, OWN)
        for stage, alike in figures["stages"].items()
    ]
    figure, axes = new_figure(0.8 + 0.36 * len(rows))
    bars(axes, rows)
    axes.axvline(0.0, color=GUIDE, linestyle="--", linewidth=1)
    axes.axvline(1.0, color=GUIDE, linewidth=1)
    axes.set(xlabel="likeness to the maps of the model as it is", xlim=(-0.6, 1.05))
    words = (
        "Rank correlation of maps with 95 % intervals over people, while weights are "
        "dealt anew from the last layer to the first. The line at 1 is the same map, "
        "the dashed line nothing in common."
    )
    return {"map-layers": (as_svg(figure), words)}
