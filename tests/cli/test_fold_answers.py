"""`alzer evaluate` asks the folds' networks of slices from outside and altered ones."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from alzer.evaluation.ood_table import read_kinds
from alzer.evaluation.outside_table import read_results
from alzer.evaluation.robustness import ALTERATIONS, FORMATS
from alzer.model.bundle import load_bundle
from cohorts import write_table
from phantoms import as_png, draw_brain
from trained import TrainedStudy

Call = Callable[..., Result]

QUICK = ("--repeats", "20")


@pytest.fixture
def data(trained_study: TrainedStudy) -> Path:
    return trained_study.data


@pytest.fixture
def study(trained_study: TrainedStudy, tmp_path: Path) -> Path:
    """Return a copy whose card may be written."""
    return Path(shutil.copytree(trained_study.output, tmp_path / "study"))


def draw_outside(folder: Path, *, known: bool = True, people: int = 8) -> Path:
    """Draw two visits each of people, of whom half are in the training data."""
    rows = []
    for person in range(people):
        subject = f"person-{person:02}" if known and person < people // 2 else ""
        for visit in range(2):
            file = f"{person}-{visit}.png"
            brain = draw_brain((120, 100), 0.06 + 0.1 * (person % 2), 100 + person)
            (folder / file).write_bytes(as_png(brain))
            rows.append(
                {
                    "file": file,
                    "person": f"visitor-{person}",
                    "subject": subject,
                    "fold": person % 3 if subject else "",
                    "cdr": 0.5 * (person % 2),
                    "visit": visit + 1,
                    "age": 60 + person,
                    "nwbv": 0.8 - 0.01 * (person % 2),
                }
            )
    rows.append({**rows[-1], "file": "", "visit": 3})
    write_table(folder / "outside.csv", rows)
    return folder / "outside.csv"


def figures_of(folder: str) -> dict[str, object]:
    figures = json.loads(Path(folder, "metrics.json").read_text(encoding="utf-8"))
    assert isinstance(figures, dict)
    return figures


def test_networks_are_asked_once_and_their_tables_give_the_same_figures(
    call: Call, study: Path, data: Path, tmp_path: Path
) -> None:
    table = draw_outside(tmp_path)
    first = call(
        *("evaluate", study, "--data", data, "-o", "one", *QUICK),
        *("--outside", table, "--robustness", "--robustness-people", "2"),
        *("--ood", "--update-card"),
    )
    assert first.exit_code == 0, first.stderr

    # No network of a fold, and no slice from outside, is at hand any more.
    bundle = ("--model", study / "bundle")
    again = call("evaluate", "one", "--data", data, "-o", "two", *bundle, *QUICK)

    assert again.exit_code == 0, again.stderr
    for name in (
        "metrics.json",
        "report.html",
        "outside.csv",
        "robustness.csv",
        "ood.csv",
    ):
        assert (Path("one") / name).read_bytes() == (Path("two") / name).read_bytes()

    answers = read_results(Path("one", "outside.csv"))
    networks = {each.session.person: each.network for each in answers}
    assert [networks[f"visitor-{k}"] for k in range(8)] == [
        *("fold-0", "fold-1", "fold-2", "fold-0"),
        *["everyone"] * 4,
    ]
    card = load_bundle(study / "bundle").card
    assert card["outside"]["sessions"] == 16
    assert card["outside"]["judged_by_folds"] == 8
    assert [each["sessions"] for each in card["outside"]["not_judged"]] == [1]
    rows = [each["alteration"] for each in card["robustness"]["rows"]]
    assert rows[:-1] == [*FORMATS, *ALTERATIONS]
    judged = read_kinds(Path("one", "ood.csv"))
    folds = {each.subject: each.network for each in judged}
    assert folds == {f"person-{k:02}": f"fold-{k % 3}" for k in range(12)}
    assert card["ood"] == figures_of("one")["ood"]
    assert card["ood"]["judged_by"] == "folds"
    report = Path("one", "report.html").read_text(encoding="utf-8")
    assert report.count("<figure>") == 10
    assert "16 sessions of 8 people were judged" in report


def test_people_unknown_to_a_study_need_no_networks_of_folds(
    call: Call, study: Path, data: Path, tmp_path: Path
) -> None:
    assert call("evaluate", study, "--data", data, "-o", "one", *QUICK).exit_code == 0
    table = draw_outside(tmp_path, known=False, people=4)

    bundle = ("--model", study / "bundle")
    result = call(
        *("evaluate", "one", "--data", data, "-o", "two", *bundle, *QUICK),
        *("--outside", table),
    )

    assert result.exit_code == 0, result.stderr
    figures = figures_of("two")
    assert figures["outside"]["judged_by_the_model_for_everyone"] == 8  # type: ignore[index]  # plain values
    assert figures["robustness"] is None


@pytest.mark.parametrize("option", ["--outside", "--robustness"])
def test_without_networks_it_says_what_is_missing(
    call: Call, study: Path, data: Path, tmp_path: Path, option: str
) -> None:
    assert call("evaluate", study, "--data", data, "-o", "one", *QUICK).exit_code == 0
    table = draw_outside(tmp_path, people=2)
    rows = table.read_text(encoding="utf-8").splitlines(keepends=True)
    of_training = [row for row in rows if "file" in row or "person-" in row]
    table.write_text("".join(of_training), encoding="utf-8")
    words = (option, table) if option == "--outside" else (option,)

    result = call("evaluate", "one", "--data", data, "-o", "two", *QUICK, *words)

    assert result.exit_code == 2
    assert "networks of a study's folds" in " ".join(result.stderr.split())


def test_a_table_that_would_leak_is_refused_before_anything_is_judged(
    call: Call, study: Path, data: Path, tmp_path: Path
) -> None:
    table = draw_outside(tmp_path, people=2)
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("person-00,0", "person-00,1"), encoding="utf-8")

    result = call(
        *("evaluate", study, "--data", data, "-o", "one", *QUICK), "--outside", table
    )

    assert result.exit_code != 0
    assert "the network of the other fold has seen them" in result.stderr
    assert not Path("one").exists()
