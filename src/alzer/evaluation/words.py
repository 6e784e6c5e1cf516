"""The figures of a study in words and tables: the model's card and the report."""

from collections.abc import Iterator, Sequence

from alzer.classes import CLASS_NAMES
from alzer.evaluation.calibration_words import describe_calibration, describe_sets
from alzer.evaluation.layout import Section, Table
from alzer.evaluation.limits import INTENDED
from alzer.evaluation.map_check_sections import describe_map_check, describe_map_layers
from alzer.evaluation.numbers import (
    Figures,
    listed,
    percent,
    plain,
    signed,
    with_interval,
)
from alzer.evaluation.ood_sections import describe_ood
from alzer.evaluation.outside_sections import describe_outside
from alzer.evaluation.person_words import describe_person
from alzer.evaluation.robustness_sections import describe_robustness
from alzer.evaluation.second_opinion_words import describe_second_opinion
from alzer.evaluation.selection_words import describe_selection
from alzer.evaluation.study import COHORTS
from alzer.evaluation.trust_words import describe_controls

COHORT_WORDS = {"everyone": "everyone", "age_60_and_over": "age 60 and over"}

SCORE_WORDS = {
    "auc": "AUC, impaired or not",
    "sensitivity_at_90_specificity": "sensitivity at 90 % specificity",
    "accuracy": "accuracy, 4 classes",
    "balanced_accuracy": "balanced accuracy, 4 classes",
    "quadratic_kappa": "quadratic-weighted kappa",
    "brier": "Brier score (0 best, 2 worst)",
    "ece": "expected calibration error (no interval: see Calibration)",
    "ece_debiased": "the same without what chance adds",
}

# What the verdicts of a difference say of the model.
VERDICT_WORDS = {
    "better": "better than",
    "no clear difference": "no clear difference from",
    "worse": "worse than",
}


def describe(figures: Figures) -> tuple[Section, ...]:
    """Put the figures of a study into words.

    Args:
        figures: What `evaluate` gave.

    Returns:
        The sections of the model's card.
    """
    return tuple(_sections(figures))


def _sections(figures: Figures) -> Iterator[Section]:
    yield _verdict(figures)
    yield Section("Intended use", bullets=INTENDED)
    limits = figures["limitations"]
    yield Section("What it is not, and its limits", bullets=limits)
    yield _data(figures["data"])
    yield _scores(figures)
    yield _baselines(figures)
    yield _confusions(figures)
    yield _groups(figures)
    yield describe_calibration(figures)
    yield describe_sets(figures)
    yield describe_person(figures.get("person"))
    yield describe_second_opinion(figures.get("second_opinion"))
    yield describe_selection(figures)
    yield describe_controls(figures["controls"])
    yield describe_ood(figures.get("ood"))
    yield describe_map_check(figures.get("map_check"))
    yield describe_map_layers(figures.get("map_layers"))
    yield describe_outside(figures.get("outside"))
    yield describe_robustness(figures.get("robustness"))
    yield _failures(figures["failures"])


def _data(data: Figures) -> Section:
    each = data["people_per_class"].items()
    counts = ", ".join(f"{count} {name}" for name, count in each)
    text = [
        (
            f"{data['people']} people, {data['slices']} slices: {counts}. "
            f"The age is known of {data['age_known']}."
        )
    ]
    if data["acknowledgement"]:
        text.append(data["acknowledgement"])
    if data.get("initial_weights"):
        text.append(data["initial_weights"]["note"])
    return Section("Data", text=text, bullets=data.get("notes") or ())


def _verdict(figures: Figures) -> Section:
    lines = []
    for cohort in _cohorts(figures):
        own = figures["per_person"][cohort]["auc"]
        words = f"{COHORT_WORDS[cohort].capitalize()}: AUC {with_interval(own)}."
        for verdict, start in VERDICT_WORDS.items():
            names = [
                name
                for name, found in figures["baselines"].items()
                if found[cohort]["model_minus_this"]["verdict"] == verdict
            ]
            if names:
                words += f" {start.capitalize()} {listed(names)}."
        lines.append(words)
    return Section(
        "In short",
        text=[
            (
                "All figures are of people whom the network that judged them had never "
                "seen. The weights that ship were trained on everyone with the same "
                "recipe; nobody is left to test those on. A difference counts as "
                "better or worse only where its 95 % interval leaves out 0."
            )
        ],
        bullets=lines,
        figures=("aucs",),
    )


