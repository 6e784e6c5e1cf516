"""What a model's answers are worth, in words: calibration, controls, the gate."""

from alzer.evaluation.controls import CHANCE_TOLERANCE
from alzer.evaluation.layout import Section, Table
from alzer.evaluation.numbers import Figures, percent, plain, with_interval


def describe_calibration(figures: Figures) -> Section:
    """Give the section on calibration and possible classes."""
    stages, sets = figures["calibration"], figures["sets"]
    rows = [
        [words, plain(stages[stage]["ece"]), plain(stages[stage]["brier"])]
        for stage, words in (("before", "as trained"), ("after", "with temperature"))
    ]
    text = [
        (
            "A temperature is fitted to the people held out by the other folds, and "
            "judged on those of this one. What ships has one fitted to all of them "
            "built in."
        )
    ]
    tables = [Table(["per person", "ECE", "Brier score"], rows)]
    if sets:
        text.append(
            "Possible classes: for each class the least probability with which it "
            "stays possible is set so that the sets of nine in ten people of that "
            "class hold "
            f"it. A set names {plain(sets['mean_size'])} classes on average; for "
            f"{percent(sets['share_of_slices_that_cannot_be_told'])} of the slices it "
            "names all that could be checked (the model cannot tell), for "
            f"{percent(sets['share_of_slices_that_nothing_fits'])} none."
        )
        tables.append(Table(["class", "people", "sets that hold it"], _coverages(sets)))
    return Section(
        "Calibration", text=text, tables=tables, figures=("reliability", "coverage")
    )


def _coverages(sets: Figures) -> list[list[str]]:
    return [
        [name, "too few", "can't be measured"]
        if each is None
        else [name, str(each["people"]), with_interval(each)]
        for name, each in sets["classes"].items()
    ]


def describe_controls(controls: Figures) -> Section:
    """Give the section on the checks of the pipeline itself."""
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
    """Give the section on images unlike the training slices."""
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
