"""What is kept of an analysis explains it again, without its scan."""

import io

import numpy as np
import pytest

from alzer.analysis import Analysis, analyse
from alzer.explain.kept_evidence import (
    KeptEvidence,
    UnreadableEvidence,
    pack_evidence,
    unpack_evidence,
)
from alzer.model.engine import Model
from alzer.scans.slice import Slice
from phantoms import draw_brain


def kept(analysis: Analysis) -> KeptEvidence:
    assert analysis.evidence is not None
    return KeptEvidence((analysis.evidence,), analysis.view.pixel_aspect)


def analysed(model: Model, spacing_mm: tuple[float, float] = (1.0, 1.0)) -> Analysis:
    pixels = (255.0 * draw_brain((150, 190))).astype(np.float32)
    return analyse(Slice(pixels, "NIfTI", (0.0, 255.0), spacing_mm=spacing_mm), model)


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0), (1.0, 0.8), (0.7, 1.1)])
def test_the_heat_is_that_of_the_analysis(
    model: Model, spacing_mm: tuple[float, float]
) -> None:
    analysis = analysed(model, spacing_mm)
    again = unpack_evidence(pack_evidence(kept(analysis))).heat(analysis.label)

    assert analysis.picture_heat is not None
    assert again is not None
    assert again.shape == analysis.picture.shape
    assert np.abs(again - analysis.picture_heat).max() < 0.002
    assert float(again.max()) > 0.9


def test_every_class_can_be_explained(model: Model) -> None:
    evidence = kept(analysed(model))
    again = unpack_evidence(pack_evidence(evidence))

    for label in range(4):
        positive = bool(evidence.slices[0].maps[label].max() > 0.0)
        heat = again.heat(label)
        assert (heat is not None) == positive
        assert heat is None or 0.0 <= float(heat.min()) <= float(heat.max()) <= 1.0


def test_what_the_network_gave_is_there_again(model: Model) -> None:
    (before,) = kept(analysed(model)).slices
    (after,) = unpack_evidence(pack_evidence(KeptEvidence((before,)))).slices

    assert np.array_equal(after.logits, before.logits)
    assert after.geometry == before.geometry
    for name in ("maps", "pixels"):
        there, here = getattr(after, name), getattr(before, name)
        assert there.shape == here.shape
        assert there.dtype == np.float32
        assert np.allclose(there, here, rtol=1e-3, atol=1e-3)


def test_several_slices_are_kept_in_their_order(model: Model) -> None:
    (one,) = kept(analysed(model)).slices
    (other,) = kept(analysed(model, (1.0, 0.8))).slices
    again = unpack_evidence(pack_evidence(KeptEvidence((one, other, one))))

    assert [each.geometry for each in again.slices] == [
        each.geometry for each in (one, other, one)
    ]
    first, last = again.heat(0, 0), again.heat(0, 2)
    assert (first is None) == (last is None)
    assert first is None or last is None or np.array_equal(first, last)


def test_one_slice_takes_some_kilobytes(shipped_model: Model) -> None:
    size = len(pack_evidence(kept(analysed(shipped_model))))

    assert 8_000 < size < 20_000


@pytest.mark.parametrize("damage", ["empty", "text", "half", "newer", "incomplete"])
def test_a_damaged_file_is_told(model: Model, damage: str) -> None:
    content = pack_evidence(kept(analysed(model)))
    file = io.BytesIO()
    np.savez(file, format=np.int32(99 if damage == "newer" else 1))
    damaged = {
        "empty": b"",
        "text": b"no archive",
        "half": content[: len(content) // 2],
        "newer": file.getvalue(),
        "incomplete": file.getvalue(),
    }[damage]

    with pytest.raises(UnreadableEvidence):
        unpack_evidence(damaged)


def test_nothing_that_is_kept_can_be_code(model: Model) -> None:
    content = pack_evidence(kept(analysed(model)))
    with np.load(io.BytesIO(content)) as arrays:
        kinds = {arrays[name].dtype.kind for name in arrays.files}

    assert kinds <= {"i", "f"}
