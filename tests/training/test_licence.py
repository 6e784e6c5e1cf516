"""No licence is claimed that nobody gave."""

from pathlib import Path

from alzer.model.bundle import load_bundle, shipped_bundle
from alzer.training.licence import licence_text, usual_licence
from bundles import write_bundle


def test_only_the_model_that_ships_has_a_licence_of_its_own(tmp_path: Path) -> None:
    assert usual_licence(load_bundle(shipped_bundle())) == "Apache-2.0"
    assert usual_licence(load_bundle(write_bundle(tmp_path))) == "not stated"


def test_its_text_is_the_licence_or_leads_there() -> None:
    assert "apache.org/licenses" in licence_text("Apache-2.0").lower()
    assert "not stated" in licence_text("not stated")
