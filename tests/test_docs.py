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
from alzer.cli.models import score_rows
from alzer.errors import AlzerError
from alzer.evaluation.card_figures import with_figures
from alzer.evaluation.person import person_section
from alzer.evaluation.predictions import read_table
from alzer.evaluation.report import write_card, write_report
from alzer.model.bundle import load_bundle, shipped_bundle
from alzer.model.engine import Model
from alzer.node.settings import NodeSettings
from alzer.settings import Settings
from alzer.web.pages import UPLOAD_PATH
from bundles import write_bundle
from phantoms import as_jpeg, draw_brain
from served import app_with

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))

# Not the README's own words: what is generated, code, addresses, names of formats.
WRITTEN = [
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"<!-- (\w+): begin -->.*?<!-- \1: end -->",
        r"```.*?```",
        r"`[^`]*`",
        r"\]\([^)]*\)|<http[^>]*>",
        r"Python [\d.]+ or later|kept for \d+ days",  # tested apart
        r"Analyze 7\.5",
    )
]
FIGURE = re.compile(
    r"(?<![\w.-])\d[\d.,]*(?: ?%)?(?![\w-])"
    r"|\b(?:two|three|nine|ten)\b(?=[^.]{0,12}(?:people|in ten|of ten|times))"
)


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

    section = person_section(held_out, card["calibration"]["temperature"])

    assert card["person"] == section, "run make evaluate"


def test_the_metrics_are_those_of_the_model_that_ships() -> None:
    metrics = json.loads(text_of("docs/evaluation/metrics.json"))
    card = load_bundle(shipped_bundle()).card

    assert metrics["model"] == {key: card[key] for key in ("name", "version")}
    # It refuses predictions of other networks.
    assert card == with_figures(card, metrics), "run make evaluate"


def test_a_figure_is_the_same_wherever_it_is_told() -> None:
    card = load_bundle(shipped_bundle()).card
    rows = list(score_rows(card))
    told = text_of("docs/model-card.md").splitlines()
    readme = text_of("README.md")

    assert len(rows) > 3
    for name, *areas in rows:
        own = name.replace("this model, on people it never saw", "this model")
        # Of the tables of the card, that of the baselines has the most columns.
        row = max((line for line in told if line.startswith(f"| {own} |")), key=len)
        for area in areas:
            assert f"| {area.split(',')[0]}" in row
        assert f"| {' | '.join((name, *areas))} |" in readme


def test_the_report_quotes_the_metrics() -> None:
    metrics = json.loads(text_of("docs/evaluation/metrics.json"))

    assert text_of("docs/evaluation/report.html") == write_report(metrics)


def test_no_figure_stands_in_the_prose_of_the_readme() -> None:
    prose = text_of("README.md").partition("## Data and licence")[0]
    for written in WRITTEN:
        prose = written.sub(" ", prose)

    assert FIGURE.findall(prose) == [], "generate it: docs/generate.py"


def test_what_the_readme_says_of_python_and_settings_is_so() -> None:
    readme = text_of("README.md")
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    days = Settings.model_fields["retention"].default.days

    assert f"Python {project['requires-python'].strip('>=')} or later" in readme
    assert f"kept for {days} days" in readme


@pytest.mark.parametrize("path", [*DECISIONS, ROOT / "benchmarks" / "README.md"])
def test_figures_of_the_past_name_their_model(path: Path) -> None:
    """Records keep the figures with which something was decided: of which model?"""
    unnamed = r"(?:model|network) that ships|shipped (?:model|network) in"

    assert not re.search(unnamed, path.read_text("utf-8"))


def test_a_decision_with_figures_of_people_names_the_model() -> None:
    for path in DECISIONS:
        if re.search(r"P\(No\)|people held out|AUC", path.read_text("utf-8")):
            assert re.search(r"alzer-resnet50 \d|first model", path.read_text("utf-8"))


def test_every_setting_is_documented() -> None:
    settings = text_of("docs/settings.md")

    assert Settings.model_fields
    for name in Settings.model_fields:
        assert f"`ALZER_{name.upper()}`" in settings
    for name in NodeSettings.model_fields:
        assert f"`ALZER_NODE_{name.upper()}`" in settings


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
            r"^## alzer ([a-z -]+)\n\n```text\n(.*?)```",
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

    thanks = load_bundle(shipped_bundle()).card["data"]["acknowledgement"]
    assert thanks in readme


def test_every_dependency_has_an_exact_version() -> None:
    pinned = re.findall(r"^([\w.-]+)==\S+$", text_of("constraints.txt"), re.MULTILINE)
    names = {re.sub(r"[-_.]+", "-", each).lower() for each in pinned}
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    named = {re.split(r"[\[<>=~!; ]", each)[0].lower() for each in chain(*lists)}
    wanted = {re.sub(r"[-_.]+", "-", each) for each in named}

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
