"""Tensors are the same in JSON and as bytes."""

from typing import Any

import numpy as np
import pytest

from alzer.errors import InvalidRequest
from alzer.web.inference_schemas import RequestInput
from alzer.web.tensors import Tensor, read_files, read_floats, write_tensor

VALUES = np.array([[1.5, -2.0, 0.25], [3.0, 1e-7, 7.0]], np.float32)


def described(datatype: str, shape: list[int], **rest: Any) -> RequestInput:  # noqa: ANN401 - JSON
    return RequestInput.model_validate(
        {"name": "x", "datatype": datatype, "shape": shape, **rest}
    )


@pytest.mark.parametrize("binary", [True, False])
def test_numbers_come_back_as_they_went(binary: bool) -> None:  # noqa: FBT001 - of the table
    output, content = write_tensor(Tensor("x", VALUES), binary=binary)
    given = described(output.datatype, output.shape, data=output.data)

    assert (output.data is None) is binary
    found = read_floats(given, content if binary else None)
    np.testing.assert_array_equal(found, VALUES)


def test_files_come_back_as_they_went() -> None:
    files = [b"", b"one", bytes(range(256))]
    output, content = write_tensor(Tensor("x", files), binary=True)

    assert output.shape == [3]
    assert read_files(described("BYTES", [3]), content) == files


def test_truths_take_a_byte_each() -> None:
    output, content = write_tensor(Tensor("x", np.array([True, False])), binary=True)
    told, _ = write_tensor(Tensor("x", np.array([True, False])), binary=False)

    assert (output.datatype, content) == ("BOOL", b"\x01\x00")
    assert told.data == [True, False]


@pytest.mark.parametrize(
    "content", [b"\x01", b"\x05\x00\x00\x00abc", b"\x01\x00\x00\x00ab", b"\xff" * 8]
)
def test_bytes_that_are_cut_off_are_refused(content: bytes) -> None:
    with pytest.raises(InvalidRequest, match="not written as BYTES"):
        read_files(described("BYTES", [1]), content)


@pytest.mark.parametrize("data", [["%"], [1], None, ["QQ==", "QQ=="]])
def test_files_that_are_no_base64_are_refused(data: object) -> None:
    base64 = {"content_type": "base64"}
    with pytest.raises(InvalidRequest, match="base64"):
        read_files(described("BYTES", [1], data=data, parameters=base64), None)


def test_text_is_taken_as_it_is() -> None:
    assert read_files(described("BYTES", [1], data=["é"]), None) == ["é".encode()]


@pytest.mark.parametrize("content", [b"abc", np.float32("nan").tobytes(), b""])
def test_bytes_that_are_no_numbers_are_refused(content: bytes) -> None:
    with pytest.raises(InvalidRequest, match="'x'"):
        read_floats(described("FP32", [1]), content)
