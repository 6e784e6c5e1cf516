"""`alzer fhir`, as a person calls it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from typer.testing import Result

from cli.test_report import predicted
from fhir_r4.made import components, observation, of_type

Call = Callable[..., Result]


def test_a_bundle_becomes_resources(call: Call, scan: Path) -> None:
    record = predicted(call, scan, "--bundle")
    result = call("fhir", record["bundle"], "--reference", "S-0042")
    found: dict[str, Any] = json.loads(result.stdout)
    Bundle.model_validate(found)
    parts = components(observation(found, "class-probabilities")).values()
    told = {part["code"]["text"]: part["valueQuantity"]["value"] for part in parts}

    assert result.exit_code == 0
    assert told == pytest.approx(record["class_probabilities"], abs=1e-6)
    assert scan.name not in result.stdout  # a name may be a person's
    (report,) = of_type(found, "DiagnosticReport")
    assert report["subject"]["identifier"]["value"] == "S-0042"


def test_it_is_written_to_a_file_too(call: Call, scan: Path) -> None:
    record = predicted(call, scan, "--bundle")
    shown = call("fhir", record["bundle"]).stdout
    result = call("fhir", record["bundle"], "-o", "analysis.json")

    assert result.exit_code == 0
    assert Path("analysis.json").read_text("utf-8") == shown


def test_what_is_no_bundle_is_refused(call: Call, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"PK\x03\x04")
    result = call("fhir", "x")

    assert result.exit_code == 2
    assert "no bundle" in result.stderr