def _scores(figures: Figures) -> Section:
    cohorts = _cohorts(figures)
    columns = [
        "95 % interval over people",
        *(f"per person, {COHORT_WORDS[each]}" for each in cohorts),
        *(f"per slice, {COHORT_WORDS[each]}" for each in cohorts),
    ]
    rows = [
        [
            words,
            *(with_interval(figures["per_person"][each][name]) for each in cohorts),
            *(with_interval(figures["per_slice"][each][name]) for each in cohorts),
        ]
        for name, words in SCORE_WORDS.items()
    ]
    people = [
        "people (impaired)",
        *(_people(figures["per_person"][each]) for each in cohorts),
        *(_people(figures["per_person"][each]) for each in cohorts),
    ]
    folds = ", ".join(
        f"{fold}: {plain(value)}" for fold, value in figures["per_fold"].items()
    )
    return Section(
        "Figures",
        text=[f"AUC per person by fold: {folds}."],
        tables=[Table(columns, [people, *rows])],
        figures=("roc",),
    )


def _baselines(figures: Figures) -> Section:
    cohorts = _cohorts(figures)
    own = [
        "this model",
        *(with_interval(figures["per_person"][each]["auc"]) for each in cohorts),
        *("" for _ in cohorts),
        plain(
            figures["per_person"]["everyone"]["sensitivity_at_90_specificity"]["value"]
        ),
        plain(figures["per_person"]["everyone"]["balanced_accuracy"]["value"]),
    ]
    rows = [
        [
            name,
            *(with_interval(each[cohort]["auc"]) for cohort in cohorts),
            *(_difference(each[cohort]["model_minus_this"]) for cohort in cohorts),
            plain(each["everyone"]["sensitivity_at_90_specificity"]["value"]),
            plain(each["everyone"]["balanced_accuracy"]["value"]),
        ]
        for name, each in figures["baselines"].items()
    ]
    columns = [
        "per person, same folds",
        *(f"AUC, {COHORT_WORDS[each]}" for each in cohorts),
        *(f"model minus this, {COHORT_WORDS[each]}" for each in cohorts),
        "sensitivity at 90 % specificity",
        "balanced accuracy",
    ]
    return Section(
        "Beside simple predictors",
        text=[
            (
                "Each is fitted to the other folds and tested on this one, like the "
                "model. Whose age or brain volume is not known counts as average. "
                "The difference is a paired bootstrap over people of each class."
            )
        ],
        tables=[Table(columns, [own, *rows])],
    )


def _difference(gain: Figures) -> str:
    return f"{signed(gain)}: {gain['verdict']}"


def _confusions(figures: Figures) -> Section:
    tables = []
    for cohort in _cohorts(figures):
        counts = figures["confusion"][cohort]
        rows = [
            [name, *(str(each) for each in row)]
            for name, row in zip(CLASS_NAMES, counts, strict=True)
        ]
        head = f"rated (below), predicted (right); {COHORT_WORDS[cohort]}"
        tables.append(Table([head, *CLASS_NAMES], rows))
    return Section("Who is taken for what", tables=tables)


def _groups(figures: Figures) -> Section:
    rows = [
        [
            each["group"],
            str(each["people"]),
            str(each["impaired"]),
            with_interval(each["auc"]),
        ]
        for each in figures["subgroups"]
    ]
    columns = ["group", "people", "impaired", "AUC, impaired or not"]
    return Section("Groups", tables=[Table(columns, rows)], figures=("groups",))


def _failures(failures: Sequence[Figures]) -> Section:
    rows = [
        [
            each["subject"],
            each["class"],
            each["predicted"],
            percent(each["probability"]),
        ]
        for each in failures
    ]
    return Section(
        "Where it failed",
        text=["The people held out of whom it was most sure and most wrong."],
        tables=[Table(["person", "rated", "predicted", "probability"], rows)],
    )


def _cohorts(figures: Figures) -> list[str]:
    return [each for each in COHORTS if each in figures["per_person"]]


def _people(scores: Figures) -> str:
    return f"{scores['people']} ({scores['impaired']})"
