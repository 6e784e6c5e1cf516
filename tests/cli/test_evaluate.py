"""`alzer evaluate` turns a study's folder into figures that can be reproduced."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import Result

from alzer.evaluation.calibration import Slices
from alzer.evaluation.made_up import MADE_UP
from alzer.evaluation.ood import OWN
from alzer.evaluation.predictions import HeldOut, write_table
from alzer.model.bundle import load_bundle
from alzer.training.tables import load_cohort
from bundles import write_bundle
from cohorts import draw_cohort
from other_data import FACTS_OF_OASIS

Call = Callable[..., Result]

QUICK = ("--repeats", "20")


def pretend_study(folder: Path, data: Path) -> Path:
    """Write the predictions and the bundle that a study of these data would leave."""
    cohort = load_cohort(data)
    generator = np.random.default_rng(0)
    for fold in cohort.fold_numbers:
        own = [each for each in cohort.slices if cohort.folds[each.subject] == fold]
        labels = np.array([each.label for each in own], np.int64)
        logits = np.eye(4)[labels] + 0.5 * generator.standard_normal((len(own), 4))
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        subjects = np.array([each.subject for each in own])
        positions = np.array([each.position for each in own])
        held_out = HeldOut(
            (fold,),
            (Slices(subjects, labels, shares),),
            (positions,),
            (np.ones(len(own)),),
        )
        for part in (folder, folder / "permuted"):
            (part / f"fold-{fold}").mkdir(parents=True)
            table = part / f"fold-{fold}" / "predictions.csv"
            table.write_bytes(write_table(held_out))
    write_bundle(
        folder / "bundle",
        ood_score=True,
        gate={"limit": 0.5, "false_alarms": 0.01},
        data={"source": None, "acknowledgement": None},
    )
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_cohort(tmp_path_factory.mktemp("data"), people=12, slices=2)


@pytest.fixture
def study(data: Path, tmp_path: Path) -> Path:
    return pretend_study(tmp_path / "study", data)


def test_a_study_becomes_figures_a_card_and_a_report(
    call: Call, study: Path, data: Path, tmp_path: Path
) -> None:
    kind = tmp_path / "others" / "noise"
    kind.mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(kind / "a.png")
    (kind / "b.png").write_bytes(b"no picture")
    more = tmp_path / "more" / "again"
    more.mkdir(parents=True)
    Image.fromarray(noise).save(more / "a.png")

    result = call(
        *("evaluate", study, "--data", data, "--output", "results", *QUICK),
        *("--model-card", "card.md"),
        *("--other-images", more.parent, "--other-images", kind.parent),
    )

    assert result.exit_code == 0, result.stderr
    figures = json.loads(Path("results/metrics.json").read_text(encoding="utf-8"))
    assert figures["data"]["people"] == 12
    assert figures["controls"]["permuted"] is not None
    assert figures["controls"]["leaky"] is None
    kinds = figures["ood"]["kinds"]
    assert figures["ood"]["judged_by"] == "everyone"
    assert [each["kind"] for each in kinds] == [OWN, *MADE_UP, "again", "noise"]
    assert kinds[-1]["images"] == 1
    assert [each["images"] for each in kinds[:-2]] == [12] * (len(MADE_UP) + 1)
    card = Path("card.md").read_text(encoding="utf-8")
    assert card == Path("results/model-card.md").read_text(encoding="utf-8")
    assert "<svg" in Path("results/report.html").read_text(encoding="utf-8")


def test_results_are_enough_to_reproduce_them(
    call: Call, study: Path, data: Path
) -> None:
    assert call("evaluate", study, "--data", data, "-o", "one", *QUICK).exit_code == 0

    bundle = ("--model", study / "bundle")
    again = call("evaluate", "one", "--data", data, "-o", "two", *bundle, *QUICK)

    assert again.exit_code == 0, again.stderr
    for name in ("metrics.json", "report.html", "predictions.csv", "permuted.csv"):
        assert (Path("one") / name).read_bytes() == (Path("two") / name).read_bytes()


def test_limits_for_persons_go_into_the_card_and_leave_the_model_as_it_is(
    call: Call, study: Path, data: Path
) -> None:
    before = load_bundle(study / "bundle")

    result = call(
        *("evaluate", study, "--data", data, "-o", "results", *QUICK), "--fit-person"
    )

    after = load_bundle(study / "bundle")
    assert result.exit_code == 0, result.stderr
    assert not before.person.calibrated
    assert after.person.calibrated
    assert after.card["person"]["people"] == 12
    assert (after.sha256, after.decision) == (before.sha256, before.decision)
    assert {name: after.card[name] for name in before.card} == before.card


def test_figures_go_into_the_card_as_the_evaluation_has_them(
    call: Call, study: Path, data: Path
) -> None:
    options = ("--data", data, "-o", "results", *QUICK, "--update-card")

    result = call("evaluate", study, *options)

    figures = json.loads(Path("results/metrics.json").read_text(encoding="utf-8"))
    card = load_bundle(study / "bundle").card
    assert result.exit_code == 0, result.stderr
    everyone = figures["per_person"]["everyone"]
    assert card["metrics"]["everyone"]["auc"] == everyone["auc"]
    assert card["baselines"]
    for row in card["baselines"]:
        measured = figures["baselines"][row["name"]]["everyone"]["auc"]["value"]
        assert row["everyone"] == measured
    assert not FACTS_OF_OASIS.search(json.dumps(card["limitations"]))


def test_figures_of_other_networks_do_not_go_into_a_card(
    call: Call, study: Path, data: Path
) -> None:
    path = study / "bundle" / "card.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    folds = {fold: {"people": 3, "auc": 0.5} for fold in "01234"}
    path.write_text(json.dumps({**card, "per_fold": folds}), encoding="utf-8")
    before = path.read_bytes()
    options = ("--data", data, "-o", "results", *QUICK, "--update-card")

    result = call("evaluate", study, *options)

    assert result.exit_code == 2
    assert "not of the networks that the bundle's card describes" in result.stderr
    assert path.read_bytes() == before
    assert not Path("results").exists()


def test_a_second_opinion_goes_into_the_card_beside_the_limits_for_persons(
    call: Call, study: Path, data: Path
) -> None:
    before = load_bundle(study / "bundle")

    result = call(
        *("evaluate", study, "--data", data, "-o", "results", *QUICK),
        *("--fit-person", "--fit-second-opinion"),
    )

    after = load_bundle(study / "bundle")
    assert result.exit_code == 0, result.stderr
    assert before.second_opinion is None
    assert after.second_opinion is not None
    assert after.person.calibrated
    assert after.sha256 == before.sha256
    assert {name: after.card[name] for name in before.card} == before.card
    figures = json.loads(Path("results/metrics.json").read_text(encoding="utf-8"))
    assert figures["second_opinion"] == after.card["second_opinion"]
    told = Path("results/model-card.md").read_text(encoding="utf-8")
    value = figures["second_opinion"]["person"]["everyone"]["auc"]["value"]
    assert "Second opinion" in told
    assert f"{value:.2f}" in told


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("nowhere",), "There is no folder 'nowhere'"),
        ((".",), "no fold"),
    ],
)
def test_what_is_no_study_is_named(
    call: Call, data: Path, words: tuple[str, ...], reason: str
) -> None:
    result = call("evaluate", *words, "--data", data, "-o", "results", *QUICK)

    assert result.exit_code == 2
    assert reason in result.stderr
    assert not Path("results").exists()


def test_kinds_of_the_same_name_are_named(
    call: Call, study: Path, data: Path, tmp_path: Path
) -> None:
    for parent in ("one", "two"):
        (tmp_path / parent / "noise").mkdir(parents=True)

    result = call(
        *("evaluate", study, "--data", data, "-o", "results", *QUICK),
        *("--other-images", tmp_path / "one", "--other-images", tmp_path / "two"),
    )

    assert result.exit_code == 2
    assert "Two folders of images are named 'noise'" in result.stderr


def test_an_empty_folder_of_kinds_is_named(
    call: Call, study: Path, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "none").mkdir()

    result = call(
        *("evaluate", study, "--data", data, "-o", "results", *QUICK),
        *("--other-images", tmp_path / "none"),
    )

    assert result.exit_code == 2
    assert "no folders of images" in result.stderr


def test_results_that_cannot_be_written_are_named(
    call: Call, study: Path, data: Path
) -> None:
    Path("results").write_text("in the way", encoding="utf-8")

    result = call("evaluate", study, "--data", data, "-o", "results", *QUICK)

    assert result.exit_code == 1
    assert "can't be written" in result.stderr


def test_without_the_extra_it_says_what_to_install(
    call: Call, study: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    monkeypatch.delitem(sys.modules, "alzer.evaluation.baselines", raising=False)

    result = call("evaluate", study, "--data", data, "-o", "results", *QUICK)

    assert result.exit_code == 1
    assert "'.[train]'" in result.stderr
