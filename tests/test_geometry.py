"""The same anatomy, however it is stored, gets the same input and the same answer."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alzer.analysis import Analysis, analyse
from alzer.model.engine import Model
from alzer.model.preparation import prepare
from alzer.scans.formats import read_slice
from alzer.scans.orientation import StandardView, to_standard_view
from alzer.scans.plausibility import examine
from anatomies import back_up, niftis, pictures, sample, turns
from dicom_anatomies import dicoms
from phantoms import as_dicom, as_png

CASES = [*pictures(), *niftis(), *dicoms()]

LEAST_CORRELATION = 0.999
LARGEST_DIFFERENCE = 0.01


@pytest.fixture(scope="module")
def plain(shipped_model: Model) -> Analysis:
    """Return the answer for the plain picture."""
    return analyse(as_png(back_up(sample())), shipped_model)


@pytest.fixture(scope="module")
def plain_input(shipped_model: Model) -> NDArray[np.float32]:
    """Return the network's input for the plain picture."""
    return prepared(as_png(back_up(sample())), shipped_model)


def prepared(content: bytes, model: Model) -> NDArray[np.float32]:
    head = examine(to_standard_view(read_slice(content)))
    pixels = prepare(head.view, head.box, model.spec).pixels
    return pixels.reshape(pixels.shape[1:])


@pytest.mark.parametrize(
    "encode", [encode for _, encode in CASES], ids=[name for name, _ in CASES]
)
def test_the_same_anatomy_gets_the_same_input_and_answer(
    shipped_model: Model,
    plain: Analysis,
    plain_input: NDArray[np.float32],
    encode: Callable[[], bytes],
) -> None:
    content = encode()

    found = prepared(content, shipped_model)
    # The input of a mirror image is mirrored; files may hold either hand.
    either = max(
        np.corrcoef(plain_input.ravel(), picture.ravel())[0, 1]
        for picture in (found, found[:, ::-1])
    )
    answer = analyse(content, shipped_model)

    assert either >= LEAST_CORRELATION
    assert answer.prediction == plain.prediction
    difference = np.subtract(answer.probabilities, plain.probabilities)
    assert np.abs(difference).max() <= LARGEST_DIFFERENCE


@pytest.mark.parametrize("encode", [as_png, as_dicom])
@pytest.mark.parametrize("cut", [0, 9])
@pytest.mark.parametrize("row_mm", [1.0, 0.8])
def test_a_mirror_image_gets_exactly_the_same_answer(
    shipped_model: Model,
    encode: Callable[[NDArray[np.float64]], bytes],
    cut: int,
    row_mm: float,
) -> None:
    pixels = back_up(sample(row_mm, 1.0))[:, cut:]

    first = analyse(encode(pixels), shipped_model)
    second = analyse(encode(pixels[:, ::-1].copy()), shipped_model)

    assert first.probabilities == second.probabilities
    assert first.warnings == second.warnings
    assert first.reliable == second.reliable
    assert first.heat is not None
    assert second.heat is not None
    assert np.abs(second.heat[:, ::-1] - first.heat).max() < 1e-5


@pytest.mark.parametrize(
    ("store", "cosines"),
    [(store, cosines) for _, store, cosines in turns()],
    ids=[name for name, *_ in turns()],
)
def test_heat_lies_on_the_pixels_of_the_file(
    shipped_model: Model,
    plain: Analysis,
    store: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    cosines: list[float],
) -> None:
    content = as_dicom(store(sample()), ImageOrientationPatient=cosines)
    # By hand: from the training slices' way up to the file's.
    assert plain.heat is not None
    expected = store(plain.heat[::-1, ::-1].astype(np.float64))

    answer = analyse(content, shipped_model)

    assert answer.heat is not None
    assert answer.heat.shape == answer.scan.shape == expected.shape
    hot = np.abs(answer.heat - expected)
    assert hot.mean() < 0.02
    assert np.corrcoef(answer.heat.ravel(), expected.ravel())[0, 1] > 0.99


def test_what_is_shown_has_square_pixels_and_the_face_at_the_top(
    shipped_model: Model,
) -> None:
    squeezed = sample(2.0, 1.0)
    content = as_dicom(
        squeezed.T.copy(),
        ImageOrientationPatient=[0, 1, 0, 1, 0, 0],
        PixelSpacing=["1", "2"],
    )

    answer = analyse(content, shipped_model)

    assert answer.overlay_png is not None
    shown = Image.open(io.BytesIO(answer.overlay_png))
    assert shown.size == (176, 208)
    assert answer.scan.shape == (176, 104)
    assert np.corrcoef(answer.picture.ravel(), sample().ravel())[0, 1] > 0.98


@pytest.fixture(scope="module")
def real_views(data_dir: Path) -> list[StandardView]:
    """Return the middle slice of every second person."""
    folder = data_dir / "oasis1-axial"
    with (folder / "slices.csv").open(newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["slice"]))
    subjects: dict[str, list[Path]] = {}
    for row in rows:
        subjects.setdefault(row["subject"], []).append(folder / row["file"])
    middle = [subjects[name][len(subjects[name]) // 2] for name in sorted(subjects)]
    return [to_standard_view(read_slice(path.read_bytes())) for path in middle[::2]]


def inputs_of(views: list[StandardView], model: Model) -> NDArray[np.float32]:
    """Return the prepared inputs, shape (view, 1, row, column)."""
    return np.stack(
        [prepare(view, examine(view).box, model.spec).pixels for view in views]
    )


def classes(inputs: NDArray[np.float32], model: Model) -> list[int]:
    return [int(model.run(image[None]).logits.argmax()) for image in inputs]


@pytest.mark.parametrize("axis", [0, 1])
def test_a_shift_of_one_row_or_column_changes_no_real_answer(
    shipped_model: Model, real_views: list[StandardView], axis: int
) -> None:
    moved_views = [StandardView(np.roll(view.pixels, 1, axis)) for view in real_views]

    plain = inputs_of(real_views, shipped_model)
    moved = inputs_of(moved_views, shipped_model)
    changed = (plain != moved).any(axis=(1, 2, 3))

    assert len(plain) == 100
    assert np.abs(plain - moved).max() <= 1e-3
    # Most inputs are the same to the last bit; the same input has the same answer.
    assert classes(plain[changed], shipped_model) == classes(
        moved[changed], shipped_model
    )


def test_half_turns_and_mirror_images_have_the_input_of_the_real_slice(
    shipped_model: Model, real_views: list[StandardView]
) -> None:
    for view in real_views:
        turned = StandardView(view.pixels[::-1, ::-1].copy())
        mirrored = StandardView(view.pixels[:, ::-1].copy())
        plain, half_turn, mirror = (
            prepare(each, examine(each).box, shipped_model.spec).pixels
            for each in (view, turned, mirrored)
        )

        assert np.array_equal(plain, half_turn)
        assert np.array_equal(plain, mirror[:, :, ::-1])
