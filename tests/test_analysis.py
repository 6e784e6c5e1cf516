"""From a file's bytes to the answer."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alzer.analysis import BATCH_SIZE, Analysis, analyse, analyse_many
from alzer.caveats import UNINFORMATIVE, set_caveats
from alzer.classes import CLASS_NAMES
from alzer.conclusion import NOT_AXIAL, OUT_OF_DISTRIBUTION
from alzer.errors import (
    EmptyFile,
    NotAnImage,
    NotBrainLike,
    TooManyBytes,
    TooManyPixels,
    UnusableScan,
)
from alzer.explain.overlay import blend
from alzer.model.bundle import load_bundle
from alzer.model.decision import Decision
from alzer.model.engine import Model, load_model
from alzer.model.geometry import CELL_STRIDE
from alzer.model.preparation import prepare
from alzer.scans.orientation import affine_of, to_standard_view
from alzer.scans.plausibility import examine
from alzer.scans.reduction import MOST_PIXELS
from alzer.scans.slice import Slice
from alzer.settings import Limits
from bundles import write_bundle
from phantoms import as_jpeg, as_png, draw_brain, with_dot


def model_with(folder: Path, *, weights: list[float], biases: list[float]) -> Model:
    """Load a graph whose maps are these multiples of the input's pixels."""
    bundle = write_bundle(folder, weights=weights, biases=biases)
    return load_model(load_bundle(bundle), "openvino", "fp32", 1)


def test_an_answer_is_complete(model: Model) -> None:
    pixels = draw_brain()

    answer = analyse(as_png(pixels), model)

    assert answer.prediction in CLASS_NAMES
    assert sum(answer.probabilities) == pytest.approx(1.0)
    assert answer.confidence == max(answer.probabilities)
    assert list(answer.class_probabilities) == list(CLASS_NAMES)
    assert answer.class_probabilities[answer.prediction] == answer.confidence
    assert answer.model == model.identity
    assert answer.heat is not None
    assert answer.heat.shape == pixels.shape
    assert answer.no_heatmap_reason is None


def test_the_overlay_is_the_scan_under_forty_per_cent_of_heat(model: Model) -> None:
    answer = analyse(as_png(draw_brain((150, 300))), model)

    assert answer.overlay_png is not None
    assert answer.heat is not None
    picture = np.asarray(Image.open(io.BytesIO(answer.overlay_png)))
    assert picture.shape == (150, 300, 3)
    assert (picture == blend(answer.picture, answer.heat, 0.4)).all()


def test_where_there_is_no_heat_the_overlay_is_the_scan_under_plain_blue(
    model: Model,
) -> None:
    answer = analyse(as_png(draw_brain((150, 300))), model)

    assert answer.overlay_png is not None
    assert answer.heat is not None
    picture = np.asarray(Image.open(io.BytesIO(answer.overlay_png))).astype(float)
    blue = 0.4 * np.array([0.0, 0.0, 128.0])
    expected = 0.6 * answer.picture[:, :, None] + blue
    cold = answer.heat == 0.0
    assert cold[:, :40].all()
    assert np.abs(picture - expected)[cold].max() <= 1.0


def test_the_hottest_pixel_lies_over_the_cell_that_spoke_most(tmp_path: Path) -> None:
    # Bright pixels speak for the first class; one of those that are read is bright.
    model = model_with(tmp_path, weights=[1.0, 0.0, 0.0, 0.0], biases=[9.0, 0, 0, 0])
    pixels = draw_brain()
    plain = Slice((255.0 * pixels).astype(np.float32), "phantom", (0.0, 255.0))
    view = to_standard_view(plain)
    place_on_scan = prepare(view, examine(view).box, model.spec).geometry.to_view
    row, column = np.rint(place_on_scan(3 * CELL_STRIDE, 3 * CELL_STRIDE)).astype(int)

    answer = analyse(as_png(with_dot(pixels, row, column, 3.0)), model)

    assert answer.heat is not None
    found = np.unravel_index(answer.heat.argmax(), answer.heat.shape)
    assert np.abs(np.subtract(found, (row, column))).max() <= 1


def test_every_stage_is_timed(model: Model) -> None:
    timings = analyse(as_png(draw_brain()), model).timings_ms

    stages = ["read", "validate", "infer", "explain", "encode"]
    assert list(timings) == [*stages, "total"]
    assert all(timings[each] > 0.0 for each in stages)
    assert timings["total"] == pytest.approx(sum(timings[each] for each in stages))


