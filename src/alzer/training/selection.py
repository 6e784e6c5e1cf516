"""What is chosen while a model is made: by inner folds, or before, on the same folds.

The inverse regularisation C of the last layer can be chosen for each network on inner
folds of its own training people. Nobody whom the network is tested on has a part in
the choice, so the figures gain nothing by it (nested selection).

Source: Cawley & Talbot 2010, JMLR 11, 2079-2107.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold

from alzer.evaluation.metrics import Floats
from alzer.training.head import Penalty, average_people, predict_from_features
from alzer.training.last_layer import TrainingSlices, fit_last_layer
from alzer.training.network import ResNet50
from alzer.training.recipe import Recipe

INNER_FOLDS = 5

# Of the recipe's default values, by the study whose folds they were settled on
# (docs/decisions/0009-better-model.md, 0025-holding-outside.md).
SETTLED_ON: Mapping[str, str] = {
    "OASIS-1": (
        "Some thirty last layers were compared on these five folds; the penalty, the "
        "order of the classes and the axes left out were settled there, how much what "
        "changes in pictures is penalised on two of them, and no people were kept "
        "apart for a last look. The figures are slightly hopeful, by less than the "
        "0.01 of AUC that separates most of what was tried."
    )
}


def choose_regularisation(
    network: ResNet50, slices: TrainingSlices, recipe: Recipe
) -> float:
    """Choose the inverse regularisation C of the last layer by inner folds.

    Of the candidates whose log loss lies within one standard error of the least, the
    smallest is taken: the features have seen the people of the inner folds, so that
    a weaker penalty looks better than it is.

    Source: Breiman et al. 1984, Classification and Regression Trees, section 3.4.3,
    for the rule of one standard error.

    Args:
        network: Trained; its last layer is overwritten.
        slices: Of its training people.
        recipe: Has the candidates; without any, its own value is taken, likewise
            where people are too few for inner folds.

    Returns:
        C.
    """
    candidates = sorted(recipe.regularisation_candidates)
    names, first = np.unique(slices.subjects, return_index=True)
    impaired = slices.labels[first] > 0
    folds = min(INNER_FOLDS, int(impaired.sum()), int((~impaired).sum()))
    if not candidates or folds < 2:
        return recipe.inverse_regularisation
    splits = StratifiedKFold(folds, shuffle=True, random_state=recipe.seed)
    losses = np.concatenate(
        [
            _losses(
                network,
                slices.of(names[inner]),
                slices.of(names[outer]),
                [Penalty(c, recipe.nuisance_weight) for c in candidates],
            )
            for inner, outer in splits.split(names, impaired)
        ]
    )
    return candidates[_smallest_within_one_error(losses)]


def describe_selection(
    source: str | None, recipe: Recipe, chosen: Mapping[int | str, float | None]
) -> dict[str, Any]:
    """Return section `selection` of a card: what was chosen, and on whom.

    Args:
        source: The study that the data are of, if it is a known one.
        recipe: How the networks were trained.
        chosen: C by fold, and of the network for everyone.
    """
    by_fold = {str(fold): c for fold, c in chosen.items() if fold != "everyone"}
    inner = {
        "candidates": sorted(recipe.regularisation_candidates),
        "by_fold": by_fold,
        "everyone": chosen.get("everyone"),
    }
    return {
        "inverse_regularisation": inner if recipe.regularisation_candidates else None,
        "on_these_folds": [_settled(source, recipe)],
    }


def _settled(source: str | None, recipe: Recipe) -> str:
    if source is not None and source in SETTLED_ON:
        return SETTLED_ON[source]
    usual = asdict(Recipe())
    changed = [name for name, value in asdict(recipe).items() if value != usual[name]]
    words = f"changed here: {', '.join(changed)}" if changed else "none is changed here"
    return (
        f"The recipe's default values were settled on other data (OASIS-1); {words}. "
        "If several were tried on these folds and the best was kept, the figures are "
        "too good by what that gained."
    )


def _losses(
    network: ResNet50,
    inner: TrainingSlices,
    outer: TrainingSlices,
    candidates: Sequence[Penalty],
) -> Floats:
    """Return the log losses of people held out, shape (person, candidate)."""
    people = average_people(outer.features, outer.subjects, outer.labels)
    columns = []
    for penalty in candidates:
        fit_last_layer(network, inner, penalty)
        shares = predict_from_features(network, people.features.astype(np.float32))
        own = shares[np.arange(len(people.labels)), people.labels]
        columns.append(-np.log(np.maximum(own, 1e-12)))
    return np.stack(columns, axis=1)


def _smallest_within_one_error(losses: Floats) -> int:
    means = losses.mean(axis=0)
    best = int(means.argmin())
    error = losses[:, best].std(ddof=1) / np.sqrt(len(losses))
    return int(np.flatnonzero(means <= means[best] + error)[0])
