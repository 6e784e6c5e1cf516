"""What a model's answers are worth, in words: controls, and images unlike its own."""

from alzer.evaluation.controls import CHANCE_TOLERANCE
from alzer.evaluation.layout import Section, Table
from alzer.evaluation.numbers import Figures, percent, plain, with_interval


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


def describe_gate(gate: Figures | None) -> Section:
    """Return the section on images unlike the training slices."""
    title = "Images unlike the training slices"
    if gate is None:
        return Section(title, text=["Not measured."])
    text = [
        (
            "The last activations, averaged over the image, are compared with "
            "those of the training slices; what lies too far away is flagged as not "
            "reliable. The "
            "limit lets 99 % of the slices of people held out pass: measured, "
            f"{percent(gate['false_alarms'])} of them are flagged."
        ),
        (
            f"Turned by 180 degrees, {percent(gate['same_class_turned_about'])} of "
            "the slices keep their class."
        ),
    ]
    rows = [
        [
            each["kind"],
            str(each["images"]),
            percent(each["refused"]),
            percent(each["flagged"]),
            plain(each["auroc"]),
        ]
        for each in gate["kinds"]
    ]
    columns = ["images", "number", "refused", "refused or flagged", "AUROC of distance"]
    return Section(title, text=text, tables=[Table(columns, rows)])
