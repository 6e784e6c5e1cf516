"""`alzer audit` checks the maps of a model over a data set."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from alzer.evaluation.layout import as_markdown
from alzer.evaluation.map_check_sections import describe_map_check
from cli.conftest import Call
from cohorts import draw_cohort
from trained import TrainedStudy


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_cohort(tmp_path_factory.mktemp("people") / "data", people=6, slices=2)


def read(folder: Path) -> list[dict[str, str]]:
    with (folder / "audit.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_a_data_set_is_audited(call: Call, data: Path, tmp_path: Path) -> None:
    result = call("audit", data, "--output", tmp_path / "out", "--repeats", 20)

    assert result.exit_code == 0, result.stderr
    rows = read(tmp_path / "out")
    figures = json.loads((tmp_path / "out" / "audit.json").read_text("utf-8"))
    assert figures["people"] == figures["slices"] == len(rows) == 6
    badges = [row["badge"] for row in rows if row["badge"]]
    assert figures["shares"]["badge"]["value"] == pytest.approx(
        badges.count("True") / len(badges)
    )
    assert sum(figures["areas_beaten"].values()) == len(badges)
    assert "Audit of tiny 7: their own maps." in result.stdout
    assert "badge" in result.stdout


def test_people_and_slices_are_chosen_evenly(
    call: Call, data: Path, tmp_path: Path
) -> None:
    options = ["--people", 2, "--slices", 2, "--repeats", 20]
    call("audit", data, *options, "--control", "noise", "-o", tmp_path / "out")

    rows = read(tmp_path / "out")
    assert [row["subject"] for row in rows] == ["person-01"] * 2 + ["person-04"] * 2
    assert [row["slice"] for row in rows] == ["0", "1"] * 2


def test_each_person_is_judged_by_the_fold_that_never_saw_them(
    call: Call, trained_study: TrainedStudy, tmp_path: Path
) -> None:
    study, folder = trained_study.output, tmp_path / "out"
    options = ["--study", study, "--model", study / "bundle", "--people", 3]
    result = call("audit", trained_study.data, *options, "--repeats", 20, "-o", folder)

    assert result.exit_code == 0, result.stderr
    assert "people whom they never saw" in result.stdout
    for row in read(folder):
        person = int(row["subject"].removeprefix("person-"))
        assert row["network"] == f"fold-{person % 3}"


def test_a_folder_without_networks_is_refused(
    call: Call, data: Path, tmp_path: Path
) -> None:
    result = call("audit", data, "--study", tmp_path)

    assert result.exit_code == 2
    assert "no networks of folds" in result.stderr


def test_maps_of_randomised_weights_and_layers_are_told(
    call: Call, trained_study: TrainedStudy
) -> None:
    bundle = trained_study.output / "bundle"
    options = ["--control", "randomised", "--randomise-layers", "--people", 1]
    result = call(
        "audit", trained_study.data, "--model", bundle, *options, "--repeats", 20
    )

    assert result.exit_code == 0, result.stderr
    assert "maps of randomised weights" in result.stdout
    for stage in ("fc", "layer4", "layer1", "conv1"):
        assert stage in result.stdout


def test_a_card_tells_how_the_maps_of_people_held_out_do(
    call: Call, trained_study: TrainedStudy, tmp_path: Path
) -> None:
    study, model = trained_study.output, tmp_path / "model"
    shutil.copytree(study / "bundle", model)
    before = json.loads((model / "card.json").read_text("utf-8"))
    options = ["--study", study, "--model", model, "--people", 3, "--repeats", 20]

    result = call(
        "audit", trained_study.data, *options, "--update-card", "-o", tmp_path
    )

    assert result.exit_code == 0, result.stderr
    figures = json.loads((tmp_path / "audit.json").read_text("utf-8"))
    card = json.loads((model / "card.json").read_text("utf-8"))
    told = card.pop("map_check")
    assert card == before
    assert told["people"] == 3
    assert told["shares"]["badge"] == pytest.approx(
        figures["shares"]["badge"], abs=1e-4
    )
    words = as_markdown("", [describe_map_check(told)])
    assert "3 slices of 3 people held out" in words
    assert f"{100 * told['shares']['badge']['value']:.0f} %" in words


def test_a_card_tells_what_stays_of_maps_when_weights_are_dealt_anew(
    call: Call, trained_study: TrainedStudy, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    shutil.copytree(trained_study.output / "bundle", model)
    before = json.loads((model / "card.json").read_text("utf-8"))
    options = ["--model", model, "--people", 2, "--repeats", 20, "--randomise-layers"]

    result = call("audit", trained_study.data, *options, "--update-card")

    assert result.exit_code == 0, result.stderr
    card = json.loads((model / "card.json").read_text("utf-8"))
    told = card.pop("map_layers")
    assert card == before
    assert told["people"] == 2
    assert next(iter(told["stages"])) == "fc"
    assert all(-1.0 <= each["value"] <= 1.0 for each in told["stages"].values())


@pytest.mark.parametrize("wrong", [[], ["--control", "noise"]])
def test_no_card_tells_of_people_whom_the_model_has_seen(
    call: Call, trained_study: TrainedStudy, wrong: list[str]
) -> None:
    study = ["--study", trained_study.output] if wrong else []
    result = call("audit", trained_study.data, *study, *wrong, "--update-card")

    assert result.exit_code == 2
    assert "--update-card tells how the maps of people held out do" in result.stderr
