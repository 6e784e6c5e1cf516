"""What a network looks at decides which alterations change its answer."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from alzer.errors import InvalidRequest
from alzer.evaluation.calibration import Slices
from alzer.evaluation.networks import Calibration
from alzer.evaluation.predictions import HeldOut
from alzer.evaluation.robustness import (
    ALTERATIONS,
    FORMATS,
    ORIGINAL,
    AlteredResult,
    PersonSlice,
    alter_and_ask,
    choose_people,
)
from alzer.evaluation.robustness_figures import NEIGHBOURS, robustness_figures
from alzer.evaluation.robustness_table import read_altered, write_altered
from alzer.model.bundle import load_bundle
from alzer.model.decision import Decision
from alzer.model.engine import Model, load_model
from alzer.scans.formats import read_slice
from bundles import write_bundle
from phantoms import as_png, draw_brain

PEOPLE = 3

PLAIN = {"fold-0": Calibration(1.0, Decision())}

NOBODY = HeldOut((), (), (), ())


def brightness_reader(folder: Path, level: float = 0.0) -> Model:
    """Return a model whose first class is bright slices, and whose last dark ones.

    Args:
        folder: For its bundle.
        level: Mean of the input at which it changes its mind.
    """
    biases = (-level, -100.0, -100.0, level)
    write_bundle(folder, weights=(1.0, 0.0, 0.0, -1.0), biases=biases)
    return load_model(load_bundle(folder), precision="fp32")


@pytest.fixture(scope="module")
def slices() -> list[PersonSlice]:
    scans = [read_slice(as_png(draw_brain(seed=place))) for place in range(PEOPLE)]
    return [
        PersonSlice(f"p{place}", 7, scan, "fold-0") for place, scan in enumerate(scans)
    ]


@pytest.fixture(scope="module")
def results(
    slices: list[PersonSlice], tmp_path_factory: pytest.TempPathFactory
) -> list[AlteredResult]:
    """Return the answers of a network that is undecided between bright and dark."""
    folder = tmp_path_factory.mktemp("model")
    seen = alter_and_ask(slices, {"fold-0": brightness_reader(folder / "any")})
    own = [
        each.answer.logits[0]
        for each in seen
        if each.alteration == ORIGINAL and each.answer
    ]
    middle = float(np.min(own)) - 0.02
    return alter_and_ask(
        slices, {"fold-0": brightness_reader(folder / "undecided", middle)}
    )


def rows_of(results: Sequence[AlteredResult]) -> dict[str, dict[str, float]]:
    found = robustness_figures(results, PLAIN, NOBODY)
    return {row["alteration"]: row for row in found["rows"]}


def test_a_network_that_reads_brightness_flips_when_it_gets_darker(
    results: list[AlteredResult],
) -> None:
    rows = rows_of(results)

    assert rows["gamma 1.5"]["flips"] == PEOPLE
    assert rows["gamma 1.5"]["low"] > 0.4
    assert rows["gamma 0.7"]["flips"] == 0
    changes = [rows[f"gamma {power}"]["median_change"] for power in (1.1, 1.25, 1.5)]
    assert changes == sorted(changes)


def test_what_changes_nothing_changes_no_answer(results: list[AlteredResult]) -> None:
    rows = rows_of(results)

    for name in (*FORMATS, "mirror image", "turned by 180 degrees"):
        assert rows[name]["flips"] == 0
        assert rows[name]["90th_percentile_of_change"] == 0.0
    assert set(rows) == {*FORMATS, *ALTERATIONS}
    assert {row["pairs"] for row in rows.values()} == {PEOPLE}


def test_results_do_not_depend_on_who_else_is_asked(
    slices: list[PersonSlice], tmp_path: Path
) -> None:
    model = brightness_reader(tmp_path)

    alone = alter_and_ask(slices[2:3], {"fold-0": model})
    together = alter_and_ask(slices[1:3], {"fold-0": model})

    assert alone == [each for each in together if each.subject == "p2"]


def test_tables_are_enough_to_reproduce_figures(
    results: list[AlteredResult], tmp_path: Path
) -> None:
    table = tmp_path / "robustness.csv"
    table.write_bytes(write_altered(results))

    again = read_altered(table)

    assert write_altered(again) == table.read_bytes()
    flips = {name: row["flips"] for name, row in rows_of(results).items()}
    assert {name: row["flips"] for name, row in rows_of(again).items()} == flips
    table.write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(InvalidRequest, match=r"robustness\.csv"):
        read_altered(table)


def test_refused_slices_count_as_refused_and_not_as_changed(
    results: list[AlteredResult],
) -> None:
    refused = [
        AlteredResult(each.subject, 7, "fold-0", each.alteration, None, "Odd.")
        if (each.alteration, each.subject) == ("tight mask", "p0")
        else each
        for each in results
        if each.alteration in {ORIGINAL, "tight mask"}
    ]

    row = rows_of(refused)["tight mask"]

    assert (row["pairs"], row["refused"]) == (PEOPLE - 1, 1)


def test_a_missing_network_is_named(slices: list[PersonSlice]) -> None:
    with pytest.raises(InvalidRequest, match="no network of fold-0"):
        alter_and_ask(slices, {})


def held_out(predicted: Sequence[Sequence[int]], positions: Sequence[int]) -> HeldOut:
    """Return predictions of one fold: the class of each slice of each person."""
    shares = 0.1 + 0.6 * np.eye(4)[np.concatenate(predicted)]
    names = np.repeat([f"p{k}" for k in range(len(predicted))], len(positions))
    slices = Slices(names, np.zeros(len(names), np.int64), shares)
    places = np.tile(np.array(positions), len(predicted))
    return HeldOut((0,), (slices,), (places,), (np.zeros(len(names)),))


def test_neighbouring_slices_are_compared_within_people_only() -> None:
    # Slices 0 to 2 and 5: two pairs of neighbours each.
    found = held_out([[0, 0, 1, 2], [1, 1, 1, 0], [2, 2, 2, 2]], (0, 1, 2, 5))

    (row,) = robustness_figures([], PLAIN, found, repeats=100)["rows"]

    assert row["alteration"] == NEIGHBOURS
    assert (row["pairs"], row["flips"]) == (6, 1)
    assert row["value"] == pytest.approx(1 / 6, abs=1e-4)
    assert row["low"] <= row["value"] <= row["high"]
    assert row["median_change"] == 0.0


def test_neighbours_are_found_in_any_order_of_rows() -> None:
    ordered, mixed = held_out([[0, 0, 1]], (0, 1, 2)), held_out([[1, 0, 0]], (2, 0, 1))

    one, other = (
        robustness_figures([], PLAIN, each)["rows"] for each in (ordered, mixed)
    )

    assert one == other


def test_people_are_spread_over_all_and_always_the_same() -> None:
    names = [f"p{k:03}" for k in range(200)]

    chosen = choose_people(names[::-1], 100)

    assert chosen == names[::2]
    assert choose_people(names[:3], 100) == names[:3]
