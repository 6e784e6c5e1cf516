"""The figures of an evaluation as a bundle's card quotes them.

Whatever quotes a figure of the model (README, `alzer models`, the service) reads the
card, and the card takes it from the evaluation: each figure has one source.
"""

from collections.abc import Mapping
from typing import Any, Final

from alzer.errors import InvalidRequest

Card = Mapping[str, Any]
Figures = Mapping[str, Any]

_SCORES: Final = ("auc", "accuracy", "balanced_accuracy")

# AUC of one fold: another calibration moves it by less, another network by more.
_SAME_NETWORK: Final = 0.02


def with_figures(card: Card, figures: Figures) -> dict[str, Any]:
    """Return a bundle's card with the figures of an evaluation.

    The model's own file, its digest and all else that the card says stay the same.

    Args:
        card: Of a bundle.
        figures: What `evaluate` gave for the predictions of the same study.

    Returns:
        The card; its `metrics`, `answers`, `baselines` and `limitations` are those of
        the evaluation.

    Raises:
        InvalidRequest: If the predictions are not of the networks that the card
            describes.
    """
    _require_same_networks(card, figures)
    return {
        **card,
        "metrics": {
            cohort: {
                "people": scores["people"],
                **{name: scores[name] for name in _SCORES},
            }
            for cohort, scores in figures["per_person"].items()
        },
        "answers": figures["answers"],
        "baselines": [
            {"name": name, **_areas(cohorts)}
            for name, cohorts in figures["baselines"].items()
        ],
        "limitations": list(figures["limitations"]),
    }


def _areas(cohorts: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the AUC of a baseline by cohort."""
    names = ("everyone", "age_60_and_over")
    found = {name: cohorts.get(name, {}).get("auc", {}) for name in names}
    return {name: area.get("value") for name, area in found.items()}


def _require_same_networks(card: Card, figures: Figures) -> None:
    told = {fold: each["auc"] for fold, each in card.get("per_fold", {}).items()}
    if not told:
        return
    found = figures["per_fold"]
    differing = [
        fold
        for fold in sorted({*told, *found})
        if not _is_close(told.get(fold), found.get(fold))
    ]
    if differing:
        message = (
            f"The predictions of fold {differing[0]} are not of the networks that the "
            "bundle's card describes; give the study that the bundle is from."
        )
        raise InvalidRequest(message)


def _is_close(told: float | None, found: float | None) -> bool:
    if told is None or found is None:
        return told is found
    return abs(told - found) <= _SAME_NETWORK
