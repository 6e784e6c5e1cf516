"""How many images of each kind are stopped, and how well the OOD score tells them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from alzer.evaluation.intervals import Indices, Interval, stratified_bootstrap
from alzer.evaluation.metrics import Floats, auc
from alzer.evaluation.ood import OWN, KindResult
from alzer.evaluation.outside import EVERYONE
from alzer.evaluation.values import interval_values


def ood_figures(
    results: Sequence[KindResult], card: Mapping[str, Any], repeats: int = 2000
) -> dict[str, Any]:
    """Compute the figures of each kind.

    Args:
        results: Of `judge_kinds`.
        card: Of the model for everyone.
        repeats: Bootstrap draws of people.

    Returns:
        Plain values for metrics.json: who judged, the share of slices of people held
        out beyond the limit as training measured it, and one row per kind.
    """
    kinds: dict[str, list[KindResult]] = {}
    for result in results:
        kinds.setdefault(result.kind, []).append(result)
    own = kinds.get(OWN, [])
    networks = {result.network for result in results}
    return {
        "judged_by": EVERYONE if networks == {EVERYONE} else "folds",
        "false_alarms": (card.get("gate") or {}).get("false_alarms"),
        "kinds": [
            _row(kind, found, () if kind == OWN else own, repeats)
            for kind, found in kinds.items()
        ],
    }


def _row(
    kind: str, found: Sequence[KindResult], own: Sequence[KindResult], repeats: int
) -> dict[str, Any]:
    return {
        "kind": kind,
        "images": len(found),
        "subjects": len({result.subject for result in found}),
        "refused": _share([bool(result.refusal) for result in found]),
        "doubted": _share(
            [bool(result.doubt) and not result.refusal for result in found]
        ),
        "flagged": _share([result.flagged for result in found]),
        "passes": _share([result.passes for result in found]),
        "auroc": interval_values(_auroc(own, found, repeats)),
    }


def _share(flags: Sequence[bool]) -> float:
    return round(float(np.mean(flags)), 4)


def _auroc(
    own: Sequence[KindResult], found: Sequence[KindResult], repeats: int
) -> Interval:
    """Return the area under the ROC curve, with its interval over subjects.

    Whoever has own slices and images of the kind is drawn with both.
    """
    own_by, found_by = _scores_by_subject(own), _scores_by_subject(found)
    subjects = sorted({*own_by, *found_by})
    nothing = np.empty(0)
    pairs = [
        (own_by.get(name, nothing), found_by.get(name, nothing)) for name in subjects
    ]

    def area(chosen: Indices) -> float:
        usual = np.concatenate([pairs[place][0] for place in chosen])
        others = np.concatenate([pairs[place][1] for place in chosen])
        is_other = np.arange(len(usual) + len(others)) >= len(usual)
        return auc(is_other, np.concatenate([usual, others]))

    strata = np.array([name in own_by for name in subjects])
    return stratified_bootstrap(area, strata, repeats)


def _scores_by_subject(results: Sequence[KindResult]) -> dict[str, Floats]:
    found: dict[str, list[float]] = {}
    for result in results:
        found.setdefault(result.subject, []).append(_comparable(result))
    return {name: np.array(scores) for name, scores in found.items()}


def _comparable(result: KindResult) -> float:
    """Return the OOD score in units of the limit, as networks' scores differ."""
    if result.ood_score is None:
        return np.inf
    return result.ood_score / (result.ood_limit or 1.0)
