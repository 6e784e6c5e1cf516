"""`alzer train` hands over what was asked, and says what is missing."""

import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import Result

from alzer.cli.memory import available_bytes, heads_at_once
from alzer.errors import LeakySplit
from alzer.training import study
from alzer.training.history import Epoch
from alzer.training.recipe import TRAINED_SPEC, Recipe
from alzer.training.study import Study, StudyProgress
from alzer.training.tables import Reading

Call = Callable[..., Result]


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[Study]:
    """Plans that the command made; nothing is trained."""
    made: list[Study] = []

    def pretend(plan: Study, progress: StudyProgress) -> Path:
        made.append(plan)
        progress.preparing("head 1 of 2 prepared, 9 s left")
        progress.reading(2, 2)
        progress.begin("fold 0")
        progress.step(1, 1, 1, 1.25)
        progress.epoch(Epoch(1, 1.25, math.nan, 3.0))
        return plan.output / "bundle"

    monkeypatch.setattr(study, "run_study", pretend)
    return made


def test_what_is_given_overrides_the_recipe(call: Call, plans: list[Study]) -> None:
    result = call(
        *("train", "--data", "cohort", "--output", "study"),
        *("--epochs", "3", "--folds", "2,0", "--height", "97", "--width", "65"),
        *("--slices-per-subject", "4", "--batch-size", "8", "--learning-rate", "0.01"),
        *("--seed", "5", "--name", "mine", "--version", "2"),
    )
    (plan,) = plans

    assert result.exit_code == 0
    assert (plan.data, plan.output) == (Path("cohort"), Path("study"))
    assert plan.folds == (0, 2)
    assert (plan.name, plan.version) == ("mine", "2")
    assert (plan.recipe.spec.height, plan.recipe.spec.width) == (97, 65)
    assert plan.recipe.epochs == 3
    assert plan.recipe.slices_per_subject == 4
    assert plan.recipe.batch_size == 8
    assert plan.recipe.learning_rate == 0.01
    assert plan.recipe.seed == 5


def test_what_is_not_given_is_the_recipes_own(call: Call, plans: list[Study]) -> None:
    result = call("train", "--data", "cohort", "--output", "study")

    plan = Study(Path("cohort"), Path("study"), Recipe())
    at_once = heads_at_once(available_bytes())
    assert plans == [replace(plan, heads_at_once=at_once)]
    assert "study/bundle" in result.stdout
    assert "fold 0: epoch 1/" in result.stderr


def test_how_to_read_the_data_is_handed_over(call: Call, plans: list[Study]) -> None:
    result = call(
        *("train", "--data", "scans.csv", "--output", "study"),
        *("--slices-are-subjects", "--number-of-folds", "3"),
    )
    (plan,) = plans

    assert result.exit_code == 0
    assert plan.data == Path("scans.csv")
    assert plan.reading == Reading(slices_are_subjects=True, folds=3)


def test_weights_to_start_from_are_handed_over(call: Call, plans: list[Study]) -> None:
    result = call(
        *("train", "--data", "cohort", "--output", "study"),
        *("--initialise", "resnet50.safetensors"),
    )

    assert result.exit_code == 0
    assert plans[0].initialise == Path("resnet50.safetensors")


def test_weights_of_another_format_stop_the_run_before_anything_else(
    call: Call, tmp_path: Path
) -> None:
    weights = tmp_path / "resnet50.pth"
    weights.write_bytes(b"\x80\x02 a pickle")
    result = call(
        *("train", "--data", "cohort", "--output", "study", "--initialise", weights)
    )

    assert result.exit_code == 1
    assert "can't be read as safetensors" in result.stderr
    assert not (tmp_path / "study").exists()


def test_how_far_heads_are_is_told_line_by_line(call: Call, plans: list[Study]) -> None:
    result = call("train", "--data", "cohort", "--output", "study")

    assert "head 1 of 2 prepared, 9 s left" in result.stderr
    assert len(plans) == 1


def test_one_fold_is_a_wrong_call(call: Call, plans: list[Study]) -> None:
    result = call("train", "--data", "c", "--output", "s", "--number-of-folds", "1")

    assert result.exit_code == 2
    assert plans == []


def test_data_that_do_not_say_who_is_who_are_refused(
    call: Call, tmp_path: Path
) -> None:
    for name in ("NonDemented", "MildDemented"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "1.png").write_bytes(b"never opened")
    data, output = str(tmp_path / "data"), tmp_path / "study"
    result = call("train", "--data", data, "--output", str(output))

    assert result.exit_code == 1
    assert "the columns file, class and subject" in result.stderr
    assert "--slices-are-subjects" in result.stderr
    assert not output.exists()


def test_threads_are_set(
    call: Call, plans: list[Study], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", chosen.append)
    call("train", "--data", "cohort", "--output", "study", "--threads", "3")

    assert chosen == [3]
    assert len(plans) == 1


def test_folds_that_are_no_numbers_are_a_wrong_call(
    call: Call, plans: list[Study]
) -> None:
    result = call("train", "--data", "c", "--output", "s", "--folds", "first")

    assert result.exit_code == 2
    assert "--folds takes numbers" in result.stderr
    assert plans == []


def test_a_refusal_ends_with_its_sentence(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Path:
        message = "One person is on both sides."
        raise LeakySplit(message)

    monkeypatch.setattr(study, "run_study", refuse)
    result = call("train", "--data", "cohort", "--output", "study")

    assert result.exit_code == 1
    assert result.stderr == "alzer: One person is on both sides.\n"


def test_without_the_extra_the_command_says_how_to_get_it(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in sys.modules if each.startswith("alzer.training")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    result = call("train", "--data", "cohort", "--output", "study")

    assert result.exit_code == 1
    assert "torch is missing" in result.stderr
    assert "-e '.[train]'" in result.stderr


def test_the_best_sizes_are_those_of_the_network_that_is_trained(call: Call) -> None:
    told = call("train", "--help", env={"COLUMNS": "200"}).stdout
    stride = TRAINED_SPEC.cell_stride

    assert told.count(f"best {stride} n + 1") == 2
    assert TRAINED_SPEC.height % stride == TRAINED_SPEC.width % stride == 1
