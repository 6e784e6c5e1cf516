"""Which way a picture lies and how large its pixels are, as far as the file tells."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.analysis import analyse
from alzer.model.engine import Model
from alzer.picture_facts import Edges, PictureFields, picture_fields
from phantoms import as_dicom, as_nifti, as_png, draw_brain, with_dot, with_fields
from slabs import straight_head

Pixels = NDArray[np.float64]

# A dot at the front, on the person's right: row and column of a picture whose rows
# lead to the back, whose columns lead to the left.
DOT = (60, 70)
BRAIN = with_dot(draw_brain(), *DOT, radius=2.0)
AXIAL: Edges = {"top": "A", "right": "L", "bottom": "P", "left": "R"}


def dicom(directions: list[float], pixels: Pixels, **elements: object) -> bytes:
    return as_dicom(pixels, ImageOrientationPatient=directions, **elements)


def nifti(pixels: Pixels, x: float, y: float, **fields: object) -> bytes:
    """Encode a slice; `x` and `y` are the steps of columns and rows, RAS+ mm."""
    values = np.rint(1000 * pixels.T[:, :, None]).astype(np.int16)
    content = as_nifti(values, np.diag([x, y, 5.0, 1.0]))
    return with_fields(content, **fields) if fields else content


# Each stores the same person in another way.
FILES: dict[str, Callable[[], bytes]] = {
    "DICOM": lambda: dicom([1, 0, 0, 0, 1, 0], BRAIN),
    "DICOM, mirrored": lambda: dicom([-1, 0, 0, 0, 1, 0], BRAIN[:, ::-1]),
    "DICOM, face down": lambda: dicom([1, 0, 0, 0, -1, 0], BRAIN[::-1]),
    "DICOM, transposed": lambda: dicom([0, 1, 0, 1, 0, 0], BRAIN.T),
    "NIfTI": lambda: nifti(BRAIN, -1.0, -1.0),
    "NIfTI, mirrored": lambda: nifti(BRAIN[:, ::-1], 1.0, -1.0),
    "NIfTI, half a turn": lambda: nifti(BRAIN[::-1, ::-1], 1.0, 1.0),
}


def fields_of(file: Any, model: Model) -> tuple[PictureFields, NDArray[np.uint8]]:  # noqa: ANN401 - bytes or a prepared head
    analysis = analyse(file, model)
    fields = picture_fields(analysis)
    assert fields is not None
    assert json.loads(json.dumps(fields)) == fields
    assert analysis.picture.shape == (fields["rows"], fields["columns"])
    return fields, analysis.picture


@pytest.mark.parametrize("name", FILES)
def test_letters_name_the_side_that_is_there(name: str, model: Model) -> None:
    fields, picture = fields_of(FILES[name](), model)
    row, column = np.unravel_index(int(picture.argmax()), picture.shape)

    assert fields["edges"] == AXIAL
    assert abs(row - DOT[0]) <= 2  # towards the top: the front
    assert abs(column - DOT[1]) <= 2  # towards the left of the picture: the right


def test_a_sagittal_slice_has_other_letters(model: Model) -> None:
    fields, _ = fields_of(dicom([0, 1, 0, 0, 0, -1], BRAIN), model)

    assert fields["edges"] == {"top": "S", "right": "P", "bottom": "I", "left": "A"}


@pytest.mark.parametrize(
    "file",
    [
        as_png(BRAIN),
        as_dicom(BRAIN),
        nifti(BRAIN, -1.0, -1.0, sform_code=0, qform_code=0),
        # Its two forms name opposite sides: it tells neither.
        nifti(BRAIN, -1.0, -1.0, qform_code=1, quatern_d=0.0),
    ],
    ids=["PNG", "DICOM without directions", "NIfTI without", "NIfTI, contradictory"],
)
def test_nothing_is_claimed_of_a_slice_that_does_not_say(
    file: bytes, model: Model
) -> None:
    assert fields_of(file, model)[0]["edges"] is None


@pytest.mark.parametrize(
    ("elements", "pixel_mm", "shape"),
    [
        ({}, None, (208, 176)),
        ({"PixelSpacing": [0.9, 0.9]}, 0.9, (208, 176)),
        # Pixels of the picture are square: rows are added.
        ({"PixelSpacing": [1.1, 0.9]}, 0.9, (254, 176)),
        ({"PixelSpacing": [0.9, 1.1]}, 0.9, (208, 215)),
        # A shape is no size.
        ({"PixelAspectRatio": [11, 9]}, None, (254, 176)),
    ],
)
def test_a_pixel_has_the_size_that_the_file_states(
    elements: dict[str, object],
    pixel_mm: float | None,
    shape: tuple[int, int],
    model: Model,
) -> None:
    fields, _ = fields_of(as_dicom(BRAIN, **elements), model)

    assert fields["pixel_mm"] == pixel_mm
    assert (fields["rows"], fields["columns"]) == shape


def test_a_head_has_the_letters_of_its_registration_and_sides_if_it_says(
    model: Model,
) -> None:
    head = straight_head()
    silent = replace(head, volume=replace(head.volume, tells_sides=False))
    told, untold = (fields_of(each, model)[0] for each in (head, silent))

    assert told["edges"] == AXIAL
    assert untold["edges"] == {**AXIAL, "left": None, "right": None}
    assert told["pixel_mm"] == pytest.approx(1.0, abs=0.05)
