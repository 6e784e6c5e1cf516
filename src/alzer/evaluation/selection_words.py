"""What the figures owe to choosing on the people whom they are of."""

from alzer.evaluation.layout import Section
from alzer.evaluation.numbers import Figures, listed

_NOT_SAID = (
    "The card does not say what of the recipe was chosen on these folds. The figures "
    "are too good by what that choice gained, if there was one."
)


def describe_selection(figures: Figures) -> Section:
    """Return the section on what was chosen where, and what that may have gained."""
    selection = figures.get("selection") or {}
    bullets = [*_pooling(figures.get("person") or {}), *_inner(selection)]
    notes = selection.get("on_these_folds")
    if notes is None:
        notes = [_NOT_SAID]
    return Section(
        "What the figures owe to choosing",
        text=[
            (
                "What is fitted to predictions (temperatures, the way of pooling, "
                "thresholds, the OOD rule) is chosen for each fold on the other folds "
                "alone: the figures gain nothing by that."
            )
        ],
        bullets=[*bullets, *notes],
    )


def _pooling(person: Figures) -> list[str]:
    if not person:
        return []
    best = min(way["log_loss"] for way in person["poolings"])
    text = (
        f"Pooling: chosen on all folds at once, the log loss per person would read "
        f"{best:.3f}; chosen for each fold on the others, it is "
        f"{person['log_loss']:.3f}, which is what is quoted."
    )
    return [text]


def _inner(selection: Figures) -> list[str]:
    chosen = selection.get("inverse_regularisation")
    if not chosen:
        return []
    by_fold = listed([f"{value:g}" for value in chosen["by_fold"].values()])
    candidates = listed([f"{value:g}" for value in chosen["candidates"]])
    text = (
        f"Inverse regularisation C of the last layer: chosen among {candidates} for "
        f"each network by inner folds of its own training people ({by_fold}; for the "
        f"network that ships, {chosen['everyone']:g}). The figures are of this nested "
        "choice."
    )
    return [text]
