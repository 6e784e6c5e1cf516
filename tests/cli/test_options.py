"""Options stand above settings."""

import pytest

from alzer.cli.options import read_settings
from alzer.errors import InvalidRequest


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