def test_a_scan_can_be_given_instead_of_a_file(model: Model) -> None:
    content = as_png(draw_brain())
    from_file = analyse(content, model)

    from_scan = analyse(from_file.scan, model)

    assert from_scan.probabilities == from_file.probabilities


def test_a_scan_of_any_size_is_analysed_and_drawn_at_a_bounded_one(
    model: Model,
) -> None:
    pixels = draw_brain().repeat(12, 0).repeat(12, 1).astype(np.float32)

    large = analyse(Slice(pixels, "PNG", (0.0, 1.0)), model)
    small = analyse(Slice(pixels[::12, ::12], "PNG", (0.0, 1.0)), model)

    assert large.heat is not None
    assert large.heat.shape == large.scan.shape
    assert large.heat.size <= MOST_PIXELS
    assert Image.open(io.BytesIO(large.overlay_png or b"")).size == large.heat.T.shape
    assert large.probabilities == pytest.approx(small.probabilities, abs=0.02)
    assert any("each the mean of 2 x 2" in note for note in large.scan.notes)


def test_a_batch_answers_as_one_by_one_would(model: Model) -> None:
    sources = [
        as_jpeg(draw_brain((208, 176 + 8 * each), 0.05 + 0.01 * each, each))
        for each in range(BATCH_SIZE + 1)
    ]

    together = list(analyse_many(sources, model))

    for source, answer in zip(sources, together, strict=True):
        alone = analyse(source, model)
        assert isinstance(answer, Analysis)
        assert answer.probabilities == pytest.approx(alone.probabilities, abs=1e-4)
        assert answer.heat == pytest.approx(alone.heat, abs=1e-4)


def test_a_bad_file_stops_nothing(model: Model) -> None:
    good = as_png(draw_brain())

    outcomes = list(analyse_many([b"", good, b"no picture", good], model))

    assert [type(each) for each in outcomes] == [
        EmptyFile, Analysis, NotAnImage, Analysis
    ]  # fmt: skip


def test_nothing_but_bad_files_gives_nothing_but_refusals(model: Model) -> None:
    outcomes = list(analyse_many([b"", b"x"], model))

    assert all(isinstance(each, UnusableScan) for each in outcomes)


def test_a_class_that_no_region_speaks_for_gets_no_invented_heat(
    tmp_path: Path,
) -> None:
    # Maps of zero for every class; the bias alone decides.
    model = model_with(tmp_path, weights=[0.0] * 4, biases=[0.0, 3.0, 0.0, 0.0])

    answer = analyse(as_png(draw_brain()), model)

    assert answer.prediction == "Very Mild Impairment"
    assert answer.heat is None
    assert answer.overlay_png is None
    assert "'Very Mild Impairment'" in str(answer.no_heatmap_reason)


def test_a_class_of_few_people_says_on_how_many_it_rests(tmp_path: Path) -> None:
    bundle = write_bundle(
        tmp_path,
        weights=[0.0] * 4,
        biases=[0.0, 0.0, 0.0, 3.0],
        calibration={"thresholds": [0.3, 0.2, 0.1, None]},
        data={"people_per_class": dict(zip(CLASS_NAMES, (9, 9, 9, 3), strict=True))},
    )
    model = load_model(load_bundle(bundle), "openvino", "fp32", 1)

    answer = analyse(as_png(draw_brain()), model)

    assert answer.prediction == "Moderate Impairment"
    assert "'Moderate Impairment' rests on 3 people" in answer.warnings[-1]


def test_other_answers_do_not_warn_of_moderate_impairment(tmp_path: Path) -> None:
    model = model_with(tmp_path, weights=[0.0] * 4, biases=[0.0, 0.0, 3.0, 0.0])

    answer = analyse(as_png(draw_brain()), model)

    assert answer.prediction == "Mild Impairment"
    assert not answer.warnings


@pytest.mark.parametrize(
    ("affine", "warned"),
    [
        (affine_of((0, -1, 0), (-1, 0, 0), None, None), False),
        (affine_of((0, 0, 1), (1, 0, 0), None, None), True),
        (None, False),
    ],
)
def test_a_slice_that_is_not_axial_gets_no_reliable_answer(
    model: Model, affine: NDArray[np.float64] | None, *, warned: bool
) -> None:
    pixels = (draw_brain() * 255.0).astype(np.float32)
    scan = Slice(pixels, "DICOM", (0.0, 255.0), affine=affine, warnings=("first",))

    answer = analyse(scan, model)

    assert "first" in answer.warnings
    assert (answer.warnings[0] == NOT_AXIAL) is warned
    assert answer.unreliable_reason == (NOT_AXIAL if warned else None)


