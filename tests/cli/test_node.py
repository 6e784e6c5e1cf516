"""`alzer node`, called as a person calls it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Call = Callable[..., Result]


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("ALZER_NODE_AE_TITLE", "ATITLETHATISTOOLONG", "ALZER_NODE_AE_TITLE"),
        ("ALZER_NODE_DESTINATIONS", "pacs", "ALZER_NODE_DESTINATIONS"),
        ("ALZER_NODE_DESTINATIONS", "", "ALZER_NODE_DESTINATIONS"),
    ],
)
def test_settings_that_do_not_do_are_named(
    call: Call, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, named: str
) -> None:
    monkeypatch.setenv(variable, value)
    result = call("node")

    assert result.exit_code == 2
    assert named in result.stderr


def test_a_node_that_nothing_can_reach_does_not_start(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALZER_NODE_DESTINATIONS", "dicom://PACS@127.0.0.1:104")
    monkeypatch.setenv("ALZER_NODE_DICOM_PORT", "0")
    result = call("node")

    assert result.exit_code == 2
    assert "Nothing can come in" in result.stderr


def test_the_status_is_told_without_a_node(call: Call) -> None:
    folder = Path("alzer-data/node/series/0123")
    folder.mkdir(parents=True)
    state = {"stage": "failed", "reason": "other_contrast", "deliveries": []}
    (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
    table = call("node", "status")
    told = json.loads(call("node", "status", "--format", "json").stdout)

    assert "because of other_contrast" in table.stdout
    assert told["stages"]["failed"] == 1
    assert told["reasons"] == {"other_contrast": 1}
