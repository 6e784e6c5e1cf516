"""A whole training study: every fold, the model for everyone, the bundle.

The published figures come from the folds, each tested on people that its
network never saw. The model that ships is then trained on everyone with the
same recipe; nobody is left to test that one on. What is fitted to predictions
(the temperature, the bounds of possible classes, the limit of ood_score) comes
from the folds, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from alzer.evaluation.calibration import SliceLimits, fit_slices, slice_section
from alzer.evaluation.cross_fitting import as_people, cross_fit
from alzer.evaluation.csf_rows import measure_slices
from alzer.evaluation.person import person_section
from alzer.evaluation.predictions import PREDICTIONS, read_study
from alzer.evaluation.second_opinion import second_opinion_section
from alzer.training.auxiliary import Targets, auxiliary_targets
from alzer.training.card import Outcome, write_card
from alzer.training.cohort import (
    Cohort,
    Split,
    field_spec,
    prepare_slices,
    split,
    standardise_fields,
)
from alzer.training.controls import Control, leaky_split, permute_labels
from alzer.training.duplicates import require_no_duplicates
from alzer.training.export import export_onnx, write_bundle
from alzer.training.files import write_whole
from alzer.training.finishing import OwnSlices, Trained, finish
from alzer.training.fold_models import keep_ood
from alzer.training.head import divide_logits, predict_from_features
from alzer.training.heads import HEADS, prepare_heads
from alzer.training.history import read_log
from alzer.training.initial_weights import InitialWeights, read_initial_weights
from alzer.training.network import ResNet50
from alzer.training.ood_limit import (
    Reach,
    false_alarms,
    pair_distances,
    quantile_limit,
    transfer_threshold,
)
from alzer.training.output import (
    FOLD,
    Finished,
    fold_facts,
    predictions_table,
    read_fold,
    require_same_study,
)
from alzer.training.plots import plot_curves
from alzer.training.pooling import extract_pairs
from alzer.training.recipe import Recipe
from alzer.training.selection import describe_selection
from alzer.training.tables import Reading, load_cohort
from alzer.training.train import Progress, Task, train
from alzer.training.weights import WEIGHTS, as_served, keep_weights, load_network


class StudyProgress(Progress, Protocol):
    """What a display of a whole study is told."""

    def note(self, text: str) -> None:
        """Report what the person should know of the data."""

    def reading(self, done: int, total: int) -> None:
        """Report that `done` of `total` slices have been read."""

    def preparing(self, text: str) -> None:
        """Report in words how far whole heads are prepared."""

    def begin(self, title: str) -> None:
        """Report that the run of this title begins."""


@dataclass(frozen=True)
class Study:
    """What to train, and under which name.

    Attributes:
        data: A cohort (see `load_cohort`).
        output: Where runs, logs, curves and the bundle go.
        recipe: How to train.
        folds: Which folds to validate on; None means all that the data offer.
        name: Of the bundle.
        version: Of the bundle.
        reading: How to read what the data don't say themselves.
        control: A check of the pipeline instead of a model.
        initialise: File of weights to start from (see `read_initial_weights`); None
            starts at random.
        heads_at_once: How many whole heads are prepared at the same time.
    """

    data: Path
    output: Path
    recipe: Recipe
    folds: tuple[int, ...] | None = None
    name: str = "alzer-resnet50"
    version: str = "1"
    reading: Reading = field(default_factory=Reading)
    control: Control | None = None
    initialise: Path | None = None
    heads_at_once: int = 1


def run_study(study: Study, progress: StudyProgress) -> Path:
    """Train on every fold and on everyone, and write the bundle.

    Finished parts are kept: the same call after an interruption goes on from the
    last epoch that was completed. A control trains its folds only.

    Args:
        study: What to train.
        progress: Told what happens.

    Returns:
        The bundle's folder, or the control's.

    Raises:
        TrainingRefused: If data, folds or settings don't allow an honest result.
        StorageUnavailable: If the output can't be written.
    """
    path = study.initialise
    initial = None if path is None else read_initial_weights(path)
    cohort = load_cohort(study.data, study.reading)
    _folds_of(study, cohort)
    cohort = prepare_heads(
        cohort, study.output / HEADS, progress.preparing, at_once=study.heads_at_once
    )
    folds = _folds_of(study, cohort)  # heads may have been left out
    for text in cohort.notes:
        progress.note(text)
    output = study.output if study.control is None else study.output / study.control
    require_same_study(
        output, study.recipe, cohort, None if initial is None else initial.sha256
    )
    fields = _read(cohort, study.recipe, progress)
    require_no_duplicates(cohort, fields)
    images = standardise_fields(fields, study.recipe.spec)
    here = replace(study, output=output)
    run = _Run(cohort, fields, images, here, progress, initial)
    if study.control is not None:
        _run_control(run, folds, study.control)
        return output
    finished = {fold: _run_fold(run, fold, split(cohort, fold)) for fold in folds}
    return _publish(run, finished)


def _folds_of(study: Study, cohort: Cohort) -> tuple[int, ...]:
    """Give the folds to validate on; an unknown one is named before the work."""
    offered = cohort.fold_numbers if cohort.held_out is None else cohort.held_out
    folds = offered if study.folds is None else study.folds
    for fold in folds:
        split(cohort, fold)
    return folds


@dataclass(frozen=True)
class _Run:
    """What every network of a study shares."""

    cohort: Cohort
    fields: NDArray[np.float16]
    images: NDArray[np.float16]
    study: Study
    progress: StudyProgress
    initial: InitialWeights | None

    def train(self, sides: Split, folder: Path) -> Trained:
        recipe = self.study.recipe
        targets = self.targets(sides.training)
        task = Task(self.cohort, self.fields, self.images, sides, targets, self.initial)
        network = train(task, recipe, folder, self.progress)
        return self.finish(as_served(network, recipe.spec), sides.training, targets)

    def targets(self, training: NDArray[np.intp]) -> Targets:
        spec = field_spec(self.study.recipe.spec)
        return auxiliary_targets(self.cohort, self.fields, spec, training)

    def finish(
        self, network: ResNet50, training: NDArray[np.intp], targets: Targets
    ) -> Trained:
        own = OwnSlices(
            self.fields[training],
            self.images[training],
            self.cohort.subjects[training],
            self.cohort.labels[training],
            targets[training],
        )
        return finish(network, own, self.study.recipe)


def _read(
    cohort: Cohort, recipe: Recipe, progress: StudyProgress
) -> NDArray[np.float16]:
    total, done = len(cohort.slices), 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress.reading(done, total)

    return prepare_slices(cohort.slices, field_spec(recipe.spec), advance)


def _run_fold(run: _Run, fold: int, sides: Split) -> Finished:
    folder = run.study.output / f"fold-{fold}"
    if not (folder / FOLD).exists():
        trained = _train_or_load(run, f"fold {fold}", sides, folder)
        pairs = extract_pairs(trained.network, run.images[sides.validation])
        distance = pair_distances(trained.ood_score, pairs)
        table = predictions_table(
            run.cohort,
            sides,
            predict_from_features(trained.network, pairs.mean),
            distance,
        )
        write_whole(folder / PREDICTIONS, table)
        keep_weights(folder, trained.network)
        keep_ood(folder, trained.ood_score)
        reach = Reach(trained.reach, quantile_limit(distance))
        facts = fold_facts(reach, trained.inverse_regularisation)
        write_whole(folder / FOLD, facts)
    return read_fold(run.study.output, fold)


def _run_control(run: _Run, folds: tuple[int, ...], control: Control) -> None:
    if control == "leaky":
        _run_fold(run, 0, leaky_split(run.cohort, run.study.recipe.seed))
        return
    shuffled = replace(run, cohort=permute_labels(run.cohort, run.study.recipe.seed))
    for fold in folds:
        _run_fold(shuffled, fold, split(shuffled.cohort, fold))


def _publish(run: _Run, finished: Mapping[int, Finished]) -> Path:
    study, spec = run.study, run.study.recipe.spec
    trained = _train_on_everyone(run)
    folds, held_out = list(finished.values()), read_study(study.output)
    # A single fold leaves none to judge on, so that nothing is fitted to it.
    slices = [each.slices for each in folds]
    limits = fit_slices(slices) if len(slices) > 1 else SliceLimits()
    divide_logits(trained.network, limits.temperature)
    answers = cross_fit(held_out)
    chosen = {fold: each.inverse_regularisation for fold, each in finished.items()}
    outcome = Outcome(
        cohort=run.cohort,
        recipe=study.recipe,
        held_out={
            fold: as_people(people)
            for fold, people in zip(held_out.folds, answers.people, strict=True)
        },
        calibration=slice_section(limits),
        gate={
            "limit": transfer_threshold([each.reach for each in folds], trained.reach),
            "false_alarms": false_alarms(
                [(each.reach, each.ood_score) for each in folds]
            ),
        },
        person=person_section(held_out),
        selection=describe_selection(
            run.cohort.source,
            study.recipe,
            chosen | {"everyone": trained.inverse_regularisation},
        ),
        initial_weights=None if run.initial is None else run.initial.as_dict(),
        second_opinion=_second_opinion(run),
    )
    card = write_card(outcome, study.name, study.version)
    bundle = study.output / "bundle"
    content = export_onnx(trained.network, spec, trained.ood_score)
    write_bundle(bundle, content, spec, card)
    logs = {
        log.parent.name: read_log(log) for log in sorted(study.output.glob("*/log.csv"))
    }
    write_whole(study.output / "curves.png", plot_curves(logs))
    return bundle


def _second_opinion(run: _Run) -> dict[str, Any] | None:
    cohort = run.cohort
    rows = measure_slices(cohort.slices, run.images, cohort.folds, cohort.ages)
    return second_opinion_section(rows)


def _train_on_everyone(run: _Run) -> Trained:
    folder, sides = run.study.output / "everyone", split(run.cohort, None)
    trained = _train_or_load(run, "everyone", sides, folder)
    keep_weights(folder, trained.network)
    return trained


def _train_or_load(run: _Run, title: str, sides: Split, folder: Path) -> Trained:
    """Train a network, or take the one whose training has ended here before."""
    if not (folder / WEIGHTS).exists():
        run.progress.begin(title)
        return run.train(sides, folder)
    network = load_network(folder / WEIGHTS, run.study.recipe.spec)
    return run.finish(network, sides.training, run.targets(sides.training))
