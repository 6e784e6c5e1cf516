"""No library is installed, or allowed, in a version with a known hole."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]

FLOORS = {
    "fastapi": "0.165",  # earlier ones ignore body limits without a word
    "starlette": "1.6",  # CVE-2026-48710: a Host header that changes the path
    "python-multipart": "0.0.32",  # CVE-2026-42561: endless headers of a part
    "h11": "0.16",  # CVE-2025-43859: lenient chunks, request smuggling
    "pillow": "13.0.0",  # CVE-2026-96639
    "pydicom": "3.0.2",  # CVE-2026-32711: a DICOMDIR leads out of the folder
    "onnx": "1.23",  # CVE-2026-27489: external data lead out of the folder
    "torch": "2.13.0",  # one version, the one that is tested
}


def declared() -> dict[str, Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    texts = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        texts.extend(extra)
    parsed = [Requirement(text) for text in texts]
    return {each.name: each for each in parsed if each.name != "alzer"}


@pytest.mark.parametrize(("name", "floor"), FLOORS.items())
def test_what_is_allowed_is_free_of_known_holes(name: str, floor: str) -> None:
    (bound,) = declared()[name].specifier

    assert bound.operator in {">=", "=="}
    assert Version(bound.version) >= Version(floor)


@pytest.mark.parametrize(("name", "floor"), FLOORS.items())
def test_what_is_installed_is_free_of_known_holes(name: str, floor: str) -> None:
    try:
        installed = Version(version(name))
    except PackageNotFoundError:
        pytest.fail(f"{name} is not installed")

    assert installed >= Version(floor)


def test_the_serving_install_is_pinned_by_digest() -> None:
    text = (ROOT / "requirements-serve.txt").read_text("utf-8")
    pins = dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {Requirement(each).name for each in project["dependencies"]}

    assert needed <= set(pins), "run make requirements"
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", text)) >= len(pins)
    assert "torch" not in pins
    assert "://" not in text
    for name, floor in FLOORS.items():
        if name in pins:
            assert Version(pins[name]) >= Version(floor)
    constraints = (ROOT / "constraints.txt").read_text("utf-8").lower().split()
    tested = dict(each.replace("_", "-").split("==") for each in constraints)
    for name in needed & set(pins):
        assert tested[name] == pins[name], "run make requirements"


def test_the_bill_of_materials_names_every_part_of_a_serving_install(
    tmp_path: Path,
) -> None:
    requirements, bill = ROOT / "requirements-serve.txt", tmp_path / "sbom.json"
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", str(requirements)]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), "--output-file", str(bill)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - its own
    told = json.loads(bill.read_text("utf-8"))
    parts = {each["name"]: each for each in told["components"]}
    text = requirements.read_text("utf-8")
    pins = re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE)

    assert told["bomFormat"] == "CycloneDX"
    assert told["metadata"]["component"]["name"] == "alzer"
    assert {name: each["version"] for name, each in parts.items()} == dict(pins)
    for each in parts.values():
        hashes = [
            found for reference in each["externalReferences"]
            for found in reference.get("hashes", [])
        ]  # fmt: skip
        assert hashes, each["name"]
