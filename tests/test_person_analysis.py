"""A whole head becomes one answer for the person, and keeps every slice."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alzer.analysis import analyse
from alzer.answer import Analysis
from alzer.conclusion import PERSON_OUT_OF_DISTRIBUTION
from alzer.errors import FailedPreparation, NotBrainLike
from alzer.explain.map_quality import judge_map
from alzer.model.bundle import load_bundle
from alzer.model.checking import CheckedEngine
from alzer.model.decision import Decision, Tolerance
from alzer.model.engine import Model, load_model
from alzer.model.evidence import Evidence
from alzer.model.mirroring import MirroredEngine
from alzer.model.onnxruntime_engine import OnnxRuntimeNetwork
from alzer.person_analysis import analyse_volume, standard_slices
from alzer.person_evidence import evidence_volume
from alzer.volume_fields import volume_fields
from alzer.volumes.pipeline import PreparedVolume
from bundles import tiny_onnx, write_bundle
from slabs import GOOD, SLICES, draw_slices, straight_head

PERSON: dict[str, Any] = {
    "pooling": {"averaged": "probabilities", "only_in_distribution": False},
    "temperature": 2.0,
    "thresholds": [0.2, 0.2, 0.2, None],
    "ood_share": 0.25,
}


@pytest.fixture(scope="module")
def head() -> PreparedVolume:
    return straight_head()


@pytest.fixture(scope="module")
def answer(head: PreparedVolume, model: Model) -> Analysis:
    return analyse(head, model)


def model_of_persons(
    folder: Path, limit: float | None = None, lowest: float = 1.0
) -> Model:
    """Load a model with limits for persons; dark slices score high as odd ones."""
    gate = None if limit is None else {"limit": limit}
    person = PERSON | {"pooling": PERSON["pooling"] | {"lowest": lowest}}
    bundle = write_bundle(folder, ood_score=True, gate=gate, person=person)
    return load_model(load_bundle(bundle), "openvino", "fp32", 1)


def with_slices(head: PreparedVolume, slices: np.ndarray) -> PreparedVolume:
    return replace(head, slab=replace(head.slab, slices=slices))


def test_every_slice_is_kept_with_its_place_and_what_the_network_said(
    answer: Analysis, head: PreparedVolume, model: Model
) -> None:
    assert answer.kind == "volume"
    assert [one.index for one in answer.slices] == list(range(SLICES))
    assert [one.z_mm for one in answer.slices] == head.slab.z_mm.tolist()
    for one in answer.slices:
        assert one.evidence.logits.shape == (4,)
        assert one.evidence.maps.shape == (4, *model.spec.cells)
        assert one.evidence.maps.mean(axis=(1, 2)) == pytest.approx(
            one.evidence.logits, abs=1e-4
        )


def test_a_slice_of_a_head_is_answered_as_if_it_were_sent_alone(
    answer: Analysis, head: PreparedVolume, model: Model
) -> None:
    for index in (0, 17):
        alone = analyse(standard_slices(head)[index], model)

        kept = answer.slices[index]
        assert kept.conclusion.probabilities == alone.probabilities
        assert (kept.evidence.maps == alone.shown.evidence.maps).all()
        assert kept.conclusion.reliable == alone.reliable


def test_one_slice_is_the_case_of_one(head: PreparedVolume, model: Model) -> None:
    alone = analyse(standard_slices(head)[0], model)

    assert alone.kind == "slice"
    assert len(alone.slices) == 1
    assert alone.shown.z_mm is None
    assert alone.headline.about == "this slice"


def test_a_person_is_the_softened_mean_of_the_slices(
    head: PreparedVolume, tmp_path: Path
) -> None:
    answer = analyse(head, model_of_persons(tmp_path))

    mean = np.mean([one.conclusion.probabilities for one in answer.slices], axis=0)
    assert answer.probabilities == pytest.approx(np.sqrt(mean) / np.sqrt(mean).sum())
    assert answer.calibrated
    assert answer.headline.about == "this person"
    assert answer.possible_classes == tuple(
        name
        for name, share in answer.class_probabilities.items()
        if share >= 0.2 and name != "Moderate Impairment"
    )


def test_only_the_lowest_slices_speak_where_the_card_says_so(
    head: PreparedVolume, tmp_path: Path
) -> None:
    every = analyse(head, model_of_persons(tmp_path / "every"))
    lower = analyse(head, model_of_persons(tmp_path / "lower", lowest=0.5))

    half = len(lower.slices) // 2
    below = [one.conclusion.probabilities for one in lower.slices[:half]]
    mean = np.mean(below, axis=0)
    assert lower.probabilities == pytest.approx(np.sqrt(mean) / np.sqrt(mean).sum())
    assert lower.probabilities != pytest.approx(every.probabilities, abs=1e-5)
    assert [one.counted for one in lower.slices] == [True] * half + [False] * half
    assert all(one.counted for one in every.slices)
    assert lower.leading < half
    rows = volume_fields(lower)["slices"]
    assert [row["counted"] for row in rows] == [one.counted for one in lower.slices]
    assert lower.map_quality == judge_map(
        (one.evidence for one in lower.slices[:half]), lower.label
    )


def test_evidence_of_slices_that_do_not_count_is_left_out(
    head: PreparedVolume, tmp_path: Path
) -> None:
    every = analyse(head, model_of_persons(tmp_path / "every"))
    lower = analyse(head, model_of_persons(tmp_path / "lower", lowest=0.5))

    whole, part = (evidence_volume(each, 1).values for each in (every, lower))
    to_mm = head.volume.affine @ head.slab.to_scan_voxels
    last_mm, next_mm = (to_mm @ [[15, 16], [9, 9], [9, 9], [1, 1]])[2]
    axis = head.volume.affine[2]
    z_mm = axis[2] * np.arange(whole.shape[2]) + axis[3]
    above, below = z_mm >= next_mm, z_mm <= last_mm
    assert whole[:, :, above].any()
    assert not part[:, :, above].any()
    assert part[:, :, below] == pytest.approx(whole[:, :, below])


def test_slices_out_of_distribution_count_against_the_person(
    head: PreparedVolume, tmp_path: Path
) -> None:
    scores = [
        float(one.evidence.pixels.mean())
        for one in analyse(head, model_of_persons(tmp_path / "any")).slices
    ]
    ordered = np.sort(scores)
    few, many = (float(np.mean(ordered[-n - 1 : -n + 1])) for n in (8, 12))

    familiar, odd = (
        analyse(head, model_of_persons(tmp_path / name, limit))
        for name, limit in (("few", few), ("many", many))
    )

    for found, count in ((familiar, 8), (odd, 12)):
        flagged = [one.conclusion.reliable is False for one in found.slices]
        assert sum(flagged) == count
    assert familiar.reliable is True
    assert odd.reliable is False
    assert odd.unreliable_reason == PERSON_OUT_OF_DISTRIBUTION
    assert odd.possible_classes is None


def test_a_slice_that_looks_like_no_brain_stops_nothing(
    head: PreparedVolume, tmp_path: Path
) -> None:
    slices = draw_slices().copy()
    slices[5] = 255.0 * np.random.default_rng(0).random(slices[5].shape)
    answer = analyse(with_slices(head, slices), model_of_persons(tmp_path, 1e9))

    assert len(answer.slices) == len(slices)
    assert answer.reliable is True


def test_a_head_that_does_not_reach_all_slices_is_refused(
    head: PreparedVolume, model: Model
) -> None:
    slices = draw_slices().copy()
    slices[28:] = 0.0

    with pytest.raises(NotBrainLike, match="4 of the 32 standard slices are empty"):
        analyse(with_slices(head, slices), model)


def test_a_head_that_was_not_prepared_well_enough_gets_the_reason_and_no_answer(
    head: PreparedVolume, model: Model
) -> None:
    failed = replace(GOOD, verdict="failed", reasons=("The brain is cut off.",))

    with pytest.raises(FailedPreparation, match=r"cut off\. No prediction was made"):
        analyse(replace(head, quality=failed), model)


def test_what_should_be_looked_at_is_among_the_warnings(
    head: PreparedVolume, answer: Analysis, model: Model
) -> None:
    doubtful = replace(GOOD, verdict="check", reasons=("The scan is noisy.",))

    volume = replace(head.volume, warnings=("A contrast agent was given.",))
    found = analyse(replace(head, quality=doubtful, volume=volume), model)

    assert {"The scan is noisy.", "A contrast agent was given."} < set(found.warnings)
    assert found.reliable == answer.reliable


def test_the_mirror_image_of_a_head_gets_the_same_answer(
    head: PreparedVolume, answer: Analysis, model: Model
) -> None:
    mirrored = with_slices(head, np.ascontiguousarray(head.slab.slices[:, :, ::-1]))

    other = analyse(mirrored, model)

    assert other.probabilities == answer.probabilities
    assert other.leading == answer.leading
    assert other.heat is not None
    assert answer.heat is not None
    assert other.heat[:, ::-1] == pytest.approx(answer.heat, abs=1e-5)


def test_the_slice_that_says_most_is_shown(answer: Analysis) -> None:
    shares = [one.conclusion.probabilities[answer.label] for one in answer.slices]

    assert answer.leading == int(np.argmax(shares))
    assert answer.scan is answer.slices[answer.leading].scan
    assert answer.heat is not None
    assert answer.overlay_png is not None


def test_a_person_of_a_class_of_few_people_is_told_so(
    head: PreparedVolume, tmp_path: Path
) -> None:
    bundle = write_bundle(
        tmp_path,
        weights=[0.0] * 4,
        biases=[0.0, 0.0, 0.0, 3.0],
        person=PERSON,
        data={"people_per_class": {"No Impairment": 9, "Moderate Impairment": 3}},
    )

    answer = analyse(head, load_model(load_bundle(bundle), "openvino", "fp32", 1))

    assert answer.prediction == "Moderate Impairment"
    assert "'Moderate Impairment' rests on 3 people" in answer.warnings[-1]


def test_slices_know_where_front_and_sides_are(answer: Analysis) -> None:
    for one in answer.slices:
        assert one.view.orientation == ("P", "L")
        assert one.view.is_axial
        assert one.view.pixel_aspect == 1.0
        assert one.view.warnings == ()


def test_stages_of_the_preparation_are_among_the_timings(answer: Analysis) -> None:
    timings = answer.timings_ms

    assert timings["brain"] == 1000.0
    assert timings["register"] == 2000.0
    assert timings["infer"] > 0.0
    assert timings["total"] > 3500.0


def test_progress_is_told_and_can_end_the_work(
    head: PreparedVolume, model: Model
) -> None:
    told: list[float] = []

    def until_half(stage: str, share: float) -> None:
        assert stage == "predict"
        told.append(share)
        if share >= 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        analyse_volume(head, model, until_half)

    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] == 0.5


def test_a_volume_is_prepared_first(head: PreparedVolume, model: Model) -> None:
    prepared = []

    def prepare(volume: object) -> PreparedVolume:
        prepared.append(volume)
        return head

    answer = analyse(head.volume, model, prepare=prepare)

    assert prepared == [head.volume]
    assert answer.preparation is head


@pytest.mark.parametrize(("bound", "again"), [(0.2, False), (0.3, True)])
def test_a_person_too_close_to_a_limit_is_asked_for_again_exactly(
    head: PreparedVolume, tmp_path: Path, bound: float, *, again: bool
) -> None:
    # Every slice is far from its own limits: only the person is close to one.
    person = PERSON | {"temperature": 1.0, "thresholds": [bound] * 3 + [None]}
    shares = np.log([0.38, 0.31, 0.05, 0.26]).tolist()
    bundle = write_bundle(tmp_path, weights=[0.0] * 4, biases=shares, person=person)
    plain = load_model(load_bundle(bundle), "openvino", "fp32", 1)
    network = OnnxRuntimeNetwork(tiny_onnx([0.0] * 4, shares), 1)
    asked: list[int] = []

    class Counting(MirroredEngine):
        def run(self, batch: np.ndarray) -> Evidence:
            asked.append(len(batch))
            return super().run(batch)

    engine = CheckedEngine(
        MirroredEngine(network, "bf16"),
        lambda: Counting(network, "fp32"),
        Decision(),
        Tolerance(logits=0.15, ood_share=0.05, map_share=0.0),
    )

    answer = analyse(head, replace(plain, engine=engine))

    assert sum(asked) == (SLICES if again else 0)
    assert answer.probabilities == pytest.approx(np.exp(shares), abs=1e-5)
