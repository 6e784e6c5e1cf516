"""What is told of a scan is what its file says."""

import io
import json

import numpy as np
from PIL import Image

from alzer.analysis import analyse
from alzer.input_facts import input_fields
from alzer.model.engine import Model
from phantoms import as_bytes, as_dicom, as_png, draw_brain
from slabs import straight_head


def test_a_picture_has_a_size_and_no_spacing(model: Model) -> None:
    told = input_fields(analyse(as_png(draw_brain((104, 88))), model))

    assert told is not None
    assert (told["format"], told["shape"]) == ("PNG", [104, 88])
    assert told["spacing_mm"] is None
    assert told["notes"] == []


def test_dicom_tells_its_spacing_and_no_name(model: Model) -> None:
    content = as_dicom(draw_brain(), PixelSpacing=[0.9, 1.1])
    told = input_fields(analyse(content, model))

    assert told is not None
    assert told["format"] == "DICOM"
    assert told["spacing_mm"] == [0.9, 1.1]
    assert "Doe" not in json.dumps(told)
    assert "SECRET" not in json.dumps(told)


def test_what_was_done_to_the_values_is_told(model: Model) -> None:
    grey, file = as_bytes(draw_brain()), io.BytesIO()
    Image.fromarray(np.dstack([grey] * 3)).save(file, "PNG")
    colours = input_fields(analyse(file.getvalue(), model))
    plain = input_fields(analyse(as_png(draw_brain()), model))

    assert colours is not None
    assert plain is not None
    assert plain["notes"] == []
    assert colours["notes"]


def test_a_whole_head_has_three_axes_of_its_own_grid(model: Model) -> None:
    head = straight_head()
    told = input_fields(analyse(head, model))

    assert told is not None
    assert told["shape"] == list(head.volume.voxels.shape)
    assert told["spacing_mm"] is not None
    assert np.allclose(told["spacing_mm"], head.volume.spacing_mm, atol=1e-4)
    assert told["format"] == head.volume.source