def test_what_is_no_brain_is_refused(model: Model) -> None:
    noise = np.random.default_rng(0).random((100, 100))

    with pytest.raises(NotBrainLike):
        analyse(as_png(noise), model)


def test_limits_hold(model: Model) -> None:
    content = as_png(draw_brain())

    with pytest.raises(TooManyBytes):
        analyse(content, model, Limits(max_file_bytes=100))
    with pytest.raises(TooManyPixels):
        analyse(content, model, Limits(max_pixels=100))
    refusals = analyse_many([content], model, Limits(max_file_bytes=100))
    assert [type(each) for each in refusals] == [TooManyBytes]


def test_sources_are_read_as_they_are_needed(model: Model) -> None:
    taken = []

    def sources() -> Iterator[bytes]:
        for index in range(10 * BATCH_SIZE):
            taken.append(index)
            yield b""

    next(analyse_many(sources(), model))

    assert len(taken) == BATCH_SIZE


def judging_model(folder: Path, limit: float, least: list[float | None]) -> Model:
    """Load a model that thinks little of every class, with these limits."""
    bundle = write_bundle(
        folder,
        weights=[0.0] * 4,
        ood_score=True,
        gate={"limit": limit},
        calibration={"thresholds": least},
    )
    return load_model(load_bundle(bundle), "openvino", "fp32", 1)


def test_a_model_that_can_not_tell_says_neither_yes_nor_no(model: Model) -> None:
    answer = analyse(as_png(draw_brain()), model)

    assert answer.reliable is None
    assert answer.possible_classes is None
    assert not answer.calibrated


def test_a_scan_unlike_those_trained_on_is_warned_of_first(tmp_path: Path) -> None:
    model = judging_model(tmp_path, -9.0, [0.3, 0.2, 0.1, None])
    pixels = (draw_brain() * 255.0).astype(np.float32)
    scan = Slice(pixels, "DICOM", (0.0, 255.0), warnings=("of the reader",))

    answer = analyse(scan, model)

    assert answer.reliable is False
    assert answer.unreliable_reason == OUT_OF_DISTRIBUTION
    assert answer.possible_classes is None
    assert answer.warnings == (OUT_OF_DISTRIBUTION, "of the reader")
    assert answer.prediction in CLASS_NAMES


def test_a_scan_in_distribution_comes_with_the_classes_that_remain(
    tmp_path: Path,
) -> None:
    model = judging_model(tmp_path, 9.0, [0.3, 0.2, 0.1, None])

    answer = analyse(as_png(draw_brain()), model)

    assert answer.reliable is True
    assert answer.unreliable_reason is None
    assert answer.calibrated
    assert answer.possible_classes == CLASS_NAMES[1:3]
    assert not answer.warnings


@pytest.mark.parametrize(
    ("least", "caveat"),
    [(0.1, UNINFORMATIVE), (0.9, *set_caveats((), Decision()))],
)
def test_a_set_of_all_or_none_says_so(
    tmp_path: Path, least: float, caveat: str
) -> None:
    model = judging_model(tmp_path, 9.0, [least, least, least, None])

    answer = analyse(as_png(draw_brain()), model)

    assert answer.warnings[0] == caveat
    assert answer.possible_classes == (CLASS_NAMES[:3] if least < 0.25 else ())


def test_every_scan_of_a_batch_is_judged_on_its_own(tmp_path: Path) -> None:
    pixels = draw_brain()
    sources = [as_png(pixels), as_png(np.clip(pixels * 1.6, 0.0, 1.0))]
    model = load_model(load_bundle(write_bundle(tmp_path, ood_score=True)))
    novelties = []
    for view in (analyse(each, model).view for each in sources):
        evidence = model.run(prepare(view, examine(view).box, model.spec).pixels[None])
        assert evidence.ood_score is not None
        novelties.append(float(evidence.ood_score[0]))
    middle = sum(novelties) / 2.0
    strict = write_bundle(tmp_path / "strict", ood_score=True, gate={"limit": middle})

    answers = list(analyse_many(sources, load_model(load_bundle(strict))))

    found = [each.reliable for each in answers if isinstance(each, Analysis)]
    assert found == [each <= middle for each in novelties]
    assert len(set(found)) == 2
