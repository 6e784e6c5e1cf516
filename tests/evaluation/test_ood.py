"""What checks and OOD score make of kinds, and the figures of it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alzer.evaluation.made_up import MADE_UP
from alzer.evaluation.ood import OWN, KindResult, judge_kinds
from alzer.evaluation.ood_figures import ood_figures
from alzer.evaluation.ood_sections import describe_ood
from alzer.evaluation.ood_table import read_kinds, write_kinds
from alzer.evaluation.outside import EVERYONE
from alzer.evaluation.robustness import PersonSlice
from alzer.model.bundle import load_bundle
from alzer.model.engine import Model, load_model
from alzer.scans.formats import read_slice
from bundles import write_bundle
from phantoms import as_png, draw_brain

PEOPLE = 4


def mean_reader(folder: Path, limit: float) -> Model:
    """Return a model whose OOD score is the mean of its input."""
    write_bundle(folder, ood_score=True, gate={"limit": limit})
    return load_model(load_bundle(folder), precision="fp32")


def own_slices(networks: Sequence[str]) -> list[PersonSlice]:
    return [
        PersonSlice(
            f"p{place}",
            7,
            read_slice(as_png(draw_brain(seed=place))),
            networks[place % len(networks)],
        )
        for place in range(PEOPLE)
    ]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[KindResult]:
    folder = tmp_path_factory.mktemp("ood")
    kind = folder / "others" / "photos"
    kind.mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    for name in ("a", "b", "c"):
        Image.fromarray(noise).save(kind / f"{name}.png")
    Image.new("L", (64, 64)).save(kind / "d.png")
    models = {
        "fold-0": mean_reader(folder / "0", 99.0),
        "fold-1": mean_reader(folder / "1", -99.0),
    }
    return judge_kinds(own_slices(sorted(models)), {"photos": kind}, models)


def of_kind(results: Sequence[KindResult], kind: str) -> list[KindResult]:
    return [result for result in results if result.kind == kind]


def test_people_and_what_is_made_of_them_are_judged_by_their_own_network(
    results: Sequence[KindResult],
) -> None:
    for kind in (OWN, *MADE_UP):
        found = of_kind(results, kind)
        networks = [(result.subject, result.network) for result in found]
        assert networks == [(f"p{k}", f"fold-{k % 2}") for k in range(PEOPLE)]


def test_only_slices_within_the_limit_of_their_network_pass(
    results: Sequence[KindResult],
) -> None:
    own = of_kind(results, OWN)

    assert [result.flagged for result in own] == [False, True] * 2
    assert [result.passes for result in own] == [True, False] * 2
    assert {result.refusal + result.doubt for result in own} == {""}
    boxed = of_kind(results, "grey box")
    assert not any(result.passes for result in boxed)
    assert [result.flagged for result in boxed] == [False, True] * 2


def test_other_images_are_judged_in_turn_also_when_they_are_refused(
    results: Sequence[KindResult],
) -> None:
    photos = of_kind(results, "photos")

    assert [result.subject for result in photos] == [f"{k}.png" for k in "abcd"]
    assert [result.network for result in photos] == ["fold-0", "fold-1"] * 2
    assert all(result.refusal for result in photos)
    assert [result.ood_score is None for result in photos] == [False] * 3 + [True]


def test_the_table_gives_the_same_figures(
    results: Sequence[KindResult], tmp_path: Path
) -> None:
    table = tmp_path / "ood.csv"
    table.write_bytes(write_kinds(results))

    assert read_kinds(table) == list(results)


def scored(kind: str, subject: str, score: float, limit: float = 1.0) -> KindResult:
    return KindResult(kind, subject, "fold-0", ood_score=score, ood_limit=limit)


def rows_of(results: Sequence[KindResult]) -> dict[str, dict[str, object]]:
    figures = ood_figures(results, {}, repeats=200)
    return {row["kind"]: row for row in figures["kinds"]}


def test_shares_count_each_image_where_it_is_stopped() -> None:
    found = [
        KindResult("x", "a", "fold-0", refusal="no head", ood_score=2.0, ood_limit=1.0),
        KindResult("x", "b", "fold-0", doubt="skull", ood_score=0.5, ood_limit=1.0),
        scored("x", "c", 3.0),
        scored("x", "d", 0.5),
    ]

    row = rows_of([scored(OWN, "p", 0.1), *found])["x"]

    shares = [row[name] for name in ("refused", "doubted", "flagged", "passes")]
    assert shares == [0.25, 0.25, 0.5, 0.25]
    assert (row["images"], row["subjects"]) == (4, 4)


def test_scores_of_networks_are_compared_by_their_limits() -> None:
    own = [scored(OWN, f"p{k}", 0.5 + k / 80) for k in range(9)]
    far = [scored("far", f"q{k}", 60.0 + k, limit=40.0) for k in range(9)]
    near = [scored("near", f"q{k}", 20.0 + k / 2, limit=40.0) for k in (2, 4, 6)]

    rows = rows_of([*own, *far, *near])

    assert rows["far"]["auroc"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert rows["near"]["auroc"]["value"] == 0.5  # type: ignore[index]  # plain values
    assert rows[OWN]["auroc"]["value"] is None  # type: ignore[index]  # likewise


def test_many_images_of_few_people_are_no_surer_than_one_of_each() -> None:
    random = np.random.default_rng(0)
    own = [scored(OWN, f"p{k}", float(random.normal())) for k in range(30)]
    levels = random.normal(0.7, 1.0, 12)
    one = [scored("one", f"q{k}", float(level)) for k, level in enumerate(levels)]
    many = [
        scored("many", f"q{k}", float(level + 1e-4 * random.normal()))
        for k, level in enumerate(levels)
        for _ in range(20)
    ]

    rows = rows_of([*own, *one, *many])

    widths = [
        rows[kind]["auroc"]["high"] - rows[kind]["auroc"]["low"]  # type: ignore[index]  # likewise
        for kind in ("one", "many")
    ]
    assert widths[0] > 0.1
    assert widths[1] == pytest.approx(widths[0], rel=0.25)


@pytest.mark.parametrize("judge", [EVERYONE, "fold-0"])
def test_the_section_says_who_judged(judge: str) -> None:
    results = [
        KindResult(kind, "p", judge, ood_score=1.0, ood_limit=2.0)
        for kind in (OWN, "x")
    ]

    section = describe_ood(ood_figures(results, {"gate": {"false_alarms": 0.012}}, 20))

    text = " ".join(section.text)
    assert "1.2 % of them" in text
    assert ("too easy" in text) == (judge == EVERYONE)
    assert [row[0] for row in section.tables[0].rows] == [OWN, "x"]
    assert section.tables[0].rows[1][5] == "100.0 %"


def test_the_section_says_how_to_measure() -> None:
    assert describe_ood(None).text == ["Not measured (alzer evaluate --ood)."]
