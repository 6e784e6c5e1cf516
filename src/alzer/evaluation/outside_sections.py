"""Slices from outside in words and tables."""

from collections.abc import Iterator

from alzer.evaluation.layout import Section, Table
from alzer.evaluation.numbers import Figures, percent, plain, signed, with_interval
from alzer.evaluation.outside_figures import MODEL

TITLE = "On slices from outside"


def describe_outside(figures: Figures | None) -> Section:
    """Return the section on slices from outside the study's data.

    Args:
        figures: Of `outside_figures`; None if nothing was measured.

    Returns:
        The section.
    """
    if figures is None:
        return Section(TITLE, text=["Not measured (alzer evaluate --outside)."])
    return Section(
        TITLE,
        text=[_who(figures), _how(figures), *_trust(figures["trust"])],
        bullets=list(_verdicts(figures["predictors"])),
        tables=[_predictors(figures["predictors"]), _agreement(figures["agreement"])]
        + [_reasons(figures)] * bool(_reason_rows(figures)),
        figures=("outside", "outside-roc"),
    )


def _who(figures: Figures) -> str:
    return (
        f"{figures['sessions']} sessions of {figures['people']} people were judged; "
        f"in {figures['impaired_sessions']} sessions the person was impaired, "
        f"{figures['impaired_people']} people were at any visit. "
        f"{figures['judged_by_folds']} sessions are of people of the training data, "
        "judged by the network of the fold that never saw them; "
        f"{figures['judged_by_the_model_for_everyone']} of other people, judged by "
        "the model for everyone."
    )


def _how(figures: Figures) -> str:
    missing = sum(each["sessions"] for each in figures["not_judged"])
    text = (
        "A person's score is the mean of their sessions', and a person counts as "
        "impaired if they are at any visit. Intervals come from drawing people, "
        "impaired and unimpaired ones apart (BCa). The CSF fraction is the share of "
        "dark pixels in the inner ellipse of the slice; nothing is fitted to it."
    )
    return f"{text} {missing} more sessions could not be judged." if missing else text


def _verdicts(predictors: Figures) -> Iterator[str]:
    for name, each in predictors.items():
        gain = each["model_minus_this"]
        if gain is not None:
            yield (
                f"Against {name}, per person: {gain['verdict']} (difference of AUC "
                f"{signed(gain)})."
            )


def _predictors(predictors: Figures) -> Table:
    columns = [
        "same sessions",
        "sessions (people)",
        "AUC per session",
        "AUC per person",
        "model minus this, per person",
    ]
    rows = [
        [
            name,
            f"{each['sessions']} ({each['people']})",
            with_interval(each["auc_per_session"]),
            with_interval(each["auc_per_person"]),
            "" if name == MODEL else signed(each["model_minus_this"]),
        ]
        for name, each in predictors.items()
    ]
    return Table(columns, rows)


def _trust(trust: Figures) -> Iterator[str]:
    yield (
        f"Out of distribution: {_share(trust['flagged'])} of the sessions. Doubted for "
        f"what the picture looks like: {_share(trust['doubted'])}. No class ruled out: "
        f"{_share(trust['cannot_tell'])}."
    )
    yield (
        f"Expected calibration error per session: {plain(trust['ece'])}. The mean "
        "probability of impairment is "
        f"{percent(trust['mean_probability_of_impairment'])}; impaired are "
        f"{percent(trust['share_impaired'])}."
    )


def _share(share: Figures | None) -> str:
    if share is None:
        return "not measured"
    text = percent(share["value"])
    if share["low"] is None or share["high"] is None:
        return text
    return f"{text} ({percent(share['low'])} to {percent(share['high'])})"


def _agreement(agreement: Figures) -> Table:
    columns = [
        (
            f"visits of one person with equal CDR: {agreement['people']} people, "
            f"{agreement['sessions']} sessions, {agreement['pairs']} pairs"
        ),
        "value",
    ]
    rows = [
        [
            "ICC(1,1), one-way random effects, of the log odds of impairment",
            with_interval(agreement["icc_of_log_odds"]),
        ],
        ["the same of the CSF fraction", with_interval(agreement["icc_of_csf"])],
        [
            "pairs of visits that get two classes",
            f"{agreement['pairs_of_two_classes']}: {_share(agreement['flip_rate'])}",
        ],
    ]
    return Table(columns, rows)


def _reasons(figures: Figures) -> Table:
    return Table(["why", "sessions"], _reason_rows(figures))


def _reason_rows(figures: Figures) -> list[list[str]]:
    kinds = {"not judged": figures["not_judged"], "doubted": figures["trust"]["doubts"]}
    return [
        [f"{kind}: {each['reason']}", str(each["sessions"])]
        for kind, found in kinds.items()
        for each in found
    ]
