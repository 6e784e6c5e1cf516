"""Documents say what the code does."""

import importlib.util
import json
import re
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import ModuleType

import pytest
from typer.main import get_command

from alzer import __version__
from alzer.cli.app import app
from alzer.errors import AlzerError
from alzer.evaluation.layout import Section, as_markdown
from alzer.evaluation.person import person_section
from alzer.evaluation.person_words import coverage_table, pooling_table
from alzer.evaluation.predictions import read_table
from alzer.evaluation.report import write_card
from alzer.model.bundle import load_bundle, shipped_bundle
from alzer.model.engine import Model
from alzer.settings import Settings
from alzer.training.card import OASIS_ACKNOWLEDGEMENT
from alzer.web.pages import UPLOAD_PATH
from bundles import write_bundle
from phantoms import as_jpeg, draw_brain
from served import app_with

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def text_of(*names: str) -> str:
    return "\n".join((ROOT / name).read_text("utf-8") for name in names)


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """Return docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_documents_are_current(generate: ModuleType) -> None:
    for path, text in generate.references().items():
        assert path.read_text("utf-8") == text, f"{path.name}: run make docs"


def test_the_figures_of_the_readme_are_those_of_the_card(generate: ModuleType) -> None:
    assert text_of("README.md") == generate.readme(), "run make docs"


def test_the_model_card_quotes_the_metrics() -> None:
    metrics = json.loads(text_of("docs/evaluation/metrics.json"))

    assert text_of("docs/model-card.md") == write_card(metrics), "run make evaluate"


def test_the_limits_for_persons_are_those_of_the_predictions_that_are_kept() -> None:
    held_out = read_table(DOCS / "evaluation" / "predictions.csv")
    card = load_bundle(shipped_bundle()).card

    assert card["person"] == person_section(held_out), "run make evaluate"


def test_the_decision_on_persons_quotes_the_metrics() -> None:
    figures = json.loads(text_of("docs/evaluation/metrics.json"))["person"]
    tables = [pooling_table(figures), coverage_table(figures)]
    written = as_markdown("", [Section("", tables=tables)])

    for row in (line for line in written.splitlines() if line.startswith("|")):
        assert row in text_of("docs/decisions/0019-one-answer-per-person.md")


def test_the_metrics_are_those_of_the_model_that_ships() -> None:
    metrics = json.loads(text_of("docs/evaluation/metrics.json"))
    card = load_bundle(shipped_bundle()).card

    assert metrics["model"] == {key: card[key] for key in ("name", "version")}
    for cohort, figures in metrics["per_person"].items():
        measured, shipped = figures["auc"], card["metrics"][cohort]["auc"]
        assert figures["people"] == card["metrics"][cohort]["people"]
        for key, value in measured.items():
            assert value == pytest.approx(shipped[key], abs=0.005)
    for fold, area in metrics["per_fold"].items():
        assert area == pytest.approx(card["per_fold"][fold]["auc"], abs=0.005)


def test_every_setting_is_documented() -> None:
    settings = text_of("docs/settings.md")

    assert Settings.model_fields
    for name in Settings.model_fields:
        assert f"`ALZER_{name.upper()}`" in settings


def test_every_error_code_is_documented_and_unique(generate: ModuleType) -> None:
    errors = text_of("docs/errors.md")
    codes = [each.code for each in generate.descendants(AlzerError)]

    assert len(codes) == len(set(codes)) > 20
    for code in codes:
        assert f"`{code}`" in errors


def test_every_address_is_documented(model: Model, tmp_path: Path) -> None:
    app = app_with(model, data_dir=tmp_path)
    service = text_of("docs/how-to/http-service.md")

    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            assert f"`{method.upper()} {path}`" in service
    assert f"`GET {UPLOAD_PATH}`" in service


def command_names(command: object, *words: str) -> Iterator[str]:
    """Yield the words that call each command below one."""
    for name, below in getattr(command, "commands", {}).items():
        yield " ".join([*words, name])
        yield from command_names(below, *words, name)


def test_every_command_is_documented() -> None:
    reference = text_of("docs/how-to/command-line.md")
    sections = dict(
        re.findall(
            r"^## alzer ([a-z ]+)\n\n```text\n(.*?)```",
            reference,
            re.MULTILINE | re.DOTALL,
        )
    )

    names = list(command_names(get_command(app)))

    assert {"serve", "predict", "tokens", "tokens create"} <= set(names)
    assert sorted(sections) == sorted(names)
    for name, section in sections.items():
        assert section.startswith(f"Usage: alzer {name} ")


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text("utf-8"))
        if "://" not in target and not (path.parent / target).exists()
    ]

    assert broken == []


def test_the_readme_begins_with_two_commands() -> None:
    first_screen = "\n".join(text_of("README.md").splitlines()[:20])

    assert "make serve" in first_screen
    assert "make test" in first_screen
    assert "not a medical device" in first_screen


def test_the_python_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", text_of("README.md"), re.DOTALL)
    bundle = write_bundle(tmp_path / "bundle")
    monkeypatch.setattr("alzer.model.bundle.shipped_bundle", lambda: bundle)
    monkeypatch.chdir(tmp_path)
    Path("slice.jpg").write_bytes(as_jpeg(draw_brain()))
    exec(compile(program, "README.md", "exec"), {})  # noqa: S102 - our own program

    assert "Impairment" in capsys.readouterr().out
    assert Path("heatmap.png").read_bytes().startswith(b"\x89PNG")


def test_versions_agree() -> None:
    citation = text_of("CITATION.cff")
    project = tomllib.loads(text_of("pyproject.toml"))["project"]

    assert f"version: {__version__}\n" in citation
    own, *_ = project["license"].split(" AND ")
    assert f"license: {own}\n" in citation


def test_the_data_are_acknowledged_wherever_the_model_is_shown() -> None:
    readme = " ".join(text_of("README.md").split())

    assert OASIS_ACKNOWLEDGEMENT in readme


def test_every_dependency_has_an_exact_version() -> None:
    pinned = re.findall(r"^([\w.-]+)==\S+$", text_of("constraints.txt"), re.MULTILINE)
    names = {re.sub(r"[-_.]+", "-", each).lower() for each in pinned}
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = {re.split(r"[\[<>=~!; ]", each)[0].lower() for each in chain(*lists)}

    assert wanted - {"alzer"} <= names
    assert len(pinned) == len(text_of("constraints.txt").splitlines())


def test_every_threat_names_tests_that_there_are() -> None:
    rows = [
        line.split("|")
        for line in text_of("docs/threat-model.md").splitlines()
        if line.startswith("| ") and not line.startswith("| threat")
    ]

    assert len(rows) > 20
    for _, threat, _, shown, _ in rows:
        named = re.findall(r"`([\w/]+\.py)`", shown)
        assert named, threat
        for each in named:
            below = ROOT if each.startswith("benchmarks/") else ROOT / "tests"
            assert (below / each).is_file(), each
