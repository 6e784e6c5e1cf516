"""The check says of a map what is known of the network."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from alzer.errors import ConstantImage
from alzer.explain.areas import CONTROLS
from alzer.explain.faithfulness import (
    PASSES,
    Checker,
    Faithfulness,
    Reference,
    Run,
)
from alzer.explain.field import Floats, head_in
from alzer.explain.map_quality import judge_map
from alzer.model.evidence import Evidence, SliceEvidence
from alzer.model.geometry import Geometry
from deciding_ventricles import STRIDE as FINE_STRIDE
from deciding_ventricles import as_run, draw_heads, random_network
from planted import CELLS, STRIDE, MarkReader, brain, places_in, with_marks

PEOPLE = 20

READER = MarkReader()


def marked_brain(seed: int) -> Floats:
    """Return a brain with three marks where nobody knows."""
    pixels = brain(seed)
    return with_marks(pixels, places_in(pixels, 3, seed))


def is_one_in_16_or_less(results: list[Faithfulness]) -> bool:
    """Return whether the badge is given no more often than to one of 16 alike."""
    passed = sum(one.passed for one in results)
    test = stats.binomtest(passed, len(results), 1 / 16, alternative="greater")
    return bool(test.pvalue > 0.05)


def checker_of(run: Run, images: list[Floats]) -> Checker:
    """Compare with the average over people, as a bundle's card has it."""
    donors = np.stack([brain(seed) for seed in range(900, 904)])
    heads = np.stack([head_in(each) for each in donors])
    average = run(np.stack(images)[:, None]).maps.mean(axis=0)
    return Checker(run, Reference(donors, heads, average), STRIDE)


@pytest.fixture(scope="module")
def people() -> list[Floats]:
    return [marked_brain(seed) for seed in range(PEOPLE)]


@pytest.fixture(scope="module")
def checker(people: list[Floats]) -> Checker:
    return checker_of(READER, people)


def test_planted_evidence_earns_the_badge(
    people: list[Floats], checker: Checker
) -> None:
    results = [checker.check(pixels, READER.label) for pixels in people]

    assert np.mean([one.passed for one in results]) >= 0.95
    assert np.mean([one.beaten == CONTROLS for one in results]) >= 0.95
    for one in results:
        assert min(one.marked) > 0.0
        assert max(map(abs, one.least_marked)) < 0.2 * min(one.marked)
        assert min(one.stability) > 0.9


def test_a_map_that_knows_nothing_of_the_network_earns_it_once_in_16_or_less(
    people: list[Floats], checker: Checker
) -> None:
    generator = np.random.default_rng(8)
    results = [
        checker.check(
            pixels, READER.label, generator.normal(size=CELLS).astype(np.float32)
        )
        for pixels in people
    ]

    assert is_one_in_16_or_less(results)


