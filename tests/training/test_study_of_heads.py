"""A whole study on whole heads: from a table to a bundle, and its figures."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alzer.cli.app import app
from alzer.model.bundle import load_bundle
from alzer.model.engine import load_model
from alzer.person_analysis import analyse_volume
from alzer.training.heads import HEADS
from alzer.training.kept_heads import Outcome
from alzer.training.study import Study, run_study
from cohorts import RECIPE
from head_cohorts import draw_heads, keep_all
from logged import logging_kept
from slabs import straight_head

CHECK = Outcome("check", ("The scan is noisy.",))
FAILED = Outcome("failed", ("There is no brain.",))


class Notes:
    """Keeps what is told of the data."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.read = 0
        self.prepared: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def reading(self, done: int, total: int) -> None:
        self.read = max(done, total)

    def preparing(self, text: str) -> None:
        self.prepared.append(text)

    def begin(self, title: str) -> None: ...

    def step(self, epoch: int, done: int, total: int, loss: float) -> None: ...

    def epoch(self, epoch: object) -> None: ...


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Notes]:
    """Return table, output and what was told of a finished study."""
    folder, notes = tmp_path_factory.mktemp("heads"), Notes()
    table = draw_heads(folder / "data", people=7)
    keep_all(table, folder / "study" / HEADS, {"p4-0.nii": CHECK, "p6-0.nii": FAILED})
    recipe = replace(RECIPE, epochs=1, slices_per_subject=1)
    run_study(Study(table, folder / "study", recipe), notes)
    return table, folder / "study", notes


def test_a_study_of_heads_ends_in_a_bundle_that_answers_for_heads(
    study: tuple[Path, Path, Notes],
) -> None:
    bundle = load_bundle(study[1] / "bundle")

    answer = analyse_volume(straight_head(), load_model(bundle, "openvino"))

    assert len(answer.slices) == 32
    assert sum(answer.probabilities) == pytest.approx(1.0)
    assert bundle.card["data"]["heads"] == {"used": 7, "to_check": 1, "left_out": 1}
    assert bundle.card["data"]["people"] == 6
    assert bundle.card["person"]["slices_per_person"] == 32
    assert bundle.card["person"]["people"] == 6


def test_what_was_left_out_is_told(study: tuple[Path, Path, Notes]) -> None:
    _, _, told = study

    assert "p6 (p6-0.nii) is left out: There is no brain." in told.notes
    assert "p4 (p4-0.nii) is used, but look at it: The scan is noisy." in told.notes
    assert told.read == 7 * 32
    assert told.prepared[-1] == "checking file 8 of 8"


def test_the_study_can_be_evaluated(
    study: tuple[Path, Path, Notes], tmp_path: Path
) -> None:
    table, output, _ = study
    words = ["evaluate", output, "--data", table, "-o", tmp_path, "--repeats", "20"]
    with logging_kept():
        result = CliRunner().invoke(app, [str(word) for word in words])

    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "metrics.json").read_text("utf-8"))
    assert figures["data"]["people"] == 6
    assert figures["data"]["slices"] == 7 * 32
    card = (tmp_path / "model-card.md").read_text("utf-8")
    assert "- p6 (p6-0.nii) is left out: There is no brain." in card
    assert "p6 (p6-0.nii) is left out" in (tmp_path / "report.html").read_text("utf-8")
    assert not (tmp_path / HEADS).exists()
