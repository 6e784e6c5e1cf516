"""`alzer models` shows cards, and checks the models behind them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from alzer import engine_choice
from alzer.cli import models
from alzer.cli.models import score_rows
from alzer.errors import DamagedBundle
from alzer.model.bundle import read_card, shipped_bundle
from alzer.settings import Settings
from alzer.volumes.addon import FOLDER, Addon
from bundles import write_bundle
from tfjs_models import small_addon

Call = Callable[..., Result]

CARD: dict[str, Any] = {
    "created": "2026-01-02",
    "data": {
        "source": "OASIS-1",
        "people": 200,
        "slices": 6400,
        "acknowledgement": "Thanks to everyone.",
    },
    "metrics": {
        "everyone": {
            "people": 200,
            "auc": {"value": 0.8123, "low": 0.75, "high": 0.869},
        },
        "age_60_and_over": {
            "people": 172,
            "auc": {"value": None, "low": None, "high": None},
        },
    },
    "baselines": [
        {"name": "age alone", "everyone": 0.61, "age_60_and_over": None},
    ],
    "limitations": ["Not a [medical] device."],
}


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write_bundle(tmp_path / "shipped", **CARD)
    monkeypatch.setattr(models, "shipped_bundle", lambda: folder)
    return folder


def test_the_second_opinion_is_told_with_its_area(call: Call) -> None:
    result = call("models")

    person = read_card(shipped_bundle())["second_opinion"]["person"]
    value = person["age_60_and_over"]["auc"]["value"]
    assert "second opinion" in result.stdout
    assert f"over {value:.2f} (" in " ".join(result.stdout.split())


def test_figures_stand_beside_what_they_must_beat() -> None:
    assert list(score_rows(CARD)) == [
        (
            "this model, on people it never saw",
            "0.81 (0.75 to 0.87), 200 people",
            "not measured",
        ),
        ("age alone", "0.61", ""),
    ]


def test_the_chosen_model_comes_first_then_the_shipped_one(
    call: Call, shipped: Path
) -> None:
    cards = json.loads(call("models", "--format", "json").stdout)
    again = json.loads(call("models", "--model", shipped, "-f", "json").stdout)

    assert [card.get("created") for card in cards] == [None, "2026-01-02"]
    assert [card["created"] for card in again] == ["2026-01-02"]


def test_people_see_identity_data_figures_and_limits(call: Call, shipped: Path) -> None:
    result = call("models", "--model", shipped, env={"COLUMNS": "120"})

    assert result.exit_code == 0
    for fact in (
        "tiny 7",
        json.loads((shipped / "card.json").read_text("utf-8"))["model_sha256"],
        "193 x 161",
        "OASIS-1: 200 people, 6400 slices",
        "Thanks to everyone.",
        "0.81 (0.75 to 0.87)",
        "age alone",
        "Not a [medical] device.",
    ):
        assert fact in result.stdout


def test_without_a_shipped_model_the_chosen_one_is_shown(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> Path:
        message = "This installation ships no model."
        raise DamagedBundle(message)

    monkeypatch.setattr(models, "shipped_bundle", none)
    chosen = call("models")
    monkeypatch.delenv("ALZER_MODEL")
    absent = call("models")

    assert "tiny 7" in chosen.stdout
    assert absent.exit_code == 1
    assert "ships no model" in absent.stderr


def test_an_altered_model_is_not_listed_as_if_nothing_were(
    call: Call, shipped: Path
) -> None:
    (shipped / "model.onnx").write_bytes(b"other")
    result = call("models")

    assert result.exit_code == 1
    assert "SHA-256" in result.stderr


def test_a_card_without_intervals_shows_the_value_alone() -> None:
    card = {"metrics": {"everyone": {"people": 9, "auc": {"value": 0.7}}}}

    assert list(score_rows(card)) == [
        ("this model, on people it never saw", "0.70, 9 people", "not measured")
    ]


def test_what_a_card_says_is_neither_obeyed_nor_taken_for_markup(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_bundle(tmp_path / "odd", **CARD, version="[red]\x1b[31m")
    monkeypatch.setattr(models, "shipped_bundle", lambda: folder)
    shown = call("models").stdout

    assert r"[red]\x1b[31m" in shown


def test_models_tells_what_runs_the_model(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    timings = {"openvino fp32": 20.0, "onnxruntime fp32": 12.0}
    monkeypatch.setattr(engine_choice, "measure_apart", lambda *_: timings)
    monkeypatch.setenv("ALZER_ENGINE", "auto")
    before = json.loads(call("models", "-f", "json").stdout)[0]["runs_on"]
    engine_choice.choose_engine(Settings(), measure=True)
    after = json.loads(call("models", "-f", "json").stdout)[0]["runs_on"]
    table = call("models", env={"COLUMNS": "120"}).stdout

    assert (before["precision"], before["timings_ms"]) == ("bf16-checked", {})
    assert (after["engine"], after["timings_ms"]) == ("onnxruntime", timings)
    assert "onnxruntime fp32 12.0 ms" in table


@pytest.fixture
def addon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Addon:
    """Return an add-on whose files lie in `copied`, with nobody to fetch it from."""
    found = small_addon(tmp_path / "copied", "http://127.0.0.1:9/")
    monkeypatch.setattr(models, "ADDONS", {found.name: found})
    return found


@pytest.mark.usefixtures("shipped", "addon")
def test_an_add_on_is_listed_with_the_command_that_installs_it(call: Call) -> None:
    shown = call("models", env={"COLUMNS": "120"}).stdout
    cards = json.loads(call("models", "--format", "json").stdout)

    assert "not installed; `alzer models fetch structures` installs it" in shown
    assert len(cards) == 2


@pytest.mark.usefixtures("shipped", "addon")
def test_an_add_on_that_was_copied_is_installed_and_listed(
    call: Call, tmp_path: Path
) -> None:
    result = call("models", "fetch", "structures", "--from", tmp_path / "copied")
    shown = call("models").stdout
    cards = json.loads(call("models", "--format", "json").stdout)

    assert result.exit_code == 0
    assert "Installed A small network (MIT)" in result.stdout
    assert "structures add-on, installed" in shown
    assert cards[-1]["name"] == "structures"
    assert cards[-1]["kind"] == "add-on"
    assert set(cards[-1]["sha256"]) == {"model.json", "model.bin"}


@pytest.mark.usefixtures("shipped", "addon")
def test_an_add_on_of_another_digest_is_refused_and_nothing_is_written(
    call: Call, tmp_path: Path
) -> None:
    path = tmp_path / "copied" / "model.bin"
    path.write_bytes(path.read_bytes()[::-1])
    result = call("models", "fetch", "structures", "--from", tmp_path / "copied")

    assert result.exit_code == 1
    assert "model.bin has the SHA-256" in result.stderr
    assert not (tmp_path / "alzer-data" / FOLDER).exists()


@pytest.mark.usefixtures("shipped", "addon")
def test_an_installed_add_on_that_was_altered_is_not_listed_as_if_nothing_were(
    call: Call, tmp_path: Path
) -> None:
    call("models", "fetch", "structures", "--from", tmp_path / "copied")
    (tmp_path / "alzer-data" / FOLDER / "structures" / "model.bin").write_bytes(b"?")
    result = call("models")

    assert result.exit_code == 1
    assert "model.bin ends after 1 of" in result.stderr


@pytest.mark.usefixtures("shipped", "addon")
def test_without_network_the_way_round_is_told(call: Call, tmp_path: Path) -> None:
    result = call("models", "fetch", "structures")

    assert result.exit_code == 1
    assert "--from" in result.stderr
    assert not (tmp_path / "alzer-data" / FOLDER).exists()


@pytest.mark.usefixtures("shipped", "addon")
def test_an_unknown_add_on_is_a_wrong_call(call: Call) -> None:
    result = call("models", "fetch", "other")

    assert result.exit_code == 2
    assert "choose structures" in result.stderr