def test_random_networks_confirm_maps_of_noise_once_in_16_or_less() -> None:
    """The marked area and those elsewhere are alike, if no place is better."""
    generator = np.random.default_rng(3)
    heads, results = draw_heads(24, seed=5).inputs, []
    donors = heads[:4, 0]
    known = donors, np.stack([head_in(each) for each in donors])
    for index, pixels in enumerate(heads):
        run = as_run(random_network(index // 3))
        average = run(heads).maps.mean(axis=0)
        checker = Checker(run, Reference(*known, average), FINE_STRIDE)
        noise = generator.normal(size=average.shape[1:]).astype(np.float32)
        results.append(
            checker.check(pixels[0], int(run(pixels[None]).logits.argmax()), noise)
        )

    assert is_one_in_16_or_less(results)
    first = sum(one.beaten == CONTROLS for one in results)
    test = stats.binomtest(first, len(results), 1 / 16, alternative="greater")
    assert test.pvalue > 0.05


def test_the_map_of_another_slice_earns_it_once_in_16_or_less(
    people: list[Floats], checker: Checker
) -> None:
    maps = READER(np.stack(people)[:, None]).maps[:, READER.label]
    results = [
        checker.check(pixels, READER.label, np.roll(maps, 1, axis=0)[index])
        for index, pixels in enumerate(people)
    ]

    assert is_one_in_16_or_less(results)


def test_a_marker_in_the_corner_is_exposed() -> None:
    """A network that reads a corner, tied to the class, knows nothing of the brain."""
    plain = [brain(seed) for seed in range(4)]
    images = [with_marks(pixels, [(4, 4)]) for pixels in plain]
    checker = checker_of(READER, images)
    whole = Geometry(0.0, 0.0, (1.0, 1.0), (97, 81), (97, 81), cell_stride=STRIDE)

    for pixels in images:
        found = READER(pixels[None, None])
        one = SliceEvidence(found.logits[0], found.maps[0], pixels, whole)
        assert int(found.logits[0].argmax()) == READER.label
        quality = judge_map([one], READER.label)
        assert quality is not None
        assert quality.verdict == "outside: do not rely on this"
        result = checker.check(pixels, READER.label)
        assert not result.passed
        assert "It is not confirmed by the check." in result.text


def test_evidence_that_is_the_same_in_everybody_says_nothing_of_one() -> None:
    images = [with_marks(brain(seed), [(30, 25), (30, 55)]) for seed in range(6)]
    checker = checker_of(READER, images)

    result = checker.check(images[0], READER.label)

    assert result.beaten == CONTROLS
    assert not result.passed
    assert any("on average" in each for each in result.objections)


def test_evidence_in_the_middle_is_no_more_than_the_middle() -> None:
    images = [with_marks(brain(seed), [(48, 40)]) for seed in range(3)]
    # On average the network sees marks elsewhere.
    other = [with_marks(brain(seed), [(20, 30)]) for seed in range(3)]
    checker = checker_of(READER, other)

    result = checker.check(images[0], READER.label)

    assert result.centre == pytest.approx(result.marked[0], rel=0.05)
    assert any("middle" in each for each in result.objections) or (
        result.marked[0] > result.centre
    )


def test_the_network_is_asked_24_times_in_two_batches(checker: Checker) -> None:
    asked: list[Floats] = []

    def noted(batch: Floats) -> Evidence:
        asked.append(batch)
        return READER(batch)

    pixels = marked_brain(1)
    replace(checker, run=noted).check(pixels, READER.label)

    assert PASSES == 24
    assert len(asked) == 2
    assert sum(map(len, asked)) == PASSES
    inputs = np.concatenate(asked)
    assert len(np.unique(inputs.reshape(PASSES, -1), axis=0)) == PASSES


def mirrored_run(batch: Floats) -> Evidence:
    """Answer as engines do: the same for a mirror image, its maps mirrored."""
    own, other = READER(batch), READER(batch[..., ::-1])
    maps = (own.maps + other.maps[..., ::-1]) / np.float32(2)
    return Evidence(maps.mean(axis=(2, 3)), maps)


def test_a_mirror_image_gets_the_same_result(people: list[Floats]) -> None:
    checker = checker_of(mirrored_run, people)

    one = checker.check(people[0], READER.label)
    other = checker.check(people[0][:, ::-1], READER.label)

    assert one == other


def test_a_picture_of_one_value_is_refused(checker: Checker) -> None:
    with pytest.raises(ConstantImage):
        checker.check(np.ones((97, 81), np.float32), 0)


def outcome(**changes: object) -> Faithfulness:
    """Return the result of a check that was passed, but for the changes."""
    whole = Faithfulness(
        label=1,
        margin=1.2,
        marked=(0.9, 0.7),
        least_marked=(-0.1, 0.0),
        controls=(0.1,) * CONTROLS,
        average=0.3,
        centre=0.2,
        stability=(0.9, 0.95),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]  # of its fields


def test_who_passes_is_told_so_in_words() -> None:
    result = outcome()

    assert result.passed
    assert result.objections == ()
    assert result.text.startswith(
        "The marked area mattered more than 15 of 15 equally large areas"
    )
    assert "'Very Mild Impairment'" in result.text


@pytest.mark.parametrize(
    ("change", "beaten"),
    [
        ({"controls": (0.1,) * 14 + (0.9,)}, 14),
        ({"controls": (1.0,) * 15}, 0),
        ({"marked": (0.9, -0.1)}, 15),
        ({"marked": (0.9, 0.0)}, 15),
        ({"average": 0.9}, 15),
        ({"centre": 1.0}, 15),
    ],
)
def test_every_condition_is_needed(change: dict[str, object], beaten: int) -> None:
    result = outcome(**change)

    assert result.beaten == beaten
    assert not result.passed
    assert len(result.objections) == 1
    assert result.objections[0] in result.text
    assert f"{beaten} of 15" in result.text


def test_fills_that_both_say_that_more_speaks_for_the_class_earn_nothing() -> None:
    result = outcome(marked=(-0.1, -0.2), controls=(-0.5,) * 15, average=-1, centre=-1)

    assert result.beaten == 15
    assert not result.passed


def test_the_margin_is_what_the_class_is_ahead_by(people: list[Floats]) -> None:
    found = READER(people[0][None, None]).logits[0]
    result = checker_of(READER, people[:2]).check(people[0], READER.label)

    others = np.delete(found, READER.label)
    assert result.margin == pytest.approx(float(found[READER.label] - others.max()))
