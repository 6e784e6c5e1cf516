"""Settings of the node are read from the environment, and checked."""

import pytest
from pydantic import ValidationError

from alzer.node.settings import NodeSettings


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    to = "dicom://PACS@10.0.0.1:104, https://pacs.example.org/dicom-web"
    monkeypatch.setenv("ALZER_NODE_DESTINATIONS", to)
    monkeypatch.setenv("ALZER_NODE_RESULTS", "report,pdf")
    monkeypatch.setenv("ALZER_NODE_PACS_FILTERS", "Modality=MR,BodyPartExamined=HEAD")
    settings = NodeSettings()

    assert len(settings.destinations) == 2
    assert settings.results == ("report", "pdf")
    assert settings.pacs_filters == ("Modality=MR", "BodyPartExamined=HEAD")


@pytest.mark.parametrize(
    "values",
    [
        {"destinations": "pacs.example.org"},
        {"destinations": "dicom://10.0.0.1:104"},
        {"destinations": "dicom://PACS@10.0.0.1"},
        {"destinations": "dicom://ANAMETHATISTOOLONG@10.0.0.1:104"},
        {"destinations": "https://me:secret@pacs.example.org/"},
        {"pacs": "ftp://pacs.example.org"},
        {"pacs_filters": "Modality"},
        {"ae_title": "A\\B"},
        {"ae_title": "ATITLETHATISTOOLONG"},
        {"results": "picture"},
        {"quiet_seconds": "0"},
    ],
)
def test_values_that_can_not_be_meant_are_refused(values: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as failure:
        NodeSettings.model_validate(values)

    assert "secret@" not in failure.value.errors()[0]["msg"]


def test_secrets_are_not_shown() -> None:
    settings = NodeSettings.model_validate({"token": "abc123", "password": "def456"})

    assert "abc123" not in repr(settings)
    assert "def456" not in repr(settings)
