"""Options stand above settings."""

from pathlib import Path

import pytest

from alzer.cli.options import read_settings, start_model
from alzer.errors import DamagedBundle, InvalidRequest


def test_an_option_overrides_its_setting_and_none_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALZER_PORT", "1234")
    monkeypatch.setenv("ALZER_HOST", "::1")
    settings = read_settings(port=4321, host=None)

    assert settings.port == 4321
    assert settings.host == "::1"


def test_an_unusable_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALZER_MAX_WAITING", "many")

    with pytest.raises(InvalidRequest, match="ALZER_MAX_WAITING is not usable"):
        read_settings()


def test_the_model_is_the_one_of_the_settings(bundle: Path) -> None:
    model = start_model(read_settings(model=bundle, engine="onnxruntime"))

    assert model.identity.name == "tiny"
    assert model.identity.engine == "onnxruntime"


def test_a_bundle_that_is_not_there_is_a_foreseen_failure(tmp_path: Path) -> None:
    with pytest.raises(DamagedBundle):
        start_model(read_settings(model=tmp_path))
