"""The networks of a study's folds, ready to answer as a bundle's does.

Each judges only people whom it never saw. Its answers are averaged with those for
the mirror image, and its OOD limit is set without its own people: by the ratio of
held-out to training distances in the other folds.
"""

import contextlib
import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from alzer.errors import InvalidRequest, LeakySplit
from alzer.model.decision import Decision
from alzer.model.engine import Model, ModelIdentity
from alzer.model.evidence import Evidence, Floats
from alzer.model.mirroring import MirroredEngine
from alzer.model.preparation import InputSpec
from alzer.training.cohort import (
    Cohort,
    field_spec,
    prepare_slices,
    split,
    standardise_fields,
)
from alzer.training.files import write_whole
from alzer.training.network import OodScore, ResNet50, ResNet50WithMaps
from alzer.training.ood_limit import Reach, fit_ood_score, transfer_threshold
from alzer.training.output import PEOPLE, read_fold
from alzer.training.pooling import extract_pairs
from alzer.training.weights import WEIGHTS, load_network

OOD = "ood.pt"


class TorchNetwork:
    """A network with its OOD score, as one of the engines' networks.

    Args:
        network: Trained, in evaluation mode.
        ood_score: Gives the OOD score.
    """

    def __init__(self, network: ResNet50, ood_score: OodScore) -> None:
        self._device = next(network.parameters()).device
        self._model = ResNet50WithMaps(network, ood_score).to(self._device).eval()

    def run(self, pair: Floats) -> Evidence:
        """Return the evidence for inputs of shape (n, 1, row, column)."""
        with torch.inference_mode():
            batch = torch.from_numpy(pair).to(self._device)
            logits, maps, score = self._model(batch)
        return Evidence(_as_array(logits), _as_array(maps), _as_array(score))


def keep_ood(folder: Path, ood_score: OodScore) -> None:
    """Keep what gives the OOD score of a fold's network, beside its weights.

    Args:
        folder: Of the fold.
        ood_score: Of its network.
    """
    content = io.BytesIO()
    torch.save(ood_score.state_dict(), content)
    write_whole(folder / OOD, content.getvalue())


def load_fold_models(
    study: Path,
    cohort: Cohort,
    spec: InputSpec,
    advance: Callable[[str], None] = lambda _: None,
) -> dict[str, Model]:
    """Load the networks of all folds that are finished.

    Args:
        study: Folder that `alzer train` wrote.
        cohort: The data that it was trained on.
        spec: What its networks expect.
        advance: Called with a few words before what takes long.

    Returns:
        By name: `fold-` and the fold's number. Empty if there are no networks.

    Raises:
        LeakySplit: If the study held other people out than the data say.
        InvalidRequest: If the networks expect other inputs.
    """
    reaches = _reaches_of_finished(study)
    if not reaches:
        return {}
    _require_same_folds(study, cohort)
    _require_same_input(study, spec)
    folders = {fold: study / f"fold-{fold}" for fold in reaches}
    networks = {
        fold: load_network(folder / WEIGHTS, spec) for fold, folder in folders.items()
    }
    scores = _ood_scores(folders, networks, cohort, spec, advance)
    return {
        f"fold-{fold}": Model(
            spec,
            ModelIdentity(f"fold-{fold}", "", "", "torch", "fp32"),
            MirroredEngine(TorchNetwork(networks[fold], scores[fold]), "fp32"),
            Decision(_limit(fold, reaches)),
        )
        for fold in folders
    }


def _require_same_folds(study: Path, cohort: Cohort) -> None:
    with (study / PEOPLE).open(newline="", encoding="utf-8") as lines:
        held_out = {row["subject"]: int(row["fold"]) for row in csv.DictReader(lines)}
    if held_out != cohort.folds:
        message = (
            "The study held other people out than these data say, so its networks "
            "may have seen those whom they are to judge. Give the data that it was "
            "trained on."
        )
        raise LeakySplit(message)


def _require_same_input(study: Path, spec: InputSpec) -> None:
    if repr(spec) not in (study / "recipe.txt").read_text(encoding="utf-8"):
        message = (
            "The networks of the study's folds expect other inputs than the bundle "
            "does. Give the bundle of this study with --model."
        )
        raise InvalidRequest(message)


def _reaches_of_finished(study: Path) -> dict[int, Reach]:
    """Return how far each finished fold's slices lie, by the fold's number."""
    found = {}
    for weights in sorted(study.glob(f"fold-*/{WEIGHTS}")):
        fold = int(weights.parent.name.removeprefix("fold-"))
        with contextlib.suppress(FileNotFoundError):  # what is written last is absent
            found[fold] = read_fold(study, fold).reach
    return found


def _limit(fold: int, reaches: Mapping[int, Reach]) -> float | None:
    """Set the OOD limit of a fold's network without the people that it held out."""
    others = [reach for other, reach in reaches.items() if other != fold]
    return transfer_threshold(others, reaches[fold].training) if others else None


def _ood_scores(
    folders: Mapping[int, Path],
    networks: Mapping[int, ResNet50],
    cohort: Cohort,
    spec: InputSpec,
    advance: Callable[[str], None],
) -> dict[int, OodScore]:
    """Read what gives OOD scores, or fit it anew where a study did not keep it."""
    found = {
        fold: _load_ood(folder / OOD)
        for fold, folder in folders.items()
        if (folder / OOD).is_file()
    }
    missing = sorted(set(folders) - set(found))
    if missing:
        advance("OOD scores: reading the training slices")
        # As in training, to the last bit: fields of view first, in float16.
        fields = prepare_slices(cohort.slices, field_spec(spec))
        images = standardise_fields(fields, spec)
    for fold in missing:
        advance(f"OOD scores: training slices of fold {fold}")
        training = split(cohort, fold).training
        pairs = extract_pairs(networks[fold], images[training])
        found[fold] = fit_ood_score(pairs.both)
    return found


def _load_ood(path: Path) -> OodScore:
    state = torch.load(path, weights_only=True, map_location="cpu")
    ood_score = OodScore(state["weight"], state["offset"])
    return ood_score.eval()


def _as_array(values: torch.Tensor) -> NDArray[np.float32]:
    return np.asarray(values.float().cpu().numpy())
