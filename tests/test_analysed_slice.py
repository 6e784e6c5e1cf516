"""One slice, what came of it, and the way back to its grid."""

import numpy as np
import pytest

from alzer.analysed_slice import AnalysedSlice, make_ready, predict
from alzer.errors import ConstantImage, NotBrainLike
from alzer.model.engine import Model
from alzer.scans.orientation import affine_of
from alzer.scans.slice import Slice
from phantoms import draw_brain


def brain(**facts: object) -> Slice:
    pixels = (255.0 * draw_brain()).astype(np.float32)
    return Slice(pixels, "phantom", (0.0, 255.0), **facts)  # type: ignore[arg-type]  # keywords of any field


@pytest.fixture
def analysed(model: Model) -> AnalysedSlice:
    """Return a slice that its file stores turned: rows lead to the left."""
    affine = affine_of((-1, 0, 0), (0, 1, 0), None, None)
    scan = Slice(brain().pixels.T, "phantom", (0.0, 255.0), affine=affine)
    return predict([make_ready(scan, model.spec)], model)[0]


def test_evidence_comes_back_to_the_grid_of_the_file(analysed: AnalysedSlice) -> None:
    painted = analysed.evidence.geometry.paint(analysed.evidence.maps[0])

    back = analysed.evidence_on_scan(0)

    assert analysed.view.turn.transposed
    assert back.shape == analysed.scan.shape
    assert (analysed.view.turn.apply(back) == painted).all()


def test_heat_is_its_own_maximum_or_a_share_of_another(
    analysed: AnalysedSlice,
) -> None:
    strongest = analysed.strongest(0)
    own, shared = analysed.heat(0), analysed.heat(0, 4.0 * strongest)

    assert own is not None
    assert shared is not None
    assert own.max() > 0.9
    assert shared == pytest.approx(own / 4.0)
    assert analysed.heat(3) is None or analysed.strongest(3) > 0.0


def test_probabilities_go_by_name(analysed: AnalysedSlice) -> None:
    shares = analysed.class_probabilities

    assert tuple(shares.values()) == analysed.conclusion.probabilities
    assert next(iter(shares)) == "No Impairment"


def test_what_a_slice_shows_is_judged_unless_it_was_cut_out_of_a_head(
    model: Model,
) -> None:
    noise = np.random.default_rng(0).random((100, 100)).astype(np.float32)
    scan = Slice(noise, "phantom", (0.0, 1.0))

    with pytest.raises(NotBrainLike):
        make_ready(scan, model.spec)

    assert make_ready(scan, model.spec, must_look_right=False).doubts == ()


def test_an_empty_slice_is_refused_in_any_case(model: Model) -> None:
    empty = Slice(np.zeros((100, 100), np.float32), "phantom", (0.0, 1.0))

    with pytest.raises(ConstantImage):
        make_ready(empty, model.spec, must_look_right=False)


def test_slices_answer_together_as_alone(model: Model) -> None:
    ready = [make_ready(brain(), model.spec) for _ in range(2)]

    together = predict(ready, model)

    alone = predict(ready[:1], model)[0]
    assert together[0].conclusion == together[1].conclusion == alone.conclusion
