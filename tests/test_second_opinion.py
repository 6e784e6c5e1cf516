"""The measure beside the answer: what it says, and when the two agree."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alzer.analysis import analyse
from alzer.errors import DamagedBundle
from alzer.model.bundle import load_bundle
from alzer.model.csf_fraction import csf_fraction
from alzer.model.engine import Model, load_model
from alzer.model.second_opinion import CsfRegression, SecondOpinionFit
from alzer.second_opinion import Side, second_opinion, side_of_model
from bundles import write_bundle
from phantoms import as_png, draw_brain
from slabs import straight_head

AUC = {"value": 0.67, "low": 0.59, "high": 0.74}
EVERYONE = {"auc": {"value": 0.77, "low": 0.7, "high": 0.83}}
SECTION: dict[str, Any] = {
    "measure": "csf_fraction",
    "slice": {
        "intercept": -4.0,
        "slope": 20.0,
        "everyone": EVERYONE,
        "age_60_and_over": {"auc": AUC},
    },
    "person": {"intercept": 3.0, "slope": 0.0, "everyone": EVERYONE},
}
FIT = SecondOpinionFit(CsfRegression(-4.0, 20.0), CsfRegression(-4.0, 20.0))
NO, VERY_MILD, MILD = "No Impairment", "Very Mild Impairment", "Mild Impairment"


def model_with(folder: Path, **facts: object) -> Model:
    bundle = write_bundle(folder, **facts)  # type: ignore[arg-type]  # facts of a card
    return load_model(load_bundle(bundle), "openvino", "fp32", 1)


def field_with(share: float) -> np.ndarray:
    """Return a field of two tissues of which about this share inside is dark."""
    field = np.where(np.indices((97, 81))[1] < 40, 0.7, 1.0)
    field[:, : round(81 / 6)] = 0.0
    field[48 - round(share * 33) : 48 + round(share * 33)] = 0.1
    return field


@pytest.mark.parametrize(
    ("probabilities", "possible", "side"),
    [
        ([0.8, 0.1, 0.1, 0.0], (NO,), "not impaired"),
        ([0.2, 0.5, 0.3, 0.0], (VERY_MILD, MILD), "impaired"),
        ([0.6, 0.3, 0.1, 0.0], (NO, VERY_MILD), None),
        ([0.8, 0.1, 0.1, 0.0], (VERY_MILD,), None),  # named with the most probable
        ([0.4, 0.35, 0.25, 0.0], (NO,), None),  # any impairment is more probable
        ([0.4, 0.35, 0.25, 0.0], (), None),
        ([0.8, 0.1, 0.1, 0.0], None, "not impaired"),
        ([0.1, 0.1, 0.1, 0.7], None, "impaired"),
        ([0.4, 0.35, 0.25, 0.0], None, None),
    ],
)
def test_the_model_is_on_a_side_where_all_classes_that_it_names_are(
    probabilities: list[float], possible: tuple[str, ...] | None, side: Side | None
) -> None:
    assert side_of_model(probabilities, possible) == side


@pytest.mark.parametrize(
    ("share", "model_side", "agrees", "words"),
    [
        (0.5, "impaired", True, "it and the model agree."),
        (0.5, "not impaired", False, "it and the model disagree."),
        (0.0, "not impaired", True, "it and the model agree."),
        (0.0, "impaired", False, "it and the model disagree."),
        (0.5, None, None, "the model cannot tell"),
    ],
)
def test_two_on_one_side_agree(
    share: float, model_side: Side | None, *, agrees: bool | None, words: str
) -> None:
    found = second_opinion([field_with(share)], FIT, "this slice", model_side)

    assert found is not None
    assert found.agrees is agrees
    assert words in found.text


def test_near_the_middle_the_measure_is_on_no_side() -> None:
    field = field_with(0.3)
    fraction = csf_fraction(field)
    assert fraction is not None
    for distance, agrees in ((0.04, None), (0.06, True)):
        logit = np.log((0.5 + distance) / (0.5 - distance))
        fit = CsfRegression(logit - 10.0 * fraction, 10.0)

        found = second_opinion(
            [field], SecondOpinionFit(fit, fit), "this slice", "impaired"
        )

        assert found is not None
        assert found.impairment_probability == pytest.approx(0.5 + distance, abs=1e-5)
        assert found.agrees is agrees


def test_a_person_is_measured_by_the_mean_of_what_can_be_measured() -> None:
    fields = [field_with(0.1), np.zeros((97, 81)), field_with(0.5)]
    known = [csf_fraction(fields[0]), csf_fraction(fields[2])]

    found = second_opinion(fields, FIT, "this person", "impaired")

    assert found is not None
    mean = np.mean([each for each in known if each is not None])
    assert found.csf_percent == pytest.approx(100.0 * mean, abs=0.01)
    assert "over the slices" in found.text


def test_what_can_not_be_measured_says_nothing() -> None:
    assert second_opinion([np.zeros((97, 81))], FIT, "this slice", "impaired") is None


def test_a_card_without_the_section_says_nothing(model: Model) -> None:
    assert analyse(as_png(draw_brain()), model).second_opinion is None
    assert analyse(straight_head(), model).second_opinion is None


def test_an_answer_has_the_opinion_of_its_card(tmp_path: Path) -> None:
    model = model_with(tmp_path, second_opinion=SECTION)
    small, large = (
        analyse(as_png(draw_brain(ventricle=width)), model).second_opinion
        for width in (0.06, 0.14)
    )

    assert small is not None
    assert large is not None
    assert small.csf_percent < large.csf_percent
    assert small.impairment_probability < large.impairment_probability
    assert "not a diagnosis" in small.caveat
    assert "people of 60 and over" in small.caveat
    assert "0.67 (0.59 to 0.74)" in small.caveat


def test_mirror_images_get_the_same_opinion(tmp_path: Path) -> None:
    model = model_with(tmp_path, second_opinion=SECTION)
    pixels = draw_brain((208, 175))

    one, other = (analyse(as_png(each), model) for each in (pixels, pixels[:, ::-1]))

    assert one.second_opinion == other.second_opinion


def test_a_whole_head_is_told_by_the_regression_of_persons(tmp_path: Path) -> None:
    found = analyse(straight_head(), model_with(tmp_path, second_opinion=SECTION))

    opinion = found.second_opinion
    assert opinion is not None
    assert opinion.impairment_probability == pytest.approx(1 / (1 + np.exp(-3.0)))
    assert opinion.auc is not None
    assert opinion.auc.group == "everyone"


def test_without_a_reliable_answer_there_is_no_second_one(tmp_path: Path) -> None:
    model = model_with(
        tmp_path, second_opinion=SECTION, ood_score=True, gate={"limit": -9.0}
    )

    answer = analyse(as_png(draw_brain()), model)

    assert answer.reliable is False
    assert answer.second_opinion is None


def test_the_answer_itself_is_the_same_with_and_without(tmp_path: Path) -> None:
    with_it = analyse(
        as_png(draw_brain()), model_with(tmp_path / "a", second_opinion=SECTION)
    )
    without = analyse(as_png(draw_brain()), model_with(tmp_path / "b"))

    assert with_it.probabilities == without.probabilities
    assert with_it.warnings == without.warnings
    assert with_it.headline == without.headline


@pytest.mark.parametrize(
    "changed", [{"measure": "brain_fraction"}, {"slice": {"intercept": 1.0}}]
)
def test_a_section_of_something_else_is_refused(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    with pytest.raises(DamagedBundle, match="second_opinion"):
        model_with(tmp_path, second_opinion={**SECTION, **changed})


def test_areas_that_were_not_measured_are_not_told(tmp_path: Path) -> None:
    unknown = {"auc": {"value": None, "low": None, "high": None}}
    section = {**SECTION, "slice": {**SECTION["slice"], "everyone": unknown}}
    section["slice"]["age_60_and_over"] = unknown
    found = analyse(
        as_png(draw_brain()), model_with(tmp_path, second_opinion=section)
    ).second_opinion

    assert found is not None
    assert found.auc is None
    assert "AUC" not in found.caveat
