"""The checks of the pipeline itself, in words."""

from alzer.evaluation.controls import CHANCE_TOLERANCE
from alzer.evaluation.layout import Section, Table
from alzer.evaluation.numbers import Figures, plain, with_interval


def describe_controls(controls: Figures) -> Section:
    """Return the section on the checks of the pipeline itself."""
    permuted, leaky = controls["permuted"], controls["leaky"]
    bullets = []
    if permuted is None:
        bullets.append("Permuted labels: not run (alzer train --control permuted).")
    else:
        verdict = "as it must" if permuted["at_chance"] else "WHICH IT MUST NOT"
        where = f"within {CHANCE_TOLERANCE} of" if permuted["at_chance"] else "off"
        bullets.append(
            "Permuted labels: the whole pipeline, trained on classes dealt to other "
            f"people, ends {where} chance, {verdict}: AUC "
            f"{with_interval(permuted['auc'])}."
        )
    tables = []
    if leaky is None:
        bullets.append("Leaky split: not run (alzer train --control leaky).")
    else:
        bullets.append(
            "Leaky split: the same recipe, tested on other slices of the people that "
            "it was trained on, as folders of slices invite to. What the most similar "
            "picture's class gains by it, any network that learns by heart would gain."
        )
        splits = {
            "held_out_slices": "slices held out (leaky)",
            "held_out_people": "people held out (honest)",
        }
        neighbour = leaky["nearest_neighbour"]
        rows = [
            [
                words,
                plain(leaky[key]["accuracy"]),
                plain(leaky[key]["auc"]),
                plain(neighbour[key]),
            ]
            for key, words in splits.items()
        ]
        columns = [
            "per slice",
            "accuracy, 4 classes",
            "AUC",
            "accuracy of the most similar picture's class",
        ]
        tables.append(Table(columns, rows))
    return Section("Controls", bullets=bullets, tables=tables)
