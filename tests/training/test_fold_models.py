"""The networks of a study's folds answer as a bundle does, for who they never saw."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from alzer.errors import InvalidRequest, LeakySplit
from alzer.training.cohort import Cohort, prepare_slices, split
from alzer.training.fold_models import OOD, load_fold_models
from alzer.training.person_slices import middle_slices, slices_of_all_heights
from alzer.training.tables import load_cohort
from alzer.training.weights import load_network
from cohorts import SPEC
from trained import TrainedStudy


@pytest.fixture
def study(trained_study: TrainedStudy) -> Path:
    return trained_study.output


@pytest.fixture
def cohort(trained_study: TrainedStudy) -> Cohort:
    return load_cohort(trained_study.data)


def test_a_fold_answers_with_the_mean_of_image_and_mirror_image(
    study: Path, cohort: Cohort
) -> None:
    models = load_fold_models(study, cohort, SPEC)
    own = split(cohort, 2).validation[:3]
    images = prepare_slices([cohort.slices[place] for place in own], SPEC)

    found = models["fold-2"].run(images[:, None].astype(np.float32))

    assert set(models) == {"fold-0", "fold-1", "fold-2"}
    network = load_network(study / "fold-2" / "network.pt", SPEC)
    batch = torch.from_numpy(images[:, None].astype(np.float32))
    with torch.inference_mode():
        both = (network(batch) + network(batch.flip(3))) / 2.0
    assert found.logits == pytest.approx(both.numpy(), abs=1e-4)


def test_scores_that_were_kept_are_those_that_would_be_fitted(
    study: Path, cohort: Cohort, tmp_path: Path
) -> None:
    bare = tmp_path / "study"
    shutil.copytree(study, bare)
    for kept in bare.glob(f"fold-*/{OOD}"):
        kept.unlink()
    said: list[str] = []
    image = prepare_slices(cohort.slices[:2], SPEC)[:, None].astype(np.float32)

    kept_models = load_fold_models(study, cohort, SPEC)
    fitted = load_fold_models(bare, cohort, SPEC, said.append)

    assert len(said) == 4
    for name, model in kept_models.items():
        own, other = model.run(image).ood_score, fitted[name].run(image).ood_score
        assert own is not None
        assert other == pytest.approx(own, rel=1e-3)
        assert model.decision == fitted[name].decision
        assert model.decision.ood_limit is not None


def test_networks_of_another_split_are_refused(study: Path, cohort: Cohort) -> None:
    dealt_anew = {name: (fold + 1) % 3 for name, fold in cohort.folds.items()}

    with pytest.raises(LeakySplit, match="held other people out"):
        load_fold_models(study, replace(cohort, folds=dealt_anew), SPEC)


def test_networks_of_another_input_are_refused(study: Path, cohort: Cohort) -> None:
    with pytest.raises(InvalidRequest, match="expect other inputs"):
        load_fold_models(study, cohort, replace(SPEC, margin=0.1))


def test_a_folder_without_networks_has_none(tmp_path: Path, cohort: Cohort) -> None:
    assert load_fold_models(tmp_path, cohort, SPEC) == {}


def test_middle_slices_are_of_people_whom_a_network_held_out(cohort: Cohort) -> None:
    slices = middle_slices(cohort, {"fold-0", "fold-2"}, 100)

    assert len(slices) == 8
    for each in slices:
        assert each.position == 1  # of 0, 1 and 2
        assert each.network == f"fold-{cohort.folds[each.subject]}"
        assert each.network != "fold-1"


def test_slices_of_everyone_lie_at_all_heights(cohort: Cohort) -> None:
    own = slices_of_all_heights(cohort, {"fold-0", "fold-1", "fold-2"})
    all_by_one = slices_of_all_heights(cohort, {"everyone"})

    assert [each.subject for each in own] == sorted(cohort.folds)
    assert {each.position for each in own} == {0, 1, 2}
    assert all(each.network == f"fold-{cohort.folds[each.subject]}" for each in own)
    assert {each.network for each in all_by_one} == {"everyone"}
    assert [each.position for each in own] == [each.position for each in all_by_one]
