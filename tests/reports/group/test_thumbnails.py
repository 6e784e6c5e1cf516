"""Small pictures of scans."""

import io

from PIL import Image

from alzer.reports.group.thumbnails import WIDEST, shrink
from phantoms import as_png, draw_brain


def test_a_picture_becomes_small_and_keeps_its_shape() -> None:
    file = io.BytesIO()
    Image.new("RGB", (2 * WIDEST, WIDEST), "grey").save(file, "PNG")
    small = shrink(file.getvalue())
    assert small
    with Image.open(io.BytesIO(small)) as picture:
        size, kind = picture.size, picture.format

    assert (size, kind) == ((WIDEST, WIDEST // 2), "JPEG")


def test_a_small_picture_is_not_made_larger() -> None:
    small = shrink(as_png(draw_brain()))
    assert small
    with Image.open(io.BytesIO(small)) as picture:
        width = picture.width

    assert width <= WIDEST


def test_what_is_no_picture_is_left_out() -> None:
    assert shrink(b"no picture") is None
