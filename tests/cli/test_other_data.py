"""What the command says of a model of other data is true of that model."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from alzer.cli import models
from alzer.errors import DamagedBundle
from other_data import FACTS_OF_OASIS, write_other_bundle

Call = Callable[..., Result]


@pytest.fixture(params=[1, 40])
def other(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Return a bundle of other data, the only one that there is."""

    def none() -> Path:
        message = "This installation ships no model."
        raise DamagedBundle(message)

    monkeypatch.setattr(models, "shipped_bundle", none)
    bundle = write_other_bundle(tmp_path / "other", moderate=request.param)
    monkeypatch.setenv("ALZER_MODEL", str(bundle))
    monkeypatch.setenv("COLUMNS", "200")
    return bundle


@pytest.mark.usefixtures("other")
def test_models_says_what_the_card_says(call: Call, other: Path) -> None:
    shown = call("models", "--model", other).stdout

    assert "Harbour cohort" in shown
    assert "Thanks to the harbour." in shown
    assert "60 No Impairment" in shown
    assert "80 % (slice), 75 % (person)" in shown
    assert not FACTS_OF_OASIS.search(shown)


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "table"])
def test_predictions_say_nothing_of_oasis(
    call: Call, other: Path, scan: Path, form: str
) -> None:
    result = call("predict", scan, "--model", other, "--format", form)

    assert result.exit_code == 0
    assert "Impairment" in result.stdout
    assert not FACTS_OF_OASIS.search(result.stdout + result.stderr)


@pytest.mark.parametrize("command", ["", "predict", "models", "serve", "train"])
def test_help_says_nothing_of_oasis(call: Call, command: str) -> None:
    assert not FACTS_OF_OASIS.search(call(*command.split(), "--help").stdout)
