"""A whole study on drawn people."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from alzer.analysis import analyse
from alzer.errors import InvalidCohort, StorageUnavailable, TrainingRefused
from alzer.evaluation.calibration import by_person
from alzer.evaluation.cross_fitting import cross_fit
from alzer.evaluation.metrics import auc
from alzer.evaluation.predictions import read_study
from alzer.model.bundle import load_bundle
from alzer.model.engine import load_model
from alzer.model.mirroring import MirroredEngine
from alzer.model.person import softmax
from alzer.training.card import Outcome, write_card
from alzer.training.cohort import prepare_slices
from alzer.training.controls import Control, permute_labels
from alzer.training.history import Epoch
from alzer.training.output import read_fold
from alzer.training.study import Study, run_study
from alzer.training.tables import load_cohort
from alzer.training.weights import load_network
from cohorts import RECIPE, SPEC, draw_cohort, write_table
from networks import TorchNetwork, random_ood_score
from other_data import FACTS_OF_OASIS
from phantoms import as_png, draw_brain


class Diary:
    """Notes what it is told, and stops everything after some epochs."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.titles: list[str] = []
        self.notes: list[str] = []
        self.epochs: list[Epoch] = []
        self.steps: list[tuple[int, int, int]] = []
        self.read = (0, 0)
        self._stop_after = stop_after

    def note(self, text: str) -> None:
        self.notes.append(text)

    def reading(self, done: int, total: int) -> None:
        self.read = (done, total)

    def preparing(self, text: str) -> None:
        self.notes.append(text)

    def begin(self, title: str) -> None:
        self.titles.append(title)

    def step(self, epoch: int, done: int, total: int, loss: float) -> None:
        assert np.isfinite(loss)
        self.steps.append((epoch, done, total))

    def epoch(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)
        if len(self.epochs) == self._stop_after:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def finished(cohort_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the output of a study that was not interrupted."""
    output = tmp_path_factory.mktemp("study")
    run_study(Study(cohort_folder, output, RECIPE, folds=(0, 2)), Diary())
    return output


def test_a_study_ends_in_a_bundle_that_answers(finished: Path) -> None:
    bundle = load_bundle(finished / "bundle")

    answer = analyse(as_png(draw_brain((104, 88))), load_model(bundle, "openvino"))

    assert bundle.spec == RECIPE.spec
    assert sum(answer.probabilities) == pytest.approx(1.0)


def test_the_card_has_figures_of_people_held_out(finished: Path) -> None:
    card = json.loads((finished / "bundle" / "card.json").read_text(encoding="utf-8"))

    # Computed anew from the predictions, by people whom a fold held out alone.
    people = cross_fit(read_study(finished)).everyone
    scores = card["metrics"]["everyone"]
    assert scores["people"] == 8
    assert scores["auc"]["value"] == pytest.approx(
        auc(people.labels > 0, 1.0 - people.probabilities[:, 0]), abs=1e-4
    )
    # Ages are 50, 52, ... of persons 0, 1, ...; that of person 1 is not known.
    older = [int(name[-2:]) >= 5 for name in people.subjects]
    assert card["metrics"]["age_60_and_over"]["people"] == sum(older)
    assert {fold: part["people"] for fold, part in card["per_fold"].items()} == {
        "0": 4,
        "2": 4,
    }
    assert card["recipe"]["seed"] == 1
    assert card["data"]["people"] == 12


def test_the_card_has_a_second_opinion_of_everyone(finished: Path) -> None:
    bundle = load_bundle(finished / "bundle")

    answer = analyse(as_png(draw_brain((104, 88))), load_model(bundle, "openvino"))

    section = bundle.card["second_opinion"]
    assert section["person"]["everyone"]["people"] == 12
    assert "outside" not in section
    assert answer.reliable is False or answer.second_opinion is not None


def test_drawn_people_are_not_said_to_be_of_oasis(finished: Path) -> None:
    card = json.loads((finished / "bundle" / "card.json").read_text(encoding="utf-8"))

    assert card["data"]["acknowledgement"] is None
    assert card["baselines"] == []
    assert not FACTS_OF_OASIS.search(" ".join(card["limitations"]))


def test_each_fold_is_tested_on_its_own_people(finished: Path) -> None:
    people = by_person(read_fold(finished, 2).slices)

    assert list(people.subjects) == [f"person-{each:02}" for each in (2, 5, 8, 11)]
    assert people.labels.tolist() == [0, 1, 0, 1]


def test_predictions_are_of_slices_with_their_mirror_images_as_served(
    cohort_folder: Path, finished: Path
) -> None:
    cohort = load_cohort(cohort_folder)
    own = [each for each in cohort.slices if cohort.folds[each.subject] == 2]
    network = load_network(finished / "fold-2" / "network.pt", SPEC)
    engine = MirroredEngine(TorchNetwork(network, random_ood_score()), "fp32")

    images = prepare_slices(own, SPEC, lambda _: None).astype(np.float32)
    served = softmax(engine.run(images[:, None]).logits.astype(np.float64))

    found = read_study(finished).only(2)
    assert found.predictions_of == "slice and mirror image"
    assert found.slices[0].probabilities == pytest.approx(served, abs=0.02)


def test_what_a_single_fold_says_is_not_called_calibrated(
    cohort_folder: Path, tmp_path: Path
) -> None:
    recipe = replace(RECIPE, epochs=1, regularisation_candidates=(0.01, 1.0))

    run_study(Study(cohort_folder, tmp_path, recipe, folds=(0,)), Diary())

    bundle = load_bundle(tmp_path / "bundle")
    assert not bundle.decision.calibrated
    assert not bundle.person.calibrated
    assert bundle.decision.ood_limit is not None
    assert bundle.card["calibration"]["temperature"] == 1.0
    chosen = bundle.card["selection"]["inverse_regularisation"]
    assert set(chosen["by_fold"]) == {"0"}
    assert {chosen["by_fold"]["0"], chosen["everyone"]} <= {0.01, 1.0}


def test_the_curves_are_a_picture(finished: Path) -> None:
    picture = Image.open(io.BytesIO((finished / "curves.png").read_bytes()))

    assert picture.width > picture.height > 200


def test_optimiser_states_are_removed_when_they_have_served(finished: Path) -> None:
    assert not list(finished.rglob("checkpoint.pt"))
    assert not list(finished.rglob("*.partial"))
    assert len(list(finished.rglob("network.pt"))) == 3


def test_a_finished_study_trains_nothing_again(
    cohort_folder: Path, finished: Path
) -> None:
    diary = Diary()

    run_study(Study(cohort_folder, finished, RECIPE, folds=(0, 2)), diary)

    assert diary.titles == []
    assert diary.steps == []
    assert diary.read == (36, 36)


def test_an_interrupted_study_ends_as_an_unbroken_one(
    cohort_folder: Path, finished: Path, tmp_path: Path
) -> None:
    study = Study(cohort_folder, tmp_path, RECIPE, folds=(0,))
    with pytest.raises(KeyboardInterrupt):
        run_study(study, Diary(stop_after=1))
    resumed = Diary()
    with pytest.raises(KeyboardInterrupt):
        run_study(study, resumed_until_everyone := Diary(stop_after=2))
    run_study(study, resumed)

    assert resumed_until_everyone.titles == ["fold 0", "everyone"]
    assert resumed_until_everyone.epochs[0].number == 2
    assert resumed.titles == ["everyone"]
    for name in ("fold-0", "everyone"):
        one = load_network(tmp_path / name / "network.pt", SPEC).state_dict()
        two = load_network(finished / name / "network.pt", SPEC).state_dict()
        for key, value in one.items():
            assert torch.allclose(value.float(), two[key].float(), atol=2e-3), key


def test_another_recipe_in_the_same_folder_is_refused(
    cohort_folder: Path, finished: Path
) -> None:
    other = replace(RECIPE, epochs=3)

    with pytest.raises(TrainingRefused, match="other settings"):
        run_study(Study(cohort_folder, finished, other), Diary())


def test_other_folds_in_the_same_folder_are_refused(tmp_path: Path) -> None:
    # Going on would test a network on people that it was trained on.
    folder, output = draw_cohort(tmp_path / "data", slices=1), tmp_path / "study"
    with pytest.raises(KeyboardInterrupt):
        run_study(Study(folder, output, RECIPE, folds=(0,)), Diary(stop_after=1))
    table = folder / "folds.csv"
    table.write_text(
        table.read_text("utf-8").replace("person-02,NonDemented,2", "person-02,,1"),
        encoding="utf-8",
    )

    with pytest.raises(TrainingRefused, match="other people, classes or folds"):
        run_study(Study(folder, output, RECIPE, folds=(0,)), Diary())


def test_an_unknown_fold_is_named_before_anything_is_trained(
    cohort_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(InvalidCohort, match="no fold 9"):
        run_study(Study(cohort_folder, tmp_path, RECIPE, folds=(9,)), Diary())

    assert not list(tmp_path.iterdir())


def test_an_output_that_cannot_be_written_is_named(
    cohort_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    with pytest.raises(StorageUnavailable, match="can't be written"):
        run_study(Study(cohort_folder, tmp_path / "file" / "out", RECIPE), Diary())


def test_people_of_oasis_are_acknowledged(finished: Path, tmp_path: Path) -> None:
    folder = draw_cohort(tmp_path / "cohort", slices=1)
    write_table(folder / "subjects.csv", [{"subject": "person-00", "oasis1_id": "x"}])
    cohort = load_cohort(folder)
    people = by_person(read_fold(finished, 2).slices)
    outcome = Outcome(cohort, RECIPE, {2: people}, {"temperature": 1.0}, {}, {}, {})

    card = write_card(outcome, "name", "1")

    assert "OASIS" in card["data"]["acknowledgement"]
    assert any("under 62" in each for each in card["limitations"])
    assert card["metrics"]["age_60_and_over"] == {"people": 0}


def test_the_bundle_is_calibrated_and_knows_how_far_is_too_far(
    finished: Path,
) -> None:
    bundle = load_bundle(finished / "bundle")

    answer = analyse(as_png(draw_brain((104, 88), 0.1, 1)), load_model(bundle))

    assert answer.calibrated
    assert answer.reliable is not None
    assert bundle.decision.ood_limit is not None
    assert bundle.decision.ood_limit > 0.0
    # Six people of a class are too few to say what is possible.
    assert bundle.card["calibration"]["thresholds"] == [None] * 4
    assert 0.0 <= bundle.card["gate"]["false_alarms"] <= 1.0
    assert bundle.person.calibrated
    assert bundle.person.thresholds == (None,) * 4
    assert bundle.person.ood_share is not None


def test_permuted_labels_are_dealt_to_people_not_to_slices(cohort_folder: Path) -> None:
    cohort = load_cohort(cohort_folder)

    permuted = permute_labels(cohort, seed=3)

    labels = {each.subject: each.label for each in permuted.slices}
    assert [each.label for each in permuted.slices] == [
        labels[each.subject] for each in permuted.slices
    ]
    assert sorted(labels.values()) == sorted(
        {each.subject: each.label for each in cohort.slices}.values()
    )
    assert permuted.labels.tolist() != cohort.labels.tolist()
    assert permuted.folds == cohort.folds


@pytest.mark.parametrize(
    ("control", "titles"), [("permuted", ["fold 1"]), ("leaky", ["fold 0"])]
)
def test_a_control_gives_predictions_and_no_model(
    cohort_folder: Path, tmp_path: Path, control: Control, titles: list[str]
) -> None:
    diary = Diary()
    study = Study(cohort_folder, tmp_path, RECIPE, folds=(1,), control=control)

    folder = run_study(study, diary)

    assert folder == tmp_path / control
    assert diary.titles == titles
    found = read_fold(folder, int(titles[0][-1])).slices
    assert len(found.labels) in {12, 7, 8}
    assert not list(tmp_path.rglob("card.json"))
