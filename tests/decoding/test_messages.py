"""Nothing that a decoding process says is believed."""

import json

import numpy as np
import pytest

from alzer.decoding.messages import (
    HEAD,
    MalformedAnswer,
    most_content,
    pack_refusal,
    pack_slice,
    unpack_answer,
)
from alzer.errors import NotBrainLike
from alzer.scans.reduction import MOST_PIXELS
from alzer.scans.slice import Slice
from alzer.settings import Limits

SCAN = Slice(np.ones((2, 3), np.float32), "DICOM", (0.0, 1.0), (1.0, 2.0), np.eye(4))
LIMITS = Limits(max_pixels=100)


def parts(message: tuple[bytes, object]) -> tuple[bytes, bytes]:
    head, content = message
    return head[HEAD.size :], bytes(content)  # type: ignore[call-overload]  # a buffer


def test_a_scan_arrives_as_it_was_sent() -> None:
    arrived = unpack_answer(*parts(pack_slice(SCAN)), LIMITS)

    assert np.array_equal(arrived.pixels, SCAN.pixels)
    assert str(arrived.affine) == str(SCAN.affine)
    arrays = {"pixels": None, "affine": None}
    assert {**vars(arrived), **arrays} == {**vars(SCAN), **arrays}


def test_a_refusal_arrives_as_it_was_sent() -> None:
    with pytest.raises(NotBrainLike, match="no head"):
        unpack_answer(*parts(pack_refusal(NotBrainLike("no head"))), LIMITS)


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": [2, 4]},
        {"shape": [2**20, 2**20]},
        {"shape": [-2, -3]},
        {"shape": "ab"},
        {"shape": None},
        {"shape": [float("inf"), 1]},
        {"spacing_mm": [float("nan"), 1.0]},
        {"spacing_mm": [10**400, 1.0]},
        {"display_range": [0, "NaN"]},
        {"display_range": [1]},
        {"spacing_mm": [0.0, 1.0]},
        {"affine": [[1.0, 2.0]]},
        {"affine": [[float("nan")] * 4] * 4},
        {"affine": [["x"] * 4] * 4},
        {"spacing_mm": 3},
        {"notes": 3},
        {"code": "internal_error", "message": "x"},
        {"code": "storage_unavailable", "message": "x"},
        {"code": []},
    ],
)
def test_a_strange_answer_is_not_believed(changes: dict[str, object]) -> None:
    text, content = parts(pack_slice(SCAN))
    changed = json.dumps({**json.loads(text), **changes}).encode()

    with pytest.raises(MalformedAnswer):
        unpack_answer(changed, content, LIMITS)


def test_more_pixels_than_are_analysed_are_not_received() -> None:
    large = Slice(np.zeros((2048, 2048), np.float32), "PNG", (0.0, 1.0))

    assert most_content(Limits()) == 4 * MOST_PIXELS
    assert most_content(LIMITS) == 400
    with pytest.raises(MalformedAnswer):
        unpack_answer(*parts(pack_slice(large)), Limits())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_no_numbers_are_refused(value: float) -> None:
    text, _ = parts(pack_slice(SCAN))
    content = np.full((2, 3), value, np.float32).tobytes()

    with pytest.raises(MalformedAnswer):
        unpack_answer(text, content, LIMITS)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 9999])
def test_what_is_no_message_is_not_believed(text: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        unpack_answer(text, b"", LIMITS)
