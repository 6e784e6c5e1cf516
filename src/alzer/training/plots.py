"""Curves of a study, to be looked at."""

import io
import math
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from alzer.training.history import Epoch


def plot_curves(logs: Mapping[str, Sequence[Epoch]]) -> bytes:
    """Draw loss and validation AUC over the epochs, one line per run.

    Args:
        logs: The epochs of each run, by the run's name.

    Returns:
        A PNG file's bytes.
    """
    figure = Figure(figsize=(9.0, 3.6), layout="constrained")
    loss, score = figure.subplots(1, 2)
    for index, (name, epochs) in enumerate(logs.items()):
        numbers = [each.number for each in epochs]
        # The same colour on both sides, also when one side has no line.
        style = {"marker": ".", "color": f"C{index}", "label": name}
        loss.plot(numbers, [each.loss for each in epochs], **style)
        aucs = [each.validation_auc for each in epochs]
        if not any(map(math.isnan, aucs)):  # NaN: nobody was held out
            score.plot(numbers, aucs, **style)
    for axes in (loss, score):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    loss.set(xlabel="epoch", ylabel="training loss")
    score.set(xlabel="epoch", ylabel="validation AUC per person", ylim=(0.4, 1.0))
    score.axhline(0.5, color="grey", linewidth=0.8)
    score.annotate("chance", (0.99, 0.5), xycoords=("axes fraction", "data"),
                   ha="right", va="bottom", color="grey")  # fmt: skip
    loss.legend()
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=120)
    return file.getvalue()
